#include "airssys/rt/work_stealing_executor.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <ctime>
#include <mutex>
#include <string>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/rt/cell_memory.h"
#include "airssys/rt/node_cache.h"
#include "injection_queue.h"
#include "run_queue.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t workers_max = 1024;
constexpr std::uint32_t injection_period = 61;  // runs between two looks at the injection queue and the timers, when busy
constexpr std::size_t injected_max = 64;        // taken over at a time, by a worker that has nothing else
constexpr std::uint32_t slot_runs_max = 16;     // in a row, while others wait
constexpr int rounds_per_look = 4;  // at the queues of others; about 10 us
constexpr int search_rounds = 2 * rounds_per_look + 1;
constexpr int pauses_per_round = 64;
constexpr Duration watch_first = 100us;  // the timekeeper's looks at the busy: the first, then twice as long each time
constexpr Duration watch_longest = 1ms;
constexpr int watch_idle_looks = 10;     // looks at a world where nobody is busy, before it sleeps until the next timer

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Duration at_most) noexcept {
  timespec time{};
  const bool bounded = at_most < 1000h;
  if (bounded) {
    time.tv_sec = at_most / 1s;
    time.tv_nsec = (at_most % 1s).count();
  }
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, bounded ? &time : nullptr, nullptr, 0);
}

void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

enum Sleep : std::uint32_t { asleep = 0, called = 1, look_again = 2 };

}  // namespace

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

WorkStealingExecutor::Pool::Pool(WorkStealingExecutor& self, Platform& on, std::size_t workers)
    : owner(self),
      platform(on),
      awake_(static_cast<std::uint32_t>(workers)) {
  AIRSSYS_ASSERT(workers >= 1 && workers <= workers_max, "{} workers", workers);
  for (std::size_t n = 0; n < workers; ++n) workers_.push_back(std::make_unique<Worker>(nodes_, *cells_, platform.random()));
  for (const auto& worker : workers_) worker->seen.resize(workers);
  sleepers_.reserve(workers);
  for (std::size_t n = 0; n < workers; ++n)
    threads_.push_back(platform.start_thread("rt-" + std::to_string(n), [this, worker = workers_[n].get()] { work(*worker); }));
}

WorkStealingExecutor::Pool::~Pool() {
  ending_.store(true, std::memory_order_seq_cst);
  {
    const std::scoped_lock lock(sleep_mutex_);
    for (const auto& worker : workers_) {
      worker->sleep.store(look_again, std::memory_order_release);
      futex_wake(worker->sleep, 1);
    }
  }
  threads_.clear();
  workers_.clear();
  cells_->close();
}

// When the queue is full, half of it goes where anybody finds it, under one lock.
void WorkStealingExecutor::Pool::push_local(Worker& me, Runnable& runnable) noexcept {
  if (me.queue.push(runnable)) return;
  std::array<Runnable*, RunQueue::capacity / 2> oldest;
  const std::size_t count = me.queue.pop_half(oldest);
  for (std::size_t n = 0; n < count; ++n) oldest[n]->next_runnable = n + 1 < count ? oldest[n + 1] : nullptr;
  if (count > 0) injection_.push(*oldest[0], *oldest[count - 1], count);
  AIRSSYS_ASSERT(me.queue.push(runnable), "a queue is full after half of it has left");
}

// Within a worker whose queue is empty.
Runnable* WorkStealingExecutor::Pool::take_injected(Worker& me) noexcept {
  Runnable* const first = injection_.pop(injected_max, workers_.size());
  if (!first) return nullptr;
  for (Runnable* rest = std::exchange(first->next_runnable, nullptr); rest;) {
    Runnable& runnable = *std::exchange(rest, rest->next_runnable);
    push_local(me, runnable);
  }
  return first;
}

void WorkStealingExecutor::Pool::schedule(Runnable& runnable, Urgency urgency) noexcept {
  ThisThread& thread = this_thread();
  if (thread.executor != &owner) {
    injection_.push(runnable);
    return call_one();
  }
  Worker& me = *static_cast<Worker*>(thread.worker);
  if (urgency == Urgency::next) {
    Runnable* const displaced = me.slot.exchange(&runnable, std::memory_order_acq_rel);
    if (displaced) {
      push_local(me, *displaced);
      return call_one();
    }
    // It runs here when this turn ends. Should that take long, the timekeeper sees it.
    if (workers_.size() > 1 && !watched_.load(std::memory_order_relaxed)) call_timekeeper();
    return;
  }
  const bool alone = me.slot.load(std::memory_order_relaxed) == nullptr && me.queue.empty();
  push_local(me, runnable);
  if (!alone) call_one();
}

