// Executor: what carries out turns and timers. The seam between the runtime and threads: WorkStealingExecutor runs on
// real ones, testing::SimExecutor on none, and everything above is the same on both.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

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
  // Wakes who waits for `word`, after changing it. Does not read `word`, which may be gone already.
  virtual void notify(const std::atomic<std::uint32_t>& word) noexcept = 0;
};

// What the runtime knows about the running thread.
struct ThisThread {
  Executor* executor = nullptr;  // whose thread this is; null for a plain thread
  void* worker = nullptr;        // that executor's own note
  NodeCache* nodes = nullptr;
  CellCache* cells = nullptr;
  ActorId actor{};               // whose turn this is
  Cell* cell = nullptr;
};
// Thread-local by nature: sends ask it who sends and where free nodes are. Written by executors and cells only.
[[nodiscard]] inline ThisThread& this_thread() noexcept {
  static constinit thread_local ThisThread state;
  return state;
}

}  // namespace airssys::rt
