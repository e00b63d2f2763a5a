#include "gate.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "airssys/base/text.h"
#include "explanation.h"

namespace airssys::wasm {
namespace {

// Of a resource, in a line of the log and in a reason.
constexpr std::size_t max_shown = 256;

// Nothing that can be granted has a longer name. What a guest calls so is denied, and no more of it is kept.
constexpr std::size_t max_resource_bytes = AuditEvent::max_text_bytes;

std::size_t hash_of(Action action, std::string_view resource) noexcept {
  return std::hash<std::string_view>{}(resource) * 31 + static_cast<std::size_t>(action) + 1;
}

}  // namespace

ComponentSecurity::Gate::Gate(ComponentSecurity& of) : of_(of) {}

ComponentSecurity::Gate::~Gate() {
  const Instant now = of_.host_.platform.coarse_now();
  for (Decision& decision : decisions_) leave(decision, now);
  of_.unrecorded_.fetch_add(rate_unrecorded_ + further_denials_, std::memory_order_relaxed);
  settle_left_behind();
}

// --- asking

std::expected<AnyPermit, const Denial*> ComponentSecurity::Gate::decide(Action action, std::string_view resource) noexcept {
  const Instant now = of_.host_.platform.coarse_now();
  if (generation_ != generation()) [[unlikely]]
    refresh(now);
  resource = resource.substr(0, max_resource_bytes + 1);
  const std::size_t hash = hash_of(action, resource);
  Decision* const known = find(action, resource, hash);
  if (!known) return decide_anew(action, resource, hash, now);
  if (known->denial) {
    of_.stats_.refused.add();
    use(*known, now);
    return std::unexpected(&*known->denial);
  }
  if (!of_.rate_.take(now)) return std::unexpected(too_many_calls(action, resource, now));
  use(*known, now);
  return permit_of(known->id);
}

PermissionGate::Again ComponentSecurity::Gate::again(const AnyPermit& permit) noexcept {
  const std::uint64_t id = decision_of(permit);
  const std::size_t place = id % max_decisions;
  if (generation_ != generation() || place >= decisions_.size() || decisions_[place].id != id) return Again::changed;
  const Instant now = of_.host_.platform.coarse_now();
  Decision& decision = decisions_[place];
  if (!of_.rate_.take(now)) {
    too_many_calls(decision.action, decision.resource, now);
    return Again::no;
  }
  use(decision, now);
  return Again::yes;
}

bool ComponentSecurity::Gate::would_allow(Action action, std::string_view resource) const noexcept {
  const Host& host = of_.host_;
  if (host.forbidden.find(action, resource)) return false;
  if (!of_.granted()->find(action, resource) && of_.who_.trust != TrustLevel::development) return false;
  return !host.access || host.access->refuses(of_.who_, action, resource).empty();
}

ComponentSecurity::Gate::Verdict ComponentSecurity::Gate::judge(Action action, std::string_view resource) const {
  if (resource.size() > max_resource_bytes)
    return {.rule = {fmt::format("longer than {} bytes", max_resource_bytes)},
            .denial = Denial{Code::denied, fmt::format("{} of a name of more than {} bytes is not granted to anybody",
                                                       action_name(action), max_resource_bytes)}};
  if (const Capability* const forbidden = of_.host_.forbidden.find(action, resource))
    return {.rule = {fmt::format("forbidden: {}", forbidden->text()), forbidden->place},
            .denial = Denial{Code::forbidden, forbidden_reason(action, printable(resource, max_shown))}};
  if (const Capability* const grant = granted_->find(action, resource))
    return {.rule = {to_string(*grant), grant->place}, .denial = {}};
  if (of_.who_.trust == TrustLevel::development) return {.rule = {std::string(development_rule)}, .denial = {}};
  const Capability* const nearest = granted_->nearest(action, resource);
  return {.rule = {nearest ? fmt::format("not granted; nearest: {}", to_string(*nearest)) : std::string("not granted"),
                   nearest ? nearest->place : std::string()},
          .denial = Denial{Code::denied, not_granted_reason(action, printable(resource, max_shown))}};
}

std::expected<AnyPermit, const Denial*> ComponentSecurity::Gate::decide_anew(Action action, std::string_view resource,
                                                                             std::size_t hash, Instant now) {
  Verdict verdict = judge(action, resource);
  if (!verdict.denial) {
    if (!of_.rate_.take(now)) return std::unexpected(too_many_calls(action, resource, now));
    if (const AccessControl* const access = of_.host_.access) {
      if (std::string no = access->refuses(of_.who_, action, resource); !no.empty())
        verdict = {.rule = {no}, .denial = Denial{Code::policy_violation, policy_reason(action, printable(resource, max_shown))}};
    }
  }
  if (verdict.denial) return refuse(action, resource, hash, std::move(verdict), now);
  Decision decision{.id = 0,
                    .action = action,
                    .resource = std::string(resource),
                    .rule = std::move(verdict.rule),
                    .denial = {},
                    .recorded_at = now};
  settle_left_behind();
  if (!record(decision, 1)) return std::unexpected(&passing_);
  return permit_of(remember(std::move(decision), hash, now).id);
}

std::expected<AnyPermit, const Denial*> ComponentSecurity::Gate::refuse(Action action, std::string_view resource,
                                                                        std::size_t hash, Verdict verdict, Instant now) {
  of_.stats_.refused.add();
  if (!may_record_denial(now)) {
    ++further_denials_;
    passing_ = *std::move(verdict.denial);
    return std::unexpected(&passing_);
  }
  Decision decision{.id = 0,
                    .action = action,
                    .resource = std::string(resource),
                    .rule = std::move(verdict.rule),
                    .denial = std::move(verdict.denial),
                    .by_others = verdict.by_others,
                    .number = of_.denials_.fetch_add(1, std::memory_order_relaxed) + 1,
                    .recorded_at = now};
  settle_left_behind();
  if (!record(decision, 1)) decision.unrecorded = 1;  // it is refused in any case: the line may come later
  log_denial(decision);
  return std::unexpected(&*remember(std::move(decision), hash, now).denial);
}

void ComponentSecurity::Gate::record_refusal(Action action, std::string_view resource, std::string_view rule) noexcept {
  const Instant now = of_.host_.platform.coarse_now();
  resource = resource.substr(0, max_resource_bytes + 1);
  const std::size_t hash = hash_of(action, resource) ^ std::hash<std::string_view>{}(rule);
  if (Decision* const known = find_refusal(action, resource, rule, hash)) {
    of_.stats_.refused.add();
    return use(*known, now);
  }
  static_cast<void>(refuse(action, resource, hash, {.rule = {std::string(rule)}, .denial = Denial{}, .by_others = true}, now));
}

const Denial* ComponentSecurity::Gate::too_many_calls(Action action, std::string_view resource, Instant now) noexcept {
  const RatePolicy& policy = of_.rate_policy_;
  of_.stats_.refused.add();
  passing_.code = Code::exhausted;
  passing_.reason = fmt::format("more than {} calls a minute, {} of them at once; wait, or raise [limits] calls_per_minute",
                                policy.per_minute, policy.burst);
  ++rate_unrecorded_;
  // Once a second (R5.12).
  if (now - rate_recorded_at_ < std::chrono::seconds(1)) return &passing_;
  rate_recorded_at_ = now;
  const Decision decision{.id = 0,
                          .action = action,
                          .resource = std::string(resource),
                          .rule = {fmt::format("calls_per_minute {}, burst {}", policy.per_minute, policy.burst)},
                          .denial = passing_,
                          .number = of_.denials_.fetch_add(1, std::memory_order_relaxed) + 1};
  Denial said = std::move(passing_);
  if (record(decision, rate_unrecorded_)) rate_unrecorded_ = 0;
  passing_ = std::move(said);
  log_denial(decision);
  return &passing_;
}

bool ComponentSecurity::Gate::may_record_denial(Instant now) noexcept {
  if (now - denials_window_ >= std::chrono::seconds(1)) {
    denials_window_ = now;
    denials_in_window_ = 0;
    of_.unrecorded_.fetch_add(std::exchange(further_denials_, 0), std::memory_order_relaxed);
  }
  return denials_in_window_++ < max_denials_per_second;
}

// --- remembering

ComponentSecurity::Gate::Decision* ComponentSecurity::Gate::find(Action action, std::string_view resource,
                                                                 std::size_t hash) noexcept {
  for (std::size_t place = 0; place < hashes_.size(); ++place) {
    if (hashes_[place] != hash) continue;
    Decision& decision = decisions_[place];
    if (decision.action == action && !decision.by_others && decision.resource == resource) return &decision;
  }
  return nullptr;
}

ComponentSecurity::Gate::Decision* ComponentSecurity::Gate::find_refusal(Action action, std::string_view resource,
                                                                         std::string_view rule, std::size_t hash) noexcept {
  for (std::size_t place = 0; place < hashes_.size(); ++place) {
    if (hashes_[place] != hash) continue;
    Decision& decision = decisions_[place];
    if (decision.by_others && decision.action == action && decision.resource == resource && decision.rule.text == rule)
      return &decision;
  }
  return nullptr;
}

ComponentSecurity::Gate::Decision& ComponentSecurity::Gate::remember(Decision decision, std::size_t hash, Instant now) {
  std::size_t place = decisions_.size();
  if (place == max_decisions) {
    place = std::exchange(next_victim_, (next_victim_ + 1) % max_decisions);
    leave(decisions_[place], now);
  } else {
    decisions_.emplace_back();
    hashes_.emplace_back();
  }
  decision.id = ++serial_ * max_decisions + place;
  hashes_[place] = hash;
  return decisions_[place] = std::move(decision);
}

void ComponentSecurity::Gate::refresh(Instant now) noexcept {
  for (Decision& decision : decisions_) leave(decision, now);
  decisions_.clear();
  hashes_.clear();
  next_victim_ = 0;
  generation_ = generation();  // before the grants: what comes in between is noticed at the next call
  granted_ = of_.granted();
}

// --- the audit log

bool ComponentSecurity::Gate::record(const Decision& decision, std::uint64_t count) noexcept {
  const AuditStatus status = of_.host_.audit.record({.component = of_.who_.component.text(),
                                                     .action = action_name(decision.action),
                                                     .resource = decision.resource,
                                                     .decision = decision.denial ? AuditDecision::deny : AuditDecision::allow,
                                                     .rule = decision.rule.text,
                                                     .place = decision.rule.place,
                                                     .session = of_.who_.session,
                                                     .number = decision.number,
                                                     .count = count});
  if (status == AuditStatus::recorded) return true;
  passing_.code = status == AuditStatus::full ? Code::exhausted : Code::unavailable;
  passing_.reason = status == AuditStatus::full ? "the host's audit log is behind; try again"
                                                : "the host's audit log cannot be written; nothing is allowed without it";
  return false;
}

void ComponentSecurity::Gate::use(Decision& decision, Instant now) noexcept {
  ++decision.unrecorded;
  if (now - decision.recorded_at >= summary_interval) [[unlikely]]
    settle(decision, now);
}

void ComponentSecurity::Gate::settle(Decision& decision, Instant now) noexcept {
  decision.recorded_at = now;
  if (record(decision, decision.unrecorded)) decision.unrecorded = 0;
}

void ComponentSecurity::Gate::leave(Decision& decision, Instant now) noexcept {
  if (decision.unrecorded != 0) settle(decision, now);
  of_.unrecorded_.fetch_add(std::exchange(decision.unrecorded, 0), std::memory_order_relaxed);
}

// What could not be recorded one by one is so by its number.
void ComponentSecurity::Gate::settle_left_behind() noexcept {
  if (of_.unrecorded_.load(std::memory_order_relaxed) == 0) return;
  const std::uint64_t count = of_.unrecorded_.exchange(0, std::memory_order_relaxed);
  if (count == 0) return;
  const AuditStatus status = of_.host_.audit.record({.component = of_.who_.component.text(),
                                                     .action = "various",
                                                     .resource = "",
                                                     .decision = AuditDecision::deny,
                                                     .rule = "decisions that are told by their number only",
                                                     .session = of_.who_.session,
                                                     .count = count});
  if (status != AuditStatus::recorded) of_.unrecorded_.fetch_add(count, std::memory_order_relaxed);
}

void ComponentSecurity::Gate::log_denial(const Decision& decision) noexcept {
  if (logged_ == max_logged_denials) return;
  ++logged_;
  log(of_.host_.log, LogLevel::warn, of_.who_.component.name(), "denied: {} {}: {}; airssys-wasm why-denied {}{}",
      action_name(decision.action), printable(decision.resource, max_shown), decision.rule.text,
      denial_reference(of_.who_.session, decision.number),
      logged_ == max_logged_denials ? "; further ones are only counted" : "");
}

}  // namespace airssys::wasm
