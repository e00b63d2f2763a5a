// A system on worker threads, for tests of what really races.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {

struct Machine {
  explicit Machine(std::size_t workers, SystemLimits limits = {}, EventSink* events = nullptr)
      : platform(real_platform()),
        executor(*platform, workers),
        system(executor, null_log(), limits, events) {}
  // Runs `body` on `count` plain threads and waits for them.
  template <class Body>
  void on_threads(std::size_t count, Body body) {
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::size_t n = 0; n < count; ++n) threads.push_back(platform->start_thread("test", [&body, n] { body(n); }));
  }
  void wait_idle() { ASSERT_TRUE(system.wait_idle(Instant::max())); }

  std::unique_ptr<Platform> platform;
  WorkStealingExecutor executor;
  ActorSystem system;
};

}  // namespace airssys::rt