// Wakes a worker, if one sleeps and none is looking around already.
void WorkStealingExecutor::Pool::call_one() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);  // what was pushed is seen by who stops searching after this look
  if (searching_.load(std::memory_order_seq_cst) != 0) return;
  if (awake_.load(std::memory_order_seq_cst) == workers_.size()) return;
  Worker* woken = nullptr;
  {
    const std::scoped_lock lock(sleep_mutex_);
    if (searching_.load(std::memory_order_relaxed) != 0) return;
    if (!sleepers_.empty()) {
      woken = sleepers_.back();
      sleepers_.pop_back();
    } else if (timekeeper_) {
      woken = std::exchange(timekeeper_, nullptr);
      watched_.store(false, std::memory_order_relaxed);
    } else {
      return;
    }
    awake_.fetch_add(1, std::memory_order_seq_cst);
    searching_.fetch_add(1, std::memory_order_seq_cst);
    woken->sleep.store(called, std::memory_order_release);
  }
  futex_wake(woken->sleep, 1);
}

// Makes the timekeeper look at the busy from now on.
void WorkStealingExecutor::Pool::call_timekeeper() noexcept {
  const std::scoped_lock lock(sleep_mutex_);
  if (!timekeeper_ || watched_.exchange(true, std::memory_order_relaxed)) return;
  timekeeper_->sleep.store(look_again, std::memory_order_release);
  futex_wake(timekeeper_->sleep, 1);
}

void WorkStealingExecutor::Pool::work(Worker& me) noexcept {
  this_thread() = {.executor = &owner, .worker = &me, .nodes = &me.nodes, .cells = &me.cells, .actor = {}};
  me.thread.store(&this_thread(), std::memory_order_release);
  while (!ending_.load(std::memory_order_relaxed)) {
    Runnable* runnable = me.counted ? nullptr : next(me);
    if (!runnable) runnable = search(me);
    if (!runnable) runnable = park(me);
    if (!runnable) continue;
    me.turns.store(me.turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    runnable->run();
  }
  me.thread.store(nullptr, std::memory_order_relaxed);
  this_thread() = {};
}

// Of different moments, if a turn ends meanwhile; two looks that say the same were within that one turn.
void WorkStealingExecutor::Pool::sample_turns(std::vector<TurnSample>& into) const {
  for (const auto& worker : workers_) {
    const ThisThread* const thread = worker->thread.load(std::memory_order_acquire);
    into.push_back(thread ? TurnSample{worker->turns.load(std::memory_order_relaxed), thread->actor, thread->system}
                          : TurnSample{});
  }
}

Runnable* WorkStealingExecutor::Pool::from_slot(Worker& me) noexcept {
  return me.slot.load(std::memory_order_relaxed) ? me.slot.exchange(nullptr, std::memory_order_acq_rel) : nullptr;
}

Runnable* WorkStealingExecutor::Pool::next(Worker& me) noexcept {
  if (me.turns.load(std::memory_order_relaxed) % injection_period == 0) [[unlikely]] {
    fire_timers();
    if (Runnable* const runnable = injection_.pop(1, 1)) return runnable;
  }
  if (me.slot_runs < slot_runs_max)
    if (Runnable* const runnable = from_slot(me)) {
      ++me.slot_runs;
      return runnable;
    }
  me.slot_runs = 0;
  if (Runnable* const runnable = me.queue.pop()) return runnable;
  if (Runnable* const runnable = take_injected(me)) return runnable;
  return from_slot(me);
}

// Looks around for a while.
Runnable* WorkStealingExecutor::Pool::search(Worker& me) noexcept {
  if (!std::exchange(me.counted, false)) {
    if (2 * searching_.load(std::memory_order_relaxed) >= awake_.load(std::memory_order_relaxed)) return nullptr;
    searching_.fetch_add(1, std::memory_order_seq_cst);
  }
  Runnable* found = nullptr;
  for (int round = 0; round < search_rounds && !found && !ending_.load(std::memory_order_relaxed); ++round) {
    found = take_injected(me);
    if (!found && round % rounds_per_look == 0) found = steal(me, round == 0);
    for (int n = 0; n < pauses_per_round && !found; ++n) relax();
  }
  const bool last = searching_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  if (found && last) {
    // Who put more there while this one was searching has called nobody.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (any_work()) call_one();
  }
  return found;
}

// What has waited since the last look. What is newer its worker may be about to run: short turns that talk to each other are
// best left to one processor, whose cache has what they share.
Runnable* WorkStealingExecutor::Pool::steal(Worker& me, bool first_look) noexcept {
  me.random ^= me.random << 13;
  me.random ^= me.random >> 7;
  me.random ^= me.random << 17;
  const std::size_t count = workers_.size();
  const std::size_t start = static_cast<std::size_t>(me.random % count);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t which = (start + n) % count;
    Worker& other = *workers_[which];
    if (&other == &me) continue;
    const bool waits = !first_look && other.queue.has_before(me.seen[which]);
    me.seen[which] = other.queue.end();
    if (!waits) continue;
    if (Runnable* const runnable = other.queue.steal_into(me.queue)) return runnable;
  }
  return nullptr;
}

