// check: what the gate of an instance answers, with the real audit log behind it. Remembered by the gate; kept by who asks, as
// guests' messages do; and anew, of fifty patterns of which the last one allows it.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/wasm/security/audit_log.h"
#include "airssys/wasm/security/component_security.h"
#include "folder.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using namespace wasm;

constexpr std::size_t patterns = 50;
// So many different things in turn that a gate has forgotten each when it comes again.
constexpr std::size_t resources = 4 * ComponentSecurity::max_decisions;

class CheckRig {
 public:
  static Result<std::unique_ptr<CheckRig>> create(Platform& platform) {
    auto rig = std::make_unique<CheckRig>();
    AIRSSYS_TRY(rig->log_, AuditLog::open(rig->folder_.path(), {.ring_bytes = std::size_t{32} << 20}, platform, null_log()));
    CapabilitySet granted;
    for (std::size_t n = 0; n < patterns; ++n) {
      auto one = Capability::parse(Action::filesystem_read, fmt::format("/srv/data/customer-{}/**", n), "Component.toml:12:3");
      AIRSSYS_ASSERT(one && granted.grant(*std::move(one)), "pattern {}", n);
    }
    const ComponentSecurity::Host host{rig->forbidden_, *rig->log_, platform, null_log()};
    const SecurityContext who{.component = *ComponentAddress::parse("reader"), .trust = TrustLevel::approved, .session = 1};
    rig->security_ = std::make_unique<ComponentSecurity>(who, std::move(granted), RatePolicy::unlimited(), host, rig->stats_);
    rig->gate_ = rig->security_->make_gate();
    for (std::size_t n = 0; n < resources; ++n)
      rig->resources_.push_back(fmt::format("/srv/data/customer-49/2026/report-{}.csv", n));
    return rig;
  }

  Result<Ran> cached(std::uint64_t n) {
    return timed(n, [this](std::uint64_t) { return gate_->check<Action::filesystem_read>(resources_[0]).has_value(); });
  }
  Result<Ran> kept(std::uint64_t n) {
    const auto permit = gate_->check<Action::filesystem_read>(resources_[0]);
    if (!permit) return fail(permit.error()->code, permit.error()->reason);
    return timed(n, [this, &permit](std::uint64_t) { return gate_->again(*permit) == PermissionGate::Again::yes; });
  }
  // In steps that the ring of the audit log has room for: it is emptied in between.
  Result<Ran> uncached(std::uint64_t n) {
    Ran ran{0, Duration::zero()};
    while (ran.operations < n) {
      AIRSSYS_TRY(const Ran step, timed(step_checks, [this](std::uint64_t i) {
                    return gate_->check<Action::filesystem_read>(resources_[i % resources]).has_value();
                  }));
      ran.operations += step.operations;
      ran.took += step.took;
      AIRSSYS_TRY_VOID(log_->flush());
    }
    return ran;
  }

 private:
  static constexpr std::uint64_t step_checks = 20'000;

  template <class Ask>
  static Result<Ran> timed(std::uint64_t n, Ask ask) {
    std::uint64_t allowed = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) allowed += ask(i);
    const Duration took = std::chrono::steady_clock::now() - begin;
    if (allowed != n) return fail(Code::internal, "it was refused");
    return Ran{n, took};
  }

  const Folder folder_{"check"};
  const ForbiddenList forbidden_ = ForbiddenList::defaults();
  std::unique_ptr<AuditLog> log_;
  ComponentStats stats_;
  std::unique_ptr<ComponentSecurity> security_;
  std::unique_ptr<PermissionGate> gate_;
  std::vector<std::string> resources_;
};

Batch with_rig(Platform& platform, std::shared_ptr<std::unique_ptr<CheckRig>> rig, Result<Ran> (CheckRig::*run)(std::uint64_t)) {
  return [&platform, rig, run](std::uint64_t n) -> Result<Ran> {
    if (!*rig) {
      AIRSSYS_TRY(*rig, CheckRig::create(platform));
    }
    return (**rig.*run)(n);
  };
}

}  // namespace

void add_check_rows(Platform& platform, Rows& rows) {
  const auto rig = std::make_shared<std::unique_ptr<CheckRig>>();
  rows["check.cached"] = with_rig(platform, rig, &CheckRig::cached);
  rows["check.kept"] = with_rig(platform, rig, &CheckRig::kept);
  rows["check.uncached"] = with_rig(platform, rig, &CheckRig::uncached);
}

}  // namespace airssys::bench
