#include "airssys/rt/testing/sim_executor.h"

#include <fmt/format.h>

#include <utility>

#include "airssys/base/assert.h"

namespace airssys::rt::testing {

SimExecutor::SimExecutor(SimPlatform& platform) : platform_(platform), trace_(trace_from_environment()), nodes_(depot_) {
  if (traced()) note(fmt::format("world of seed {}", platform_.seed()));
}

SimExecutor::~SimExecutor() { AIRSSYS_ASSERT(ready_.empty(), "{} runnables were never run", ready_.size()); }

void SimExecutor::schedule(Runnable& runnable, Urgency) noexcept { ready_.push_back(&runnable); }

Ref<TimerTask> SimExecutor::post_at(Instant due, std::function<void()> action) {
  auto task = Ref<TimerTask>::adopt(new TimerTask(std::move(action)));
  timers_.add(task, due);
  return task;
}

bool SimExecutor::cancel(TimerTask& task) noexcept { return timers_.remove(task); }

bool SimExecutor::quiet() const noexcept { return !has_ready() && !running_; }

bool SimExecutor::wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) {
  AIRSSYS_ASSERT(!running_, "an actor or a timer waits for the world it is in");
  while (word.load(std::memory_order_acquire) == old)
    if (!step(deadline)) {
      if (deadline != Instant::max()) platform_.advance_to(deadline);
      return false;
    }
  return true;
}

void SimExecutor::note(std::string_view what) {
  if (traced()) trace_(fmt::format("{} {}", platform_.now().time_since_epoch().count(), what));
}

void SimExecutor::run_one() {
  const auto picked = static_cast<std::size_t>(platform_.random() % (ready_.size() + faults_.waiting()));
  if (picked >= ready_.size()) return faults_.give_back(picked - ready_.size());
  std::swap(ready_[picked], ready_.back());
  Runnable* const runnable = ready_.back();
  ready_.pop_back();
  if (traced()) note(runnable->describe());
  runnable->run();
}

bool SimExecutor::step(Instant until) {
  AIRSSYS_ASSERT(!running_, "an actor or a timer steps the world it is in");
  const bool now = has_ready();
  if (!now && (timers_.size() == 0 || timers_.next() > until)) return false;
  ThisThread& thread = this_thread();
  const ThisThread before = std::exchange(thread, {.executor = this, .worker = nullptr, .nodes = &nodes_, .actor = {}});
  running_ = true;
  ++steps_;
  if (now) {
    run_one();
  } else {
    platform_.advance_to(timers_.next());
    while (const Ref<TimerTask> task = timers_.take_due(platform_.now())) {
      if (traced()) note(fmt::format("timer {}", task->order()));
      task->fire();
    }
  }
  running_ = false;
  thread = before;
  if (!has_ready()) quiet_word_.fetch_add(1, std::memory_order_release);
  return true;
}

bool SimExecutor::run_until_idle(std::uint64_t max_steps) {
  for (; max_steps > 0; --max_steps)
    if (!step()) return true;
  return !has_ready() && timers_.size() == 0;
}

bool SimExecutor::run_ready(std::uint64_t max_steps) {
  for (; max_steps > 0 && has_ready(); --max_steps) step();
  return !has_ready();
}

bool SimExecutor::run_for(Duration by, std::uint64_t max_steps) {
  const Instant until = platform_.now() + by;
  for (; max_steps > 0; --max_steps)
    if (!step(until)) {
      platform_.advance_to(until);
      return true;
    }
  return false;
}

}  // namespace airssys::rt::testing
