// Executor: what carries out turns and timers. The seam between the runtime and threads: WorkStealingExecutor runs on
// real ones, testing::SimExecutor on none, and everything above is the same on both.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/ref.h"
#include "airssys/rt/timer.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

class CellCache;
class Cell;
class NodeCache;
class Interceptor;

// Something to run: one turn, then it returns. Intrusive, so that scheduling allocates nothing. It is scheduled at most
// once at a time, and must live until that run has returned.
class Runnable {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;
  virtual void run() noexcept = 0;
  // What it is, in a line of a trace. Called before run, by whoever will run it.
  [[nodiscard]] virtual std::string describe() const { return "task"; }

  Runnable* next_runnable = nullptr;  // the executor's, while scheduled

 protected:
  ~Runnable() = default;
};

enum class Urgency : std::uint8_t {
  next,   // has just become ready: best run soon, on this thread, while what it is about is in the cache
  later,  // has had a turn and wants another: after everybody else who is ready
};

// What one worker is doing.
struct TurnSample {
  std::uint32_t turn = 0;  // a number that is another one in the next turn
  ActorId actor{};         // 0: it is in no actor's turn
  const void* system = nullptr;  // of that actor
  friend bool operator==(const TurnSample&, const TurnSample&) = default;
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual Platform& platform() noexcept = 0;

  // Threads: any. Never blocks.
  virtual void schedule(Runnable& runnable, Urgency urgency = Urgency::next) noexcept = 0;

  // Runs `action` on one of the executor's threads at `due` or as soon as possible after it; it must be short and must not
  // throw. Keep the Ref to be able to cancel; dropping it does not.
  virtual Ref<TimerTask> post_at(Instant due, std::function<void()> action) = 0;
  // True: it will not run. False: it ran, is running, or was cancelled before.
  virtual bool cancel(TimerTask& task) noexcept = 0;

  // What comes between mailboxes and actors: a simulated world's faults. Null: nothing.
  [[nodiscard]] virtual Interceptor* interceptor() noexcept { return nullptr; }

  // Nothing is scheduled and nothing is running at this moment. Timers do not count.
  [[nodiscard]] virtual bool quiet() const noexcept = 0;
  // Changes, and is notified, whenever the executor has become quiet.
  [[nodiscard]] virtual std::atomic<std::uint32_t>& quiet_word() noexcept = 0;

  // Blocks a plain thread, never one of the executor's own, while `word` holds `old`, until notify(word) or `deadline`.
  // False: the deadline has passed, or in a simulated world, which it runs meanwhile, nothing can happen any more.
  // True: look again; it may return early.
  virtual bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t old, Instant deadline) = 0;
  // Adds one for each of its threads, always in the same order. An executor without threads has none.
  virtual void sample_turns(std::vector<TurnSample>&) const {}
  // Wakes who waits for `word`, after changing it. Does not read `word`, which may be gone already.
  virtual void notify(const std::atomic<std::uint32_t>& word) noexcept = 0;
};

// A value that one thread writes and others may look at, for a moment's picture.
template <class T>
class Glimpse {
 public:
  constexpr Glimpse() = default;
  constexpr Glimpse(T value) noexcept : value_(value) {}  // NOLINT(google-explicit-constructor): it is a T
  Glimpse(const Glimpse& other) noexcept : value_(other.get()) {}
  Glimpse& operator=(const Glimpse& other) noexcept { return *this = other.get(); }
  Glimpse& operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  operator T() const noexcept { return get(); }  // NOLINT(google-explicit-constructor): it is a T
  [[nodiscard]] T get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_{};
};

// What the runtime knows about the running thread.
struct ThisThread {
  Executor* executor = nullptr;  // whose thread this is; null for a plain thread
  void* worker = nullptr;        // that executor's own note
  NodeCache* nodes = nullptr;
  CellCache* cells = nullptr;
  Glimpse<ActorId> actor{};      // whose turn this is
  Glimpse<const void*> system{}; // of that actor; stays when the turn is over
  Cell* cell = nullptr;
};
// Thread-local by nature: sends ask it who sends and where free nodes are. Written by executors and cells only.
[[nodiscard]] inline ThisThread& this_thread() noexcept {
  static constinit thread_local ThisThread state;
  return state;
}

}  // namespace airssys::rt
