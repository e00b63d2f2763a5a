// What observers of the runtime may see (R0.14): five families of events, each with a severity. Nothing here is on the path of a
// message that is delivered, and an event that nobody is interested in is not even made. event_log.h keeps them.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "airssys/base/time.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

enum class EventFamily : std::uint8_t { supervision, actor, system, broker, mailbox };
inline constexpr std::size_t event_families = 5;
enum class Severity : std::uint8_t { debug, info, warning, error };
[[nodiscard]] std::string_view family_name(EventFamily family) noexcept;
[[nodiscard]] std::string_view severity_name(Severity severity) noexcept;

// The events that somebody is interested in: of each family those from a severity on, or none.
class EventFilter {
 public:
  // Of every family.
  static constexpr EventFilter from(Severity least) noexcept { return EventFilter(static_cast<std::uint8_t>(least)); }
  static constexpr EventFilter none() noexcept { return EventFilter(off); }
  // The same, except for one family.
  [[nodiscard]] constexpr EventFilter with(EventFamily family, Severity least) const noexcept {
    return changed(family, static_cast<std::uint8_t>(least));
  }
  [[nodiscard]] constexpr EventFilter without(EventFamily family) const noexcept { return changed(family, off); }
  // Whatever one of the two wants.
  [[nodiscard]] constexpr EventFilter joined(const EventFilter& other) const noexcept {
    EventFilter both = *this;
    for (std::size_t n = 0; n < event_families; ++n)
      if (other.least_[n] < both.least_[n]) both.least_[n] = other.least_[n];
    return both;
  }
  [[nodiscard]] constexpr bool wants(EventFamily family, Severity severity) const noexcept {
    return static_cast<std::uint8_t>(severity) >= least_[static_cast<std::size_t>(family)];
  }

 private:
  static constexpr std::uint8_t off = 0xff;
  explicit constexpr EventFilter(std::uint8_t least) noexcept { least_.fill(least); }
  constexpr EventFilter changed(EventFamily family, std::uint8_t least) const noexcept {
    EventFilter filter = *this;
    filter.least_[static_cast<std::size_t>(family)] = least;
    return filter;
  }
  std::array<std::uint8_t, event_families> least_{};
};

struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    started,       // pre_start succeeded, for the first time or again; a supervisor: all its children have
    start_failed,  // the first start failed; it is gone
    crashed,       // the object is destroyed; `error`
    restarting,    // the object is gone, a new one follows after `delay` or when its turn comes; `cause`, `exit`
    gave_up,       // its restart intensity is exhausted, or it escalated; it is gone
    stopped,       // ended in order
    killed,        // ended by force
    escalated,     // a supervisor: it stops its children, then its own supervisor decides; `error`
    unhealthy,     // a check of its health failed; `error`
    degraded,      // it says so itself; `error` says why
    healthy,       // again, after one of the two
  };
  Kind kind;
  ActorId actor;                    // 0: a supervisor
  std::string_view name;            // empty when it has none; valid during the call
  std::string_view supervisor;      // name of its supervisor
  const Error* error = nullptr;     // crashed, start_failed, gave_up, and killed if one is known
  std::uint32_t restarts = 0;       // of this actor or supervisor so far
  Duration delay{};                 // restarting
  RestartCause cause = RestartCause::failure;  // restarting
  ExitKind exit = ExitKind::normal;            // restarting: how the former object ended
};
[[nodiscard]] std::string_view event_name(SupervisionEvent::Kind kind) noexcept;
[[nodiscard]] Severity severity_of(SupervisionEvent::Kind kind) noexcept;

struct ActorEvent {
  enum class Kind : std::uint8_t {
    long_turn,       // warning: has been in one turn for SystemLimits::long_turn and still is; its worker runs nobody else
    long_turn_over,  // info: that turn has ended
  };
  Kind kind;
  ActorId actor;
  std::string_view name;  // empty when it has none, or had already ended
  Duration lasted{};      // as seen from outside: up to half of long_turn more or less
};
[[nodiscard]] std::string_view event_name(ActorEvent::Kind kind) noexcept;
[[nodiscard]] Severity severity_of(ActorEvent::Kind kind) noexcept;

struct SystemEvent {
  enum class Kind : std::uint8_t {
    shutdown_begun,  // info
    unstopped,       // warning: what has not stopped in time is killed
    ended,           // info: no actor is left, and none comes any more
  };
  Kind kind;
  std::uint64_t actors = 0;  // alive
};
[[nodiscard]] std::string_view event_name(SystemEvent::Kind kind) noexcept;
[[nodiscard]] Severity severity_of(SystemEvent::Kind kind) noexcept;

struct BrokerEvent {
  enum class Kind : std::uint8_t {
    subscribed,    // debug
    unsubscribed,  // debug
    removed,       // info: the subscriber has ended
    refused,       // warning: max_subscriptions
  };
  Kind kind;
  ActorId subscriber;
  std::string_view name;     // of the subscriber
  std::string_view pattern;  // empty when it has gone with its actor
};
[[nodiscard]] std::string_view event_name(BrokerEvent::Kind kind) noexcept;
[[nodiscard]] Severity severity_of(BrokerEvent::Kind kind) noexcept;

// A message that was not delivered although its sender had an address (R0.5); the events of the mailbox family.
struct DeadLetter {
  enum class Why : std::uint8_t {
    ended,      // the receiver had ended, or was ending, when it was sent
    discarded,  // accepted, but the receiver ended before it was handled
    expired,    // accepted, but its ttl was over when its turn came
    overflow,   // dropped by a full mailbox, see Overload
    unresolved,  // sent to a name that nobody living has, or not for such messages; `receiver` is 0
  };
  Why why;
  ActorId receiver;
  std::string_view receiver_name;
  ActorId sender;
  const void* message = nullptr;  // there during the call
  const void* type = nullptr;     // the tag of its type

  // The message, if it is one of these; else null.
  template <class M>
  [[nodiscard]] const M* message_as() const noexcept {
    return type == &message_type_tag<M> ? static_cast<const M*>(message) : nullptr;
  }
};
[[nodiscard]] std::string_view event_name(DeadLetter::Why why) noexcept;
[[nodiscard]] Severity severity_of(DeadLetter::Why why) noexcept;

// Handed to the ActorSystem; outlives it. Called on the thread where it happens, within somebody's turn: be quick, do not
// block, do not throw. Threads: any, several at once; the events of one actor come one after another.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Asked once, when the ActorSystem is made: events that it does not want are never made.
  [[nodiscard]] virtual EventFilter interest() const noexcept { return EventFilter::from(Severity::debug); }
  virtual void on_event(const SupervisionEvent&) noexcept {}
  virtual void on_actor_event(const ActorEvent&) noexcept {}
  virtual void on_system_event(const SystemEvent&) noexcept {}
  virtual void on_broker_event(const BrokerEvent&) noexcept {}
  virtual void on_dead_letter(const DeadLetter&) noexcept {}
};

}  // namespace airssys::rt
