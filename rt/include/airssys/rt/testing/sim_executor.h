// SimExecutor: the same actors on no thread at all, in virtual time, in an order chosen by a seed. What it finds, its seed
// finds again.
//
// Each step picks one of what is ready, by chance, and runs it. Only when nothing is ready does time move, to the next timer.
// One thread; waiting (ActorSystem::shutdown, wait_idle, spawn_and_wait) runs the world. Traced (`trace_to`, or
// AIRSSYS_TRACE=FILE in the environment), each step is one line: the virtual time in nanoseconds, and "actor 3 'name'" or
// "timer 17" for what ran.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/node_cache.h"
#include "airssys/rt/testing/faults.h"
#include "airssys/rt/testing/trace.h"

namespace airssys::rt::testing {

class SimExecutor final : public Executor {
 public:
  // The platform's seed is the schedule's seed.
  explicit SimExecutor(SimPlatform& platform);
  ~SimExecutor() override;

  SimPlatform& platform() noexcept override { return platform_; }
  void schedule(Runnable& runnable, Urgency urgency = Urgency::next) noexcept override;
  Ref<TimerTask> post_at(Instant due, std::function<void()> action) override;
  bool cancel(TimerTask& task) noexcept override;
  bool quiet() const noexcept override;
  std::atomic<std::uint32_t>& quiet_word() noexcept override { return quiet_word_; }
  bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) override;
  void notify(const std::atomic<std::uint32_t>&) noexcept override {}

  // One runnable, or else the timers of the next instant up to `until`. False when there was nothing to do.
  bool step(Instant until = Instant::max());
  // Until nothing is ready and no timer is armed. False when that took more steps: a livelock.
  [[nodiscard]] bool run_until_idle(std::uint64_t max_steps = 1'000'000);
  // Everything that is ready now and what follows from it, without moving time.
  [[nodiscard]] bool run_ready(std::uint64_t max_steps = 1'000'000);
  // All that happens within `by`; the clock is then exactly that much later.
  [[nodiscard]] bool run_for(Duration by, std::uint64_t max_steps = 1'000'000);

  // From now on these faults strike, in all systems of this executor; none until then, and none with `{}`.
  void inject(const Faults& faults) noexcept { faults_.inject(faults); }
  [[nodiscard]] const FaultCounts& fault_counts() const noexcept { return faults_.counts(); }
  Interceptor* interceptor() noexcept override { return &faults_; }

  // Each step from now on is a line of `sink`; an empty one ends that.
  void trace_to(TraceSink sink) { trace_ = std::move(sink); }
  [[nodiscard]] bool traced() const noexcept { return static_cast<bool>(trace_); }
  // A line of the world's own, with the time in front, if somebody reads: look at traced() before composing a long one. It
  // must depend on the seed alone.
  void note(std::string_view what);

  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  [[nodiscard]] std::size_t timers() const noexcept { return timers_.size(); }

 private:
  // Something can run without moving time.
  [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty() || faults_.waiting() != 0; }
  void run_one();

  SimPlatform& platform_;
  std::vector<Runnable*> ready_;
  TimerQueue timers_;
  std::atomic<std::uint32_t> quiet_word_{0};
  bool running_ = false;
  std::uint64_t steps_ = 0;
  TraceSink trace_;
  NodeDepot depot_;
  NodeCache nodes_;
  FaultInjector faults_{*this};
};

}  // namespace airssys::rt::testing
