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
// From asleep to asleep for good: no worker looks around any more, on either side.
constexpr Duration rest = std::chrono::microseconds(200);

void spin_until(const auto& condition) {
  while (!condition()) __builtin_ia32_pause();
}
void spin_for(Duration time) {
  const auto end = std::chrono::steady_clock::now() + time;
  spin_until([&] { return std::chrono::steady_clock::now() >= end; });
}

class Awake final : public rt::Actor<Message> {
 public:
  explicit Awake(std::atomic<std::uint64_t>& handled) : handled_(handled) {}
  Result<Turn> handle(Message message, Context&) override {
    handled_.store(message.a, std::memory_order_release);
    return Turn::done;
  }

 private:
  std::atomic<std::uint64_t>& handled_;
};

struct WakeRig {
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, wakes_min);
    Duration took{};
    for (std::uint64_t i = 1; i <= count; ++i) {
      machine.wait_idle();
      spin_for(rest);
      const auto begin = std::chrono::steady_clock::now();
      AIRSSYS_TRY_VOID(actor.send({sent + i, 0}));
      spin_until([&] { return handled.load(std::memory_order_acquire) == sent + i; });
      took += std::chrono::steady_clock::now() - begin;
    }
    sent += count;
    return Ran{count, took};
  }
  std::atomic<std::uint64_t> handled{0};
  std::uint64_t sent = 0;
  Machine machine;
  rt::Address<Message> actor = machine.spawn(std::make_unique<Awake>(handled));
};

// The same with nothing but a thread that waits for a word to change.
struct FutexRig {
  FutexRig() : thread([this] { sleep(); }) {}
  ~FutexRig() {
    ending.store(true, std::memory_order_release);
    wake(word.load(std::memory_order_relaxed) + 1);
    thread.join();
  }
  void sleep() {
    for (std::uint32_t seen = 0; !ending.load(std::memory_order_acquire);) {
      asleep.store(true, std::memory_order_release);
      syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
      const std::uint32_t now = word.load(std::memory_order_acquire);
      if (now == seen) continue;
      asleep.store(false, std::memory_order_relaxed);
      handled.store(seen = now, std::memory_order_release);
    }
  }
  void wake(std::uint32_t next) {
    word.store(next, std::memory_order_release);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, wakes_min);
    Duration took{};
    for (std::uint64_t i = 0; i < count; ++i) {
      spin_until([&] { return asleep.load(std::memory_order_acquire); });
      spin_for(rest);
      const std::uint32_t next = word.load(std::memory_order_relaxed) + 1;
      const auto begin = std::chrono::steady_clock::now();
      wake(next);
      spin_until([&] { return handled.load(std::memory_order_acquire) == next; });
      took += std::chrono::steady_clock::now() - begin;
    }
    return Ran{count, took};
  }
  std::atomic<std::uint32_t> word{0};
  std::atomic<std::uint32_t> handled{0};
  std::atomic<bool> asleep{false};
  std::atomic<bool> ending{false};
  std::thread thread;
};

}  // namespace

void add_wake_rows(Rows& rows) {
  rows["wake"] = row_of<WakeRig>([](WakeRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["wake.limit"] = row_of<FutexRig>([](FutexRig& rig, std::uint64_t n) { return rig.run(n); });
}

}  // namespace airssys::bench