bool WorkStealingExecutor::Pool::any_work() const noexcept {
  if (!injection_.empty()) return true;
  for (const auto& worker : workers_)
    if (!worker->queue.empty()) return true;
  return false;
}

// Takes `me` out of the sleepers. False when it was called already.
bool WorkStealingExecutor::Pool::rise(Worker& me) noexcept {
  const std::scoped_lock lock(sleep_mutex_);
  if (timekeeper_ == &me) {
    timekeeper_ = nullptr;
    watched_.store(false, std::memory_order_relaxed);
    if (!sleepers_.empty()) {  // while this one works another keeps the time
      timekeeper_ = sleepers_.back();
      sleepers_.pop_back();
      timekeeper_->sleep.store(look_again, std::memory_order_release);
      futex_wake(timekeeper_->sleep, 1);
    }
  } else if (std::erase(sleepers_, &me) == 0) {
    return false;
  }
  awake_.fetch_add(1, std::memory_order_seq_cst);
  return true;
}

bool WorkStealingExecutor::Pool::keeps_time(const Worker& me) const noexcept {
  const std::scoped_lock lock(sleep_mutex_);
  return timekeeper_ == &me;
}

// Sleeps until there is something to do. Returns what it took over, or null: look in the usual places.
Runnable* WorkStealingExecutor::Pool::park(Worker& me) noexcept {
  bool quiet_now = false;
  me.sleep.store(asleep, std::memory_order_relaxed);
  {
    const std::scoped_lock lock(sleep_mutex_);
    if (ending_.load(std::memory_order_relaxed)) return nullptr;
    if (timekeeper_)
      sleepers_.push_back(&me);
    else
      timekeeper_ = &me;
    quiet_now = awake_.fetch_sub(1, std::memory_order_seq_cst) == 1 && injection_.empty();
    if (quiet_now) quiet_word.fetch_add(1, std::memory_order_seq_cst);
  }
  if (quiet_now) futex_wake(quiet_word, INT_MAX);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (any_work() && rise(me)) return nullptr;
  while (me.sleep.load(std::memory_order_acquire) != called && !ending_.load(std::memory_order_acquire)) {
    if (keeps_time(me)) {
      Runnable* const found = keep_time(me);
      me.counted = me.sleep.load(std::memory_order_acquire) == called;
      return found;
    }
    futex_wait(me.sleep, asleep, Duration::max());
    std::uint32_t again = look_again;
    me.sleep.compare_exchange_strong(again, asleep, std::memory_order_acq_rel);
  }
  me.counted = me.sleep.load(std::memory_order_acquire) == called;
  return nullptr;
}

// The timekeeper's sleep, in pieces, until it has risen or was called. Returns what it took over, if anything.
Runnable* WorkStealingExecutor::Pool::keep_time(Worker& me) noexcept {
  Duration look = watch_first;
  int idle_looks = 0;
  while (me.sleep.load(std::memory_order_acquire) != called && !ending_.load(std::memory_order_acquire)) {
    const bool watching = ++idle_looks < watch_idle_looks;
    watched_.store(watching, std::memory_order_seq_cst);
    const bool busy = awake_.load(std::memory_order_seq_cst) != 0;  // after watched_: who rises now sees one or the other
    if (busy) idle_looks = 0;
    Duration sleep = Duration::zero();
    {
      const std::scoped_lock lock(timers_mutex_);
      const Instant now = platform.now();
      const Instant due = timers_.next();
      timekeeper_until_ = (watching || busy) && due > now + look ? now + look : due;
      if (due > now) sleep = timekeeper_until_ == Instant::max() ? Duration::max() : timekeeper_until_ - now;
    }
    if (sleep == Duration::zero()) {
      if (rise(me)) fire_timers();
      return nullptr;
    }
    futex_wait(me.sleep, asleep, sleep);
    if (std::uint32_t again = look_again; me.sleep.compare_exchange_strong(again, asleep, std::memory_order_acq_rel)) {
      idle_looks = 0;
      look = watch_first;
      continue;
    }
    look = std::min(look * 2, watch_longest);
    Runnable* found = nullptr;
    if (busy && steal_stuck(me, found)) return found;
  }
  return nullptr;
}

