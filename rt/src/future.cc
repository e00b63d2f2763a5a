#include "airssys/rt/future.h"

#include <fmt/format.h>

#include "asks.h"
#include "system_core.h"

namespace airssys::rt {

Result<> Futures::add(Ask& ask, std::uint32_t at_most) {
  const std::scoped_lock lock(mutex);
  if (open_.size() >= at_most)
    return fail(Code::exhausted,
                fmt::format("max_asks: plain threads wait for {} answers; wait for some of them, or raise the limit", at_most));
  ask.place = static_cast<std::uint32_t>(open_.size());
  open_.push_back(&ask);
  return {};
}

void Futures::remove(Ask& ask) noexcept {
  if (ask.place == Ask::nowhere) return;
  open_.back()->place = ask.place;
  open_[ask.place] = open_.back();
  open_.pop_back();
}

// It is decided.
void Futures::wake(Ask& ask, Waiting& waiting, Executor& executor) noexcept {
  remove(ask);
  waiting.ready.store(1, std::memory_order_release);
  executor.notify(waiting.ready);
}

void Futures::wait(Ask& ask, Waiting& waiting, Executor& executor, std::unique_lock<std::mutex>& lock) noexcept {
  while (ask.outcome() == Ask::Outcome::open) {
    ++waiters_;
    lock.unlock();
    const bool goes_on = executor.wait(waiting.ready, 0, waiting.deadline);
    lock.lock();
    if (--waiters_ == 0) no_waiters_.notify_all();
    if (goes_on) continue;
    // In a simulated world that is at rest there may be no deadline, but then nobody can answer either.
    const auto outcome = waiting.deadline == Instant::max() ? Ask::Outcome::dropped : Ask::Outcome::timed_out;
    if (ask.decide(outcome)) remove(ask);
  }
}

void Futures::close(Executor& executor) noexcept {
  std::unique_lock lock(mutex);
  while (!open_.empty()) {
    Ask& ask = *open_.back();
    static_cast<void>(ask.decide(Ask::Outcome::dropped));  // it is open, and this is under the mutex
    wake(ask, *ask.waiting(), executor);
  }
  no_waiters_.wait(lock, [this] { return waiters_ == 0; });
}

Waiting::Waiting(SystemCore& its_core, Instant its_deadline) noexcept
    : core(Ref<SystemCore>::share(its_core)),
      deadline(its_deadline) {}
Waiting::~Waiting() = default;

Result<> enlist(Ask& ask, SystemCore& core) { return core.futures.add(ask, core.limits.max_asks); }

void await(Ask& ask, Waiting& waiting) noexcept {
  std::unique_lock lock(waiting.core->futures.mutex);
  waiting.core->futures.wait(ask, waiting, waiting.core->executor, lock);
}

void abandon(Ask& ask) noexcept {
  {
    Futures& futures = ask.waiting()->core->futures;
    const std::scoped_lock lock(futures.mutex);
    if (ask.decide(Ask::Outcome::abandoned)) futures.remove(ask);
  }
  ask.let_go();
}

std::unexpected<Error> cannot_wait(bool taken) {
  if (taken) return fail(Code::invalid_argument, "this Future was waited for already: an outcome is taken once");
  return fail(Code::invalid_argument,
              "a thread of an executor must not wait for a Future: the answer may need it; use Context::ask with a continuation");
}

}  // namespace airssys::rt
