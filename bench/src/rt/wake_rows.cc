// wake: a message from a plain thread to a system that sleeps; and its limit, a thread that the kernel wakes.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "machine.h"

namespace airssys::bench {
namespace {

using rt::Context;
using rt::Turn;

constexpr std::uint64_t wakes_min = 20;
// From when it says that it sleeps to when it does, on either side.
constexpr Duration falling_asleep = std::chrono::microseconds(50);

Instant now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

void pass(Duration time) {
  for (const Instant end = now() + time; now() < end;) __builtin_ia32_pause();
}

// Who is woken notes the time and wakes this thread, which sleeps meanwhile: where both processors are busy a thread that
// spins would keep the woken one from running.
class Awake final : public rt::Actor<Message> {
 public:
  Awake(Machine& machine, Instant& woken) : machine_(machine), woken_(woken) {}
  Result<Turn> handle(Message, Context&) override {
    woken_ = now();
    machine_.done();
    return Turn::done;
  }

 private:
  Machine& machine_;
  Instant& woken_;
};

struct WakeRig {
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, wakes_min);
    Duration took{};
    for (std::uint64_t i = 0; i < count; ++i) {
      machine.wait_idle();
      pass(falling_asleep);
      const Instant begin = now();
      AIRSSYS_TRY_VOID(machine.until_done([&] { return actor.send({}); }));
      took += woken - begin;
    }
    return Ran{count, took};
  }
  Instant woken{};
  Machine machine;
  rt::Address<Message> actor = machine.spawn(std::make_unique<Awake>(machine, woken));
};

// The same with nothing but two threads that wait for words to change.
struct FutexRig {
  FutexRig() : thread([this] { answer(); }) {}
  ~FutexRig() {
    ending.store(true, std::memory_order_release);
    change(asked);
    thread.join();
  }
  static void change(std::atomic<std::uint32_t>& word) {
    word.fetch_add(1, std::memory_order_release);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  static void wait(std::atomic<std::uint32_t>& word, std::uint32_t old) {
    while (word.load(std::memory_order_acquire) == old) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
  }
  void answer() {
    for (std::uint32_t seen = 0; !ending.load(std::memory_order_acquire); ++seen) {
      wait(asked, seen);
      woken = now();
      change(answered);
    }
  }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, wakes_min);
    Duration took{};
    for (std::uint64_t i = 0; i < count; ++i) {
      pass(falling_asleep);
      const std::uint32_t before = answered.load(std::memory_order_relaxed);
      const Instant begin = now();
      change(asked);
      wait(answered, before);
      took += woken - begin;
    }
    return Ran{count, took};
  }
  std::atomic<std::uint32_t> asked{0};
  std::atomic<std::uint32_t> answered{0};
  std::atomic<bool> ending{false};
  Instant woken{};
  std::thread thread;
};

}  // namespace

void add_wake_rows(Rows& rows) {
  rows["wake"] = row_of<WakeRig>([](WakeRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["wake.limit"] = row_of<FutexRig>([](FutexRig& rig, std::uint64_t n) { return rig.run(n); });
}

}  // namespace airssys::bench
