// Faults: what may go wrong in a simulated world, by its seed; off unless asked for.
//
// They strike when a message's turn has come: a message was accepted, took its place in the mailbox, and is lost, or late, on
// the last step. Messages of one sender to one receiver keep their order, however late they are: what follows a late one waits
// for it. Everything is counted (FaultCounts), so that books balance: what was accepted is handled, dropped by a fault, a
// dead letter, or still held. A late message that finds its actor ended is a dead letter (discarded); one whose actor is
// stopping is not waited for.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "airssys/base/time.h"
#include "airssys/rt/interceptor.h"

namespace airssys::rt::testing {

// Chances of 1000 each.
struct Faults {
  std::uint32_t drop = 0;     // of a message: it is lost
  std::uint32_t delay = 0;    // of a message: it comes up to `delay_max` of virtual time later
  Duration delay_max = std::chrono::milliseconds(10);
  std::uint32_t reorder = 0;  // of a message: those of other senders may overtake it; costs no time
  std::uint32_t crash = 0;    // of a turn with messages: the actor crashes after the first
};

struct FaultCounts {
  std::uint64_t dropped = 0;
  std::uint64_t delayed = 0;    // also those that waited for one
  std::uint64_t reordered = 0;
  std::uint64_t crashes = 0;
  std::uint64_t held = 0;       // late and not handled yet
};

class SimExecutor;

// The faults of one SimExecutor, which owns it; see SimExecutor::inject.
class FaultInjector final : public Interceptor {
 public:
  static constexpr std::uint64_t held_max = 100'000;  // beyond it nothing is late that need not be

  explicit FaultInjector(SimExecutor& executor) noexcept : executor_(executor) {}
  FaultInjector(const FaultInjector&) = delete;
  FaultInjector& operator=(const FaultInjector&) = delete;
  ~FaultInjector() { closing_ = true; }

  void inject(const Faults& faults) noexcept { faults_ = faults; }
  [[nodiscard]] const FaultCounts& counts() const noexcept { return counts_; }
  // Gives the oldest late message of somebody, chosen by `chance`, back to its actor. Not when none waits for that.
  void give_back(std::uint64_t chance);
  // Late messages that any turn may bring.
  [[nodiscard]] std::size_t waiting() const noexcept { return loose_.size(); }

  Fate fate(const Message& message) noexcept override;
  void hold(const Message& message, std::function<void()> give_back) override;
  void over(const Message& message) noexcept override;
  bool crashes(ActorId actor) noexcept override;

 private:
  using Pair = std::pair<std::uint64_t, std::uint64_t>;  // sender, receiver
  struct Line {
    std::deque<std::function<void()>> late;  // oldest first
    std::uint64_t open = 0;                  // late, or given back and not handled
    Instant due = Instant::min();            // of the latest of them
  };
  bool chance(std::uint32_t of_1000) noexcept;
  void note(const char* what, const Message& message) const;
  void give_back_oldest(const Pair& pair);

  SimExecutor& executor_;
  bool closing_ = false;
  Faults faults_;
  FaultCounts counts_;
  std::map<Pair, Line> lines_;  // those with messages that are late
  std::deque<Pair> loose_;      // one for each message that any step may give back
};

}  // namespace airssys::rt::testing
