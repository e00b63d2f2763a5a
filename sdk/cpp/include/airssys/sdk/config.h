// config: what init() gets. Views into it live for the duration of init(): copy what is to stay.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>

#include "airssys/sdk/detail/bindings.h"

namespace airssys {

struct limits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t fuel_per_call = 0;
  std::uint64_t call_timeout_ms = 0;
};

// `messaging` / `send` / `counter`
struct capability {
  std::string_view kind;
  std::string_view action;
  std::string_view target;
};

class config {
 public:
  // Takes over what the host lowered into this component's memory.
  explicit config(const airssys_core_types_component_config_t& raw) : raw_(raw) {}
  config(const config&) = delete;
  config& operator=(const config&) = delete;
  ~config() {
    for (const auto& pair : std::span(raw_.env.ptr, raw_.env.len)) {
      release(pair.f0);
      release(pair.f1);
    }
    for (const auto& grant : std::span(raw_.granted.ptr, raw_.granted.len)) {
      release(grant.kind);
      release(grant.action);
      release(grant.target);
    }
    release(raw_.env);
    release(raw_.granted);
    if (raw_.config_data.is_some) release(raw_.config_data.val);
  }

  // The value of a variable that the host hands to this component; nothing else of the host's environment is visible.
  [[nodiscard]] std::optional<std::string_view> env(std::string_view name) const {
    for (const auto& pair : std::span(raw_.env.ptr, raw_.env.len)) {
      if (detail::view(pair.f0) == name) return detail::view(pair.f1);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::span<const std::uint8_t>> data() const {
    if (!raw_.config_data.is_some) return std::nullopt;
    return std::span<const std::uint8_t>(raw_.config_data.val.ptr, raw_.config_data.val.len);
  }
  [[nodiscard]] airssys::limits limits() const {
    return {raw_.limits.memory_bytes, raw_.limits.fuel_per_call, raw_.limits.call_timeout_ms};
  }
  [[nodiscard]] std::size_t granted_count() const { return raw_.granted.len; }
  [[nodiscard]] capability granted(std::size_t index) const {
    const auto& grant = raw_.granted.ptr[index];
    return {detail::view(grant.kind), detail::view(grant.action), detail::view(grant.target)};
  }

 private:
  template <class Run>
  static void release(const Run& run) {
    if (run.len > 0) std::free(run.ptr);
  }

  airssys_core_types_component_config_t raw_;
};

}  // namespace airssys
