// Who keeps what was asked: an actor, and the plain threads of one system.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "airssys/rt/ask.h"
#include "airssys/rt/future.h"
#include "airssys/rt/timer.h"

namespace airssys::rt {

// What one object has asked and not yet heard of, by deadline. Who asks with one timeout asks in the order of the deadlines:
// these stand in a line, at the cost of a few pointers; who would have to push in is in a heap. The actor's, within its turn,
// except `fired`.
class Asks {
 public:
  void add(Ask& ask, Instant deadline);
  void remove(Ask& ask) noexcept;
  // Its outcome is on its way: its deadline counts no more.
  void set_aside(Ask& ask) noexcept;
  // Of the earliest; at the end of time when there is none.
  [[nodiscard]] Instant first_deadline() const noexcept;
  // The earliest, else one that is set aside; there must be one.
  [[nodiscard]] Ask& first() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return in_lines_ + heap_.size(); }

  // One for all, for the earliest deadline there was when it was armed; an answer does not touch it.
  Ref<TimerTask> timer;
  Instant due = Instant::max();     // of the timer
  std::atomic<bool> fired{false};   // and nobody has looked since

 private:
  struct Entry {
    Instant deadline;
    Ask* ask;
  };
  struct Line {
    Ask* front = nullptr;
    Ask* back = nullptr;
  };
  void join(Line& line, Ask& ask) noexcept;
  void leave(Line& line, Ask& ask) noexcept;
  void push(Ask& ask, Instant deadline);
  void put(std::size_t place, Entry entry) noexcept;
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;

  Line line_;
  Line over_;  // set aside
  std::size_t in_lines_ = 0;
  std::vector<Entry> heap_;  // binary, earliest first
};

// What plain threads have asked. A part of the core, which outlives the system; the executor is
// touched only for what is open, and nothing is once the system has closed it.
class Futures {
 public:
  Result<> add(Ask& ask, std::uint32_t at_most);
  // What is open is decided: dropped. Returns when no thread waits any more.
  void close(Executor& executor) noexcept;

  // All under the mutex.
  std::mutex mutex;
  void remove(Ask& ask) noexcept;
  void wake(Ask& ask, Waiting& waiting, Executor& executor) noexcept;
  void wait(Ask& ask, Waiting& waiting, Executor& executor, std::unique_lock<std::mutex>& lock) noexcept;

 private:
  std::vector<Ask*> open_;
  std::uint32_t waiters_ = 0;
  std::condition_variable no_waiters_;
};

}  // namespace airssys::rt
