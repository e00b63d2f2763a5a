#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "airssys/base/assert.h"
#include "futex.h"
#include "worker_pool.h"

namespace airssys::rt {
namespace {

constexpr std::size_t workers_max = 1024;
constexpr std::uint32_t injection_period = 61;  // runs between two looks at the injection queue and the timers, when busy
constexpr std::size_t injected_max = 64;        // taken over at a time, by a worker that has nothing else
constexpr std::uint32_t slot_runs_max = 16;     // in a row, while others wait
constexpr int rounds_per_look = 4;  // at the queues of others; about 10 us
constexpr int search_rounds = 2 * rounds_per_look + 1;
constexpr int pauses_per_round = 64;

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

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

}  // namespace airssys::rt
