#include "airssys/wasm/core/audit.h"

namespace airssys::wasm {

std::string_view audit_decision_name(AuditDecision decision) noexcept {
  switch (decision) {
    case AuditDecision::allow: return "allow";
    case AuditDecision::deny: return "deny";
  }
  return "unknown";
}

std::string_view audit_status_name(AuditStatus status) noexcept {
  switch (status) {
    case AuditStatus::recorded: return "recorded";
    case AuditStatus::full: return "full";
    case AuditStatus::failed: return "failed";
  }
  return "unknown";
}

AuditSink& null_audit() noexcept {
  class Null final : public AuditSink {
    AuditStatus record(const AuditEvent&) noexcept override { return AuditStatus::recorded; }
  };
  static Null null;
  return null;
}

}  // namespace airssys::wasm
