// Watchdog: notices turns that last too long and says whose they are (R0.14).
//
// No turn reads a clock for it. A thread of its own looks at the workers four times per limit: a worker that is in the same turn
// of the same actor as it was a whole limit ago is in a long one.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/events.h"
#include "airssys/rt/executor.h"

namespace airssys::rt {

class SystemCore;

// What successive looks say, as a pure function of them.
class LongTurns {
 public:
  struct Report {
    ActorEvent::Kind kind;
    ActorId actor;
    Duration lasted;  // since it was first seen
  };
  LongTurns(Duration limit, const void* system) noexcept : limit_(limit), system_(system) {}
  // One sample per worker, always in the same order; none: every turn is over. Each long turn is reported once, and once
  // more when it is over.
  std::vector<Report> look(Instant now, std::span<const TurnSample> samples);

 private:
  struct Seen {
    TurnSample sample;
    Instant since{};
    bool reported = false;
  };
  const Duration limit_;
  const void* const system_;  // whose actors count
  std::vector<Seen> seen_;
};

// Looks until it is destroyed; then it says of every long turn that it is over.
class Watchdog {
 public:
  // Null when nobody wants to know, the limit is 0, or the executor has no threads.
  static std::unique_ptr<Watchdog> start(SystemCore& core);
  explicit Watchdog(SystemCore& core);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void look(std::span<const TurnSample> samples);

  SystemCore& core_;
  LongTurns turns_;
  std::vector<TurnSample> samples_;
  std::vector<std::pair<ActorId, std::string>> names_;  // of those in a long turn
  std::unique_ptr<Thread> ticker_;
};

}  // namespace airssys::rt
