// The host's clocks. Both need no capability; std::chrono's clocks and time() read the same ones.
#pragma once
#include <cstdint>

#include "airssys/sdk/detail/bindings.h"

namespace airssys {

struct timestamp {
  std::uint64_t seconds = 0;  // since the Unix epoch
  std::uint32_t nanoseconds = 0;
};

inline timestamp now() {
  airssys_core_services_timestamp_t raw;
  airssys_core_services_current_time(&raw);
  return {raw.seconds, raw.nanoseconds};
}

// Nanoseconds from an arbitrary start; never goes back.
inline std::uint64_t monotonic_now() { return airssys_core_services_monotonic_now(); }

}  // namespace airssys
