#include "airssys/wasm/security/component_security.h"

#include <fmt/format.h>

#include <utility>

#include "gate.h"

namespace airssys::wasm {

ComponentSecurity::ComponentSecurity(SecurityContext who, CapabilitySet granted, RatePolicy rate, const Host& host,
                                     ComponentStats& stats)
    : who_(std::move(who)),
      host_(host),
      stats_(stats),
      rate_(rate),
      rate_policy_(rate),
      granted_(std::make_shared<const CapabilitySet>(std::move(granted))) {}

std::unique_ptr<PermissionGate> ComponentSecurity::make_gate() { return std::make_unique<Gate>(*this); }

std::shared_ptr<const CapabilitySet> ComponentSecurity::granted() const {
  const std::lock_guard lock(mutex_);
  return granted_;
}

Result<> ComponentSecurity::grant(Capability capability) {
  const std::lock_guard lock(mutex_);
  CapabilitySet changed = *granted_;
  const std::string what = to_string(capability);
  AIRSSYS_TRY_VOID(changed.grant(std::move(capability)));
  if (const AuditStatus status = record_change("grant", what); status != AuditStatus::recorded)
    return fail(status == AuditStatus::full ? Code::exhausted : Code::unavailable,
                fmt::format("granting {} to '{}': it could not be recorded in the audit log ({})", what,
                            who_.component.short_text(), audit_status_name(status)));
  publish(std::move(changed));
  return {};
}

bool ComponentSecurity::revoke(Action action, std::string_view pattern) {
  const std::lock_guard lock(mutex_);
  CapabilitySet changed = *granted_;
  if (!changed.revoke(action, pattern)) return false;
  if (record_change("revoke", fmt::format("{} {}", action_name(action), pattern)) != AuditStatus::recorded)
    unrecorded_.fetch_add(1, std::memory_order_relaxed);
  publish(std::move(changed));
  return true;
}

AuditStatus ComponentSecurity::record_change(std::string_view action, std::string_view capability) noexcept {
  return host_.audit.record({.component = who_.component.text(),
                             .action = action,
                             .resource = capability,
                             .decision = AuditDecision::allow,
                             .rule = "by the program around the host",
                             .session = who_.session});
}

void ComponentSecurity::publish(CapabilitySet changed) {
  granted_ = std::make_shared<const CapabilitySet>(std::move(changed));
  generation_.fetch_add(1, std::memory_order_release);
}

}  // namespace airssys::wasm
