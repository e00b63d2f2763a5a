// The workers of a WorkStealingExecutor: who runs what (worker_pool.cc), who sleeps, and who keeps the time meanwhile
// (worker_sleep.cc).
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/cell_memory.h"
#include "airssys/rt/node_cache.h"
#include "airssys/rt/work_stealing_executor.h"
#include "injection_queue.h"
#include "run_queue.h"

namespace airssys::rt {

class WorkStealingExecutor::Pool {
 public:
  Pool(WorkStealingExecutor& owner, Platform& platform, std::size_t workers);
  ~Pool();

  void schedule(Runnable& runnable, Urgency urgency) noexcept;
  Ref<TimerTask> post_at(Instant due, std::function<void()> action);
  bool cancel(TimerTask& task) noexcept;
  bool quiet() const noexcept;
  void sample_turns(std::vector<TurnSample>& into) const;

  WorkStealingExecutor& owner;
  Platform& platform;
  std::atomic<std::uint32_t> quiet_word{0};

 private:
  enum Sleep : std::uint32_t { asleep = 0, called = 1, look_again = 2 };
  struct alignas(64) Worker {
    Worker(NodeDepot& node_depot, CellDepot& cell_depot, std::uint64_t seed)
        : nodes(node_depot),
          cells(cell_depot),
          random(seed | 1) {}
    std::atomic<Runnable*> slot{nullptr};  // runs next; taken by the timekeeper if it waits behind a long turn
    std::atomic<std::uint32_t> turns{0};   // written by the worker
    RunQueue queue;
    std::vector<std::uint32_t> seen;       // where each queue ended at the latest look of this search
    NodeCache nodes;
    CellCache cells;
    std::uint64_t random;
    std::uint32_t slot_runs = 0;
    bool counted = false;                  // as searching, by who called it
    std::atomic<const ThisThread*> thread{nullptr};  // while it runs
    // What the timekeeper saw last; atomic because one may still look while the next one has begun.
    std::atomic<Runnable*> seen_slot{nullptr};
    std::atomic<std::uint32_t> seen_turns{0};
    alignas(64) std::atomic<std::uint32_t> sleep{asleep};
  };

  void work(Worker& me) noexcept;
  Runnable* next(Worker& me) noexcept;
  Runnable* from_slot(Worker& me) noexcept;
  Runnable* search(Worker& me) noexcept;
  Runnable* steal(Worker& me, bool first_look) noexcept;
  bool steal_stuck(Worker& me, Runnable*& found) noexcept;
  Runnable* park(Worker& me) noexcept;
  Runnable* keep_time(Worker& me) noexcept;
  bool rise(Worker& me) noexcept;
  bool keeps_time(const Worker& me) const noexcept;
  void call_one() noexcept;
  void call_timekeeper() noexcept;
  void fire_timers() noexcept;
  void push_local(Worker& me, Runnable& runnable) noexcept;
  Runnable* take_injected(Worker& me) noexcept;
  bool any_work() const noexcept;

  InjectionQueue injection_;
  NodeDepot nodes_;
  const Ref<CellDepot> cells_ = Ref<CellDepot>::adopt(new CellDepot);

  std::mutex timers_mutex_;
  TimerQueue timers_;                                      // guarded
  Instant timekeeper_until_ = Instant::min();              // guarded; when the sleeping timekeeper looks next
  std::atomic<Duration::rep> next_due_{Instant::max().time_since_epoch().count()};

  mutable std::mutex sleep_mutex_;
  std::vector<Worker*> sleepers_;                          // guarded; without the timekeeper
  Worker* timekeeper_ = nullptr;                           // guarded; asleep while it is set
  std::atomic<std::uint32_t> awake_;                       // written under the mutex
  std::atomic<std::uint32_t> searching_{0};
  std::atomic<bool> watched_{false};                       // the timekeeper looks at the busy, so nobody needs to call it
  std::atomic<bool> ending_{false};

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Thread>> threads_;           // last: they end first
};

}  // namespace airssys::rt
