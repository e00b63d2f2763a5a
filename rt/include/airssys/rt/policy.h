// Supervision policies (R0.8, R3.6): values, decided by who spawns.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "airssys/base/time.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

enum class RestartPolicy : std::uint8_t {
  permanent,  // after every end, also Context::stop()
  transient,  // after error and timeout
  temporary,  // never
};

// What the end from outside looks like. The mailbox closes at once in each case.
struct ShutdownPolicy {
  enum class Kind : std::uint8_t { graceful, immediate, infinity };
  Kind kind = Kind::graceful;
  Duration grace = std::chrono::seconds(30);

  // Messages already accepted are handled, then Child::stop, all within `d`; past it the object is destroyed and what is
  // left becomes dead letters. A turn that is running cannot be taken from its worker: the end waits for it to return.
  static constexpr ShutdownPolicy graceful(Duration d) noexcept { return {Kind::graceful, d}; }
  // The object is destroyed before its next message, without Child::stop.
  static constexpr ShutdownPolicy immediate() noexcept { return {Kind::immediate, Duration::zero()}; }
  // As graceful, without a bound of its own; the system's shutdown still has one.
  static constexpr ShutdownPolicy infinity() noexcept { return {Kind::infinity, Duration::max()}; }
};

// At most `max_restarts` restarts within any `window`; the next failure is the last. 0: never restarted. At most 1000.
struct RestartIntensity {
  std::uint32_t max_restarts = 3;
  Duration window = std::chrono::seconds(60);
};

// Waiting time before a restart, by the number of restarts within the intensity's window: none before the first, `base`
// before the second, then twice as long each time, up to `cap`. Meanwhile the mailbox keeps filling.
struct Backoff {
  Duration base = std::chrono::milliseconds(100);
  Duration cap = std::chrono::seconds(30);
  [[nodiscard]] Duration before_restart(std::uint32_t restarts_in_window) const noexcept;
};

// How one actor is spawned. What is not said is the supervisor's, and then the system's.
struct SpawnOptions {
  // Unique among the living; an empty one is no name. At most 256 bytes.
  std::string name = {};
  // Messages waiting at most, >= 1; 0: the system's.
  std::uint32_t mailbox_capacity = 0;
  // Of an actor that was spawned with a factory; one that was spawned as an object is always temporary.
  RestartPolicy restart = RestartPolicy::permanent;
  std::optional<ShutdownPolicy> shutdown = std::nullopt;
  std::optional<RestartIntensity> intensity = std::nullopt;
  std::optional<Backoff> backoff = std::nullopt;
  // From the factory's call until pre_start has succeeded. 0: the system's.
  Duration start_timeout = Duration::zero();
  // Called once, on a worker, when the first start has succeeded or failed (also when it was stopped before). From an
  // actor: let it send a message to itself, or wake a waker.
  std::function<void(const Result<>&)> on_started = nullptr;
};

struct SupervisorOptions {
  std::string name = {};
  ShutdownPolicy shutdown = {};
  RestartIntensity intensity = {};
  Backoff backoff = {};
};

}  // namespace airssys::rt
