// WorkStealingExecutor: as many worker threads as asked for, each with its own queue; the idle steal from the busy.
//
// What becomes ready on a worker goes to that worker's slot and runs next there; what it displaces goes to the worker's
// queue, where others may steal it. Plain threads, and workers whose queue is full, hand over through one injection queue. A
// worker without work looks around briefly, then sleeps; it is woken only when there is work for it. It steals what has
// waited for about ten microseconds: actors that exchange short messages stay on one processor, in whose cache they meet (a
// message across costs four times as much as one that stays), and long turns do not keep others waiting. One of the sleepers
// keeps the time: it wakes for the next timer, and while others are busy every millisecond, to take over what waits behind a
// long turn.
#pragma once
#include <cstddef>
#include <memory>

#include "airssys/rt/executor.h"

namespace airssys::rt {

class WorkStealingExecutor final : public Executor {
 public:
  // workers >= 1; 1024 at most. `platform` outlives it.
  WorkStealingExecutor(Platform& platform, std::size_t workers);
  // Ends the workers once their current turns have ended. Whoever uses the executor is stopped before.
  ~WorkStealingExecutor() override;
  WorkStealingExecutor(const WorkStealingExecutor&) = delete;
  WorkStealingExecutor& operator=(const WorkStealingExecutor&) = delete;

  Platform& platform() noexcept override;
  void schedule(Runnable& runnable, Urgency urgency) noexcept override;
  Ref<TimerTask> post_at(Instant due, std::function<void()> action) override;
  bool cancel(TimerTask& task) noexcept override;
  bool quiet() const noexcept override;
  std::atomic<std::uint32_t>& quiet_word() noexcept override;
  bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) override;
  void sample_turns(std::vector<TurnSample>& into) const override;
  void notify(const std::atomic<std::uint32_t>& word) noexcept override;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace airssys::rt
