#include "airssys/wasm/core/engine.h"

#include <fmt/format.h>

#include "airssys/base/units.h"

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

std::string_view engine_class_name(EngineClass kind) noexcept { return kind == EngineClass::compact ? "compact" : "standard"; }

Result<> admit(const ComponentDescription& description, const ResourceLimits& limits) {
  std::string wants;
  std::string_view resource;
  const auto want = [&](std::string_view name, std::string what) {
    if (wants.empty()) resource = name;
    wants += (wants.empty() ? "" : "; it needs ") + std::move(what);
  };
  if (description.initial_memory_bytes > limits.memory_bytes)
    want("memory", fmt::format("{} of memory at its start, [resources] max_memory is {}; raise it, or link the component with "
                               "a smaller stack",
                               format_size(description.initial_memory_bytes), format_size(limits.memory_bytes)));
  if (description.memories > limits.memories)
    want("memories", fmt::format("{} memories, [resources] max_memories is {}", description.memories, limits.memories));
  if (description.initial_table_elements > limits.table_elements)
    want("table", fmt::format("a table of {} elements, [resources] max_table_elements is {}", description.initial_table_elements,
                              limits.table_elements));
  if (description.tables > limits.tables)
    want("tables", fmt::format("{} tables, [resources] max_tables is {}", description.tables, limits.tables));
  if (wants.empty()) return {};
  return std::unexpected(
      Error(Code::resource_limit_exceeded, "the component needs " + wants).with("resource", std::string(resource)));
}

std::string_view component_error_name(std::uint32_t variant) noexcept {
  static constexpr std::array<std::string_view, 7> names{
      "initialization-failed", "already-initialized", "not-initialized", "invalid-message",
      "shutdown-failed",       "invalid-state",       "failed"};
  return variant < names.size() ? names[variant] : "unknown";
}

std::string_view execution_error_name(std::uint32_t variant) noexcept {
  static constexpr std::array<std::string_view, 5> names{"invalid-operation", "operation-failed", "unsupported-codec",
                                                         "serialization-error", "permission-denied"};
  static_assert(names[execution_error_unsupported_codec] == "unsupported-codec");
  return variant < names.size() ? names[variant] : "unknown";
}

}  // namespace airssys::wasm
