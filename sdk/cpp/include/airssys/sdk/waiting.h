// What makes a component wait. Only in world `waiting-component`, whose components run on a fiber: include it on purpose.
#pragma once
#include <cstdint>

#include "airssys/sdk/backoff.h"
#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/time.h"
#ifndef AIRSSYS_WORLD_WAITS
#error "this component cannot wait: give airssys_add_component() WORLD waiting-component"
#endif

namespace airssys {

// Suspends this component; other components go on. Counts against max_execution_time_ms of the manifest.
inline void sleep_ms(std::uint64_t duration) { airssys_core_waiting_sleep_ms(duration); }

// Before try number `attempt`, from 2 on: 100 ms and twice as long each time, up to 10 s, or less by chance.
inline void sleep_before(unsigned attempt) { sleep_ms(backoff{}.wait(attempt - 1, monotonic_now())); }

// Calls `once`, which answers a std::expected, until that is a value, at most `attempts` times, with a sleep before each but the
// first.
template <class Once>
auto try_repeatedly(unsigned attempts, Once&& once) {
  auto outcome = once();
  for (unsigned attempt = 2; !outcome && attempt <= attempts; ++attempt) {
    sleep_before(attempt);
    outcome = once();
  }
  return outcome;
}

}  // namespace airssys
