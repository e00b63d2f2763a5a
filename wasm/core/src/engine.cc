#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

std::string_view trap_kind_name(TrapKind kind) noexcept {
  switch (kind) {
    case TrapKind::out_of_fuel: return "out-of-fuel";
    case TrapKind::timeout: return "timeout";
    case TrapKind::memory: return "memory";
    case TrapKind::stack_overflow: return "stack-overflow";
    case TrapKind::unreachable: return "unreachable";
    case TrapKind::integer_div: return "integer-div";
    case TrapKind::bounds: return "bounds";
    case TrapKind::bad_handle: return "bad-handle";
    case TrapKind::host_error: return "host-error";
  }
  return "unknown";
}

std::string_view component_error_name(std::uint32_t variant) noexcept {
  static constexpr std::array<std::string_view, 7> names{
      "initialization-failed", "already-initialized", "not-initialized", "invalid-message",
      "shutdown-failed",       "invalid-state",       "failed"};
  return variant < names.size() ? names[variant] : "unknown";
}

}  // namespace airssys::wasm
