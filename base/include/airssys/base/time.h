// Instants and durations. Nothing outside `Platform` reads a clock.
#pragma once
#include <chrono>
#include <cstdint>

namespace airssys {

using Duration = std::chrono::nanoseconds;

// The clock of one Platform: monotonic, its zero has no meaning. It has no now(): ask the Platform.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;

// Nanoseconds since the Unix epoch, UTC; may step when the machine's clock is set.
using WallTime = std::chrono::sys_time<Duration>;

}  // namespace airssys