// What waits in the slot of a worker whose turn has not ended since the last look. True: it has risen for that.
bool WorkStealingExecutor::Pool::steal_stuck(Worker& me, Runnable*& found) noexcept {
  for (const auto& other : workers_) {
    Runnable* waiting = other->slot.load(std::memory_order_relaxed);
    const std::uint32_t turns = other->turns.load(std::memory_order_relaxed);
    const bool same_turn = other->seen_turns.exchange(turns, std::memory_order_relaxed) == turns;
    const bool stuck = other->seen_slot.exchange(waiting, std::memory_order_relaxed) == waiting && same_turn && waiting;
    if (!stuck || !rise(me)) continue;
    if (other->slot.compare_exchange_strong(waiting, nullptr, std::memory_order_acq_rel)) found = waiting;
    return true;
  }
  return false;
}

void WorkStealingExecutor::Pool::fire_timers() noexcept {
  const Duration::rep due = next_due_.load(std::memory_order_relaxed);
  if (due == Instant::max().time_since_epoch().count()) return;
  const Instant now = platform.now();
  if (due > now.time_since_epoch().count()) return;
  for (;;) {
    Ref<TimerTask> task;
    {
      const std::scoped_lock lock(timers_mutex_);
      task = timers_.take_due(now);
      next_due_.store(timers_.next().time_since_epoch().count(), std::memory_order_relaxed);
    }
    if (!task) return;
    task->fire();
  }
}

Ref<TimerTask> WorkStealingExecutor::Pool::post_at(Instant due, std::function<void()> action) {
  auto task = Ref<TimerTask>::adopt(new TimerTask(std::move(action)));
  bool sooner = false;
  {
    const std::scoped_lock lock(timers_mutex_);
    timers_.add(task, due);
    next_due_.store(timers_.next().time_since_epoch().count(), std::memory_order_relaxed);
    sooner = due < timekeeper_until_;
    if (sooner) timekeeper_until_ = due;
  }
  if (sooner) {
    const std::scoped_lock lock(sleep_mutex_);
    if (timekeeper_) {
      timekeeper_->sleep.store(look_again, std::memory_order_release);
      futex_wake(timekeeper_->sleep, 1);
    }
  }
  return task;
}

bool WorkStealingExecutor::Pool::cancel(TimerTask& task) noexcept {
  const std::scoped_lock lock(timers_mutex_);
  const bool removed = timers_.remove(task);
  next_due_.store(timers_.next().time_since_epoch().count(), std::memory_order_relaxed);
  return removed;
}

bool WorkStealingExecutor::Pool::quiet() const noexcept {
  const std::scoped_lock lock(sleep_mutex_);
  return awake_.load(std::memory_order_relaxed) == 0 && injection_.empty();
}

WorkStealingExecutor::WorkStealingExecutor(Platform& platform, std::size_t workers)
    : pool_(std::make_unique<Pool>(*this, platform, workers)) {}
WorkStealingExecutor::~WorkStealingExecutor() = default;
Platform& WorkStealingExecutor::platform() noexcept { return pool_->platform; }
void WorkStealingExecutor::schedule(Runnable& runnable, Urgency urgency) noexcept { pool_->schedule(runnable, urgency); }
Ref<TimerTask> WorkStealingExecutor::post_at(Instant due, std::function<void()> action) {
  return pool_->post_at(due, std::move(action));
}
bool WorkStealingExecutor::cancel(TimerTask& task) noexcept { return pool_->cancel(task); }
void WorkStealingExecutor::sample_turns(std::vector<TurnSample>& into) const { pool_->sample_turns(into); }
bool WorkStealingExecutor::quiet() const noexcept { return pool_->quiet(); }
std::atomic<std::uint32_t>& WorkStealingExecutor::quiet_word() noexcept { return pool_->quiet_word; }

bool WorkStealingExecutor::wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) {
  AIRSSYS_ASSERT(this_thread().executor != this, "a worker waits for its own executor");
  if (word.load(std::memory_order_acquire) != old) return true;
  const Instant now = pool_->platform.now();
  if (now >= deadline) return false;
  futex_wait(word, old, deadline - now);
  return true;
}

void WorkStealingExecutor::notify(const std::atomic<std::uint32_t>& word) noexcept { futex_wake(word, INT_MAX); }

}  // namespace airssys::rt
