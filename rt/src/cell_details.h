// The part of a cell that most actors do not have.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "airssys/rt/cell.h"
#include "airssys/rt/periodic.h"
#include "asks.h"
#include "watches.h"

namespace airssys::rt {

inline Instant later(Instant from, Duration by) noexcept { return by > Instant::max() - from ? Instant::max() : from + by; }

// What an object of the actor has elsewhere and what ends with it.
struct Cell::Ties {
  std::vector<Ref<PeriodicTimer>> timers;
  std::unordered_map<const Cell*, Ref<Watch>> watches;  // by whom it watches
};

struct Cell::Details {
  std::string name;         // as long as the cell; the rest until its end
  ErasedFactory factory;    // none: the object is the only one
  RestartPolicy restart = RestartPolicy::temporary;
  std::optional<ShutdownPolicy> shutdown;
  RestartIntensity intensity;
  Backoff backoff;
  Duration start_timeout{};  // 0: the system's
  std::function<void(const Result<>&)> on_started;
  struct HealthLoop {
    HealthPolicy policy;
    Ref<TimerTask> timer;          // none while a check is being made
    Instant due{};                 // of the next check
    Instant asked{};               // of the one that is being made: when it was due
    std::uint32_t failures = 0;    // in a row
    bool is_bad = false;           // the latest answer was not Healthy
  };
  std::unique_ptr<HealthLoop> health;

  std::atomic<std::uint32_t> restarts{0};
  std::vector<Instant> history;  // restarts within the window, at most intensity.max_restarts
  ExitReason exit;               // while stopping, and after the end
  Instant due{};                 // of the timer
  Ref<TimerTask> timer;
  std::unique_ptr<Asks> asks;
  std::unique_ptr<Ties> ties;
  std::atomic<std::uint32_t> held_messages{0};  // its own, that wait for a place in other mailboxes
  Notice* notices = nullptr;     // taken over in their order, not yet delivered
};

}  // namespace airssys::rt
