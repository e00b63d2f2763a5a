#include "airssys/wasm/bridge/handles.h"

#include <string>

namespace airssys::wasm {
namespace {

Code code_of(std::uint32_t aw_code) noexcept {
  switch (aw_code) {
    case AW_INVALID_ARGUMENT: return Code::invalid_argument;
    case AW_INVALID_COMPONENT:
    case AW_LINK: return Code::invalid_component;
    case AW_POOL: return Code::exhausted;
    case AW_LIMIT: return Code::resource_limit_exceeded;
    case AW_ENCODE: return Code::invalid_component;
    case AW_IO: return Code::io;
    case AW_CORRUPT: return Code::corrupt;
    case AW_TRAP_DEADLINE: return Code::timed_out;
    default: return aw_code >= AW_TRAP_OUT_OF_FUEL ? Code::trapped : Code::internal;
  }
}

}  // namespace

TrapKind trap_kind(std::uint32_t aw_code) noexcept {
  switch (aw_code) {
    case AW_TRAP_OUT_OF_FUEL: return TrapKind::out_of_fuel;
    case AW_TRAP_DEADLINE: return TrapKind::timeout;
    case AW_TRAP_STACK_OVERFLOW: return TrapKind::stack_overflow;
    case AW_TRAP_UNREACHABLE:
    case AW_TRAP_OTHER: return TrapKind::unreachable;
    case AW_TRAP_MEMORY: return TrapKind::memory;
    case AW_TRAP_OUT_OF_BOUNDS: return TrapKind::bounds;
    case AW_TRAP_INTEGER: return TrapKind::integer_div;
    case AW_TRAP_BAD_HANDLE: return TrapKind::bad_handle;
    default: return TrapKind::host_error;
  }
}

Error to_error(BridgeError error) {
  const std::uint32_t code = aw_error_code(error.get());
  Error ours(code_of(code), std::string(from_bridge(aw_error_message(error.get()))));
  if (code >= AW_TRAP_OUT_OF_FUEL) ours = std::move(ours).with("trap", std::string(trap_kind_name(trap_kind(code))));
  if (const auto frames = from_bridge(aw_error_backtrace(error.get())); !frames.empty())
    ours = std::move(ours).with("backtrace", std::string(frames));
  return ours;
}

Result<> check(aw_error* error) {
  if (error) return std::unexpected(to_error(BridgeError(error)));
  return {};
}

}  // namespace airssys::wasm
