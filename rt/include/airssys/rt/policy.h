// Supervision policies (R0.8, R3.6): values, decided by who spawns.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "airssys/base/time.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

// Which children are restarted when one has failed, that is: has ended although its RestartPolicy wants it back. Older
// children were spawned earlier.
enum class Strategy : std::uint8_t {
  one_for_one,   // that one
  one_for_all,   // all of them
  rest_for_one,  // that one and the younger ones
};

// What follows when failures exceed the restart intensity, or a child answers its failure with ErrorAction::escalate.
enum class Exhausted : std::uint8_t {
  // The supervisor fails in its turn: it stops all its children, and its own supervisor decides. The root has none and
  // gives up.
  escalate,
  // The child ends for good; with a group strategy, so do those that would have been restarted with it. The others go on.
  give_up,
};

enum class RestartPolicy : std::uint8_t {
  permanent,  // after every end, also Context::stop()
  transient,  // after error, timeout, and a stop that had to be forced
  temporary,  // never, also not with its siblings or its supervisor: it then ends
};

// What the end from outside looks like. The mailbox closes at once in each case.
struct ShutdownPolicy {
  enum class Kind : std::uint8_t { graceful, immediate, infinity };
  Kind kind = Kind::graceful;
  Duration grace = std::chrono::seconds(30);

  // Messages already accepted are handled, then Child::stop, all within `d`; past it the object is destroyed and what is
  // left becomes dead letters. A parked one may finish its message in that time. A turn that is running cannot be taken from
  // its worker: the end waits for it to return. Who has accepted messages and has not started yet starts first, within its
  // start timeout, and `d` counts from then; without messages it ends at once. Who waits for its restart, or crashes on the
  // way, does not come back: what is left becomes dead letters.
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

// How a started child is asked for its health (R0.13, R3.8): Child::ask_health, between two messages. An actor that is no
// Child has only to be there in time.
//
// A check fails when the answer is Failed, when asking throws, and when the answer is there later than `timeout` after the
// check was due, because a handler or the workers were busy: a turn that is running is not interrupted, and each check
// that it made impossible counts once it has returned. A parked actor is alive: its checks are left out, but for one that
// parked in a check: then they have failed. Healthy resets the count, Degraded is only reported. At `failures` failed checks
// in a row the object has crashed (on_error is not asked), and its RestartPolicy decides. The first check comes after a part
// of the interval drawn by chance, so that the checks of many are spread.
struct HealthPolicy {
  Duration interval = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(5);  // 0 < timeout < interval
  std::uint32_t failures = 3;                  // >= 1

  static constexpr HealthPolicy critical() noexcept { return {std::chrono::seconds(10), std::chrono::seconds(2), 2}; }
  static constexpr HealthPolicy batch() noexcept { return {std::chrono::seconds(300), std::chrono::seconds(30), 5}; }
};

// How one actor is spawned. What is not said is the supervisor's, and then the system's.
struct SpawnOptions {
  // Unique among the living; an empty one is no name. At most 256 bytes.
  std::string name = {};
  // Messages waiting at most, >= 1; 0: the system's.
  std::uint32_t mailbox_capacity = 0;
  // What happens to one more; unset: the system's.
  std::optional<Overload> overload = std::nullopt;
  // Of an actor that was spawned with a factory; one that was spawned as an object is always temporary.
  RestartPolicy restart = RestartPolicy::permanent;
  std::optional<ShutdownPolicy> shutdown = std::nullopt;
  // Of this child alone; not looked at when its supervisor has a group strategy, which counts for all its children.
  std::optional<RestartIntensity> intensity = std::nullopt;
  std::optional<Backoff> backoff = std::nullopt;
  // Unset: not checked.
  std::optional<HealthPolicy> health = std::nullopt;
  // From the factory's call until pre_start has succeeded. 0: the system's.
  Duration start_timeout = Duration::zero();
  // Called once, on a worker, when the first start has succeeded or failed (also when it was stopped before). From an
  // actor: let it send a message to itself, or wake a waker.
  std::function<void(const Result<>&)> on_started = nullptr;
};

// `intensity` and `backoff`: one for one, the defaults of each child, which counts its own failures; with a group strategy,
// of the supervisor, which counts those of all its children. `shutdown`: the children's default.
struct SupervisorOptions {
  std::string name = {};
  Strategy strategy = Strategy::one_for_one;
  ShutdownPolicy shutdown = {};
  RestartIntensity intensity = {};
  Backoff backoff = {};
  Exhausted exhausted = Exhausted::escalate;
};

}  // namespace airssys::rt
