// What the rows of the group `rt` run on: two workers and a system, as the peers have two threads.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "../serve.h"
#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::bench {

struct Message {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

class Machine {
 public:
  static constexpr std::size_t workers = 2;
  static constexpr Duration patience = std::chrono::seconds(60);

  explicit Machine(rt::SystemLimits limits = {})
      : platform_(real_platform()),
        executor_(*platform_, workers),
        system_(executor_, null_log(), limits) {}

  [[nodiscard]] rt::ActorSystem& system() noexcept { return system_; }
  [[nodiscard]] rt::Executor& executor() noexcept { return executor_; }

  template <class A>
  rt::Address<typename A::Message> spawn(std::unique_ptr<A> actor) {
    return *system_.spawn({}, std::move(actor));  // there is no limit that it could meet
  }
  void wait_idle() { system_.wait_idle(system_.executor().platform().now() + patience); }

  // From an actor: what until_done waits for has happened.
  void done() noexcept {
    done_.fetch_add(1, std::memory_order_release);
    executor_.notify(done_);
  }
  // From before `start`, a Result<>(), until one done(). What never comes was lost: the row fails.
  template <class Start>
  Result<Duration> until_done(Start start) {
    const std::uint32_t before = done_.load(std::memory_order_acquire);
    const Instant begin = platform_->now();
    AIRSSYS_TRY_VOID(start());
    while (done_.load(std::memory_order_acquire) == before)
      if (!executor_.wait(done_, before, begin + patience)) return fail(Code::timed_out, "a message was lost, or its receiver");
    return platform_->now() - begin;
  }

 private:
  const std::unique_ptr<Platform> platform_;
  rt::WorkStealingExecutor executor_;
  rt::ActorSystem system_;
  std::atomic<std::uint32_t> done_{0};
};

// `run` over a rig that is made when the row is first asked for, and kept: rows that nobody asks for cost nothing.
template <class Rig, class Run>
Batch row_of(Run run) {
  return [run, rig = std::shared_ptr<Rig>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!rig) rig = std::make_shared<Rig>();
    return run(*rig, n);
  };
}

// One function per file; each adds its rows, named without "rt.".
void add_ask_rows(Rows& rows);
void add_message_rows(Rows& rows);
void add_life_rows(Rows& rows);
void add_wake_rows(Rows& rows);

}  // namespace airssys::bench
