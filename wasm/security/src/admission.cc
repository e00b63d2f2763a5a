#include "airssys/wasm/security/admission.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/security/review.h"

namespace airssys::wasm {

Result<std::unique_ptr<TrustAdmission>> TrustAdmission::open(Setup setup, const ForbiddenList& forbidden, Platform& platform,
                                                             AuditSink& audit) {
  AIRSSYS_TRY(TrustConfig config, read_trust_config(setup.trust_config));
  config.dev_mode = setup.development_mode.value_or(config.dev_mode);
  return std::make_unique<TrustAdmission>(Opened(), std::move(setup), std::move(config), forbidden, platform, audit);
}

Result<> TrustAdmission::reread() {
  AIRSSYS_TRY(TrustConfig config, read_trust_config(trust_config_));
  config.dev_mode = config_.dev_mode;
  config_ = std::move(config);
  return {};
}

Result<> TrustAdmission::record(const Candidate& candidate, AuditDecision decision, std::string_view rule) {
  const std::string component = fmt::format("default/{}/main", candidate.manifest.package.name.text());
  const std::string resource = fmt::format("{} {}", candidate.manifest.package.version, candidate.component.text());
  const AuditStatus status =
      audit_.record({.component = component, .action = "trust.admit", .resource = resource, .decision = decision, .rule = rule});
  if (status == AuditStatus::recorded) return {};
  return fail(Code::unavailable, fmt::format("{}: cannot be added, because the audit log is {}; see 'airssys-wasm audit verify'",
                                             candidate.manifest.package.name.text(), audit_status_name(status)));
}

Error TrustAdmission::ask(const ApprovalRequest& request, const std::optional<ApprovalRecord>& known) {
  if (!known)
    if (auto saved = approvals_.save({.request = request, .requested_at = format_rfc3339(platform_.wall_now())}); !saved)
      return std::move(saved).error().within(request.name);
  std::vector<std::string> wanted;
  for (const Capability& capability : request.requested)
    if (needs_approval(capability, request.name)) wanted.push_back(to_string(capability));
  for (const std::string& custom : request.custom) wanted.push_back("custom " + custom);
  constexpr std::size_t most = 5;
  const std::size_t more = wanted.size() > most ? wanted.size() - most : 0;
  wanted.resize(wanted.size() - more);
  const std::string id = request.id();
  return Error(
             Code::approval_needed,
             fmt::format("{}: asks for what nobody has decided about: {}{}; see 'airssys-wasm approvals {}', then 'airssys-wasm "
                         "approve {}' or 'airssys-wasm deny {}'",
                         request.name, fmt::join(wanted, ", "), more == 0 ? "" : fmt::format(" and {} more", more), id, id, id))
      .with("request", id)
      .with("component", request.name);
}

Result<Admission> TrustAdmission::admit(const Candidate& candidate) {
  auto request = request_of(candidate, forbidden_);
  if (!request) {
    AIRSSYS_TRY_VOID(record(candidate, AuditDecision::deny, request.error().message()));
    return std::unexpected(std::move(request).error());
  }
  AIRSSYS_TRY(const auto exact, approvals_.find(*request));
  AIRSSYS_TRY(const auto wider, approvals_.find_wider(*request));
  TrustDecision decision = decide(candidate, *request, config_, exact, wider, platform_.wall_now());
  const bool admitted = decision.outcome == TrustDecision::Outcome::admit;
  AIRSSYS_TRY_VOID(record(candidate, admitted ? AuditDecision::allow : AuditDecision::deny, decision.rule));
  if (decision.outcome == TrustDecision::Outcome::ask) return std::unexpected(ask(*request, exact));
  if (!admitted) return std::unexpected(*std::move(decision.refusal));
  return Admission{.trust = decision.trust,
                   .granted = std::move(decision.granted),
                   .approval = std::move(decision.approval),
                   .rule = std::move(decision.rule)};
}

}  // namespace airssys::wasm
