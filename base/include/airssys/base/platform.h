// Platform: the one seam to time, chance and threads. Nothing else names a clock, a random device or std::thread, so that
// everything above runs unchanged in a simulated world.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "airssys/base/time.h"

namespace airssys {

// A running thread; the destructor joins it, so its body must have a way to end.
class Thread {
 public:
  virtual ~Thread() = default;
};

// Threads: any. Outlives everything that was made with it.
class Platform {
 public:
  virtual ~Platform() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;
  // now() for a quarter of its price: what it was at the latest tick, up to coarse_lag() ago, longer where ticks come late
  // because the machine is starved. For timeouts of seconds.
  [[nodiscard]] virtual Instant coarse_now() const noexcept { return now(); }
  [[nodiscard]] virtual Duration coarse_lag() const noexcept { return Duration::zero(); }
  [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;
  // 64 uniform bits. Not for keys: those come from the crypto library.
  [[nodiscard]] virtual std::uint64_t random() noexcept = 0;
  // `name` shows in debuggers, cut to 15 characters. Only for what stands outside a simulated world (scheduler workers,
  // the epoch ticker): a simulated world is one thread, and asking it for another is a broken invariant.
  [[nodiscard]] virtual std::unique_ptr<Thread> start_thread(std::string name, std::function<void()> body) = 0;
  // A thread that calls `body` every `period` until it is destroyed; a late call is not made up for. As start_thread
  // otherwise.
  [[nodiscard]] virtual std::unique_ptr<Thread> start_ticker(std::string name, Duration period, std::function<void()> body) = 0;
};

// The machine's own.
[[nodiscard]] std::unique_ptr<Platform> real_platform();

}  // namespace airssys
