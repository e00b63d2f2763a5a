// What the soak program counts, on all threads, and what must be equal whenever the world is quiet.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "airssys/base/metric.h"
#include "airssys/rt/events.h"
#include "airssys/rt/executor.h"
#include "airssys/rt/system.h"

namespace airssys::rt::soak {

// Something that is under way outside of the mailboxes; can be waited for.
class UnderWay {
 public:
  explicit UnderWay(Executor& executor) noexcept : executor_(executor) {}
  void begin() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void end() noexcept {
    Executor& executor = executor_;
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) executor.notify(count_);
  }
  // On a plain thread. False: not by `deadline`.
  bool wait(Instant deadline) noexcept {
    for (std::uint32_t now = 0; (now = count_.load(std::memory_order_acquire)) != 0;)
      if (!executor_.wait(count_, now, deadline)) return false;
    return true;
  }
  [[nodiscard]] std::uint32_t value() const noexcept { return count_.load(std::memory_order_acquire); }

 private:
  Executor& executor_;
  std::atomic<std::uint32_t> count_{0};
};

struct Books final : EventSink {
  explicit Books(Executor& executor) noexcept : timers(executor), asks(executor) {}

  Counter sends;      // that were tried, also by a publish or an ask
  Counter handled;    // also what crashed its actor
  Counter crashes;    // that on_error was asked about, also for the end of who was linked
  Counter vain;       // sends of plain threads that waited for room until their ttl was over
  Counter ticks;      // of periodic timers
  Counter watched;
  Counter told;       // by on_terminated; never more
  Counter parked;
  Counter resumed;
  Counter published;
  Counter spawned;
  Counter stops;
  // Asks of actors: each goes on once, or is destroyed with its asker.
  Counter asked;
  Counter answers;    // values and errors
  Counter timeouts;
  Counter given_up;   // unavailable
  Counter forgotten;  // with its asker
  // Asks of plain threads.
  Counter futures;
  Counter future_outcomes;

  Counter letters_ended;
  Counter letters_discarded;
  Counter letters_other;  // dropped and expired
  UnderWay timers;  // that send or wake
  UnderWay asks;

  void on_dead_letter(const DeadLetter& letter) noexcept override {
    if (letter.why == DeadLetter::Why::ended) letters_ended.add();
    if (letter.why == DeadLetter::Why::discarded) letters_discarded.add();
    if (letter.why == DeadLetter::Why::overflow || letter.why == DeadLetter::Why::expired) letters_other.add();
  }
  // What does not balance; only while the world is quiet.
  [[nodiscard]] std::vector<std::string> wrong(const SystemStats& stats, std::uint64_t living) const;
};

}  // namespace airssys::rt::soak
