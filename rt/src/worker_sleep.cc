#include <algorithm>
#include <climits>
#include <utility>

#include "futex.h"
#include "worker_pool.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

constexpr Duration watch_first = 100us;  // the timekeeper's looks at the busy: the first, then twice as long each time
constexpr Duration watch_longest = 1ms;
constexpr int watch_idle_looks = 10;     // looks at a world where nobody is busy, before it sleeps until the next timer

}  // namespace

// Makes the timekeeper look at the busy from now on.
void WorkStealingExecutor::Pool::call_timekeeper() noexcept {
  const std::scoped_lock lock(sleep_mutex_);
  if (!timekeeper_ || watched_.exchange(true, std::memory_order_relaxed)) return;
  timekeeper_->sleep.store(look_again, std::memory_order_release);
  futex_wake(timekeeper_->sleep, 1);
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

}  // namespace airssys::rt
