// The words that every part of the runtime uses: ids, how a turn ends, how an actor ends.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/base/strong.h"

namespace airssys::rt {

// Unique within one ActorSystem and never used again; 0 is nobody (a plain thread).
using ActorId = Strong<struct ActorIdTag, std::uint64_t>;

// Which message type an actor takes, as something to compare: one address per type.
template <class M>
inline constexpr char message_type_tag = 0;

// How a hook or a handler ends when it did not fail (R0.12).
enum class Turn : std::uint8_t {
  done,
  // Not finished: the actor takes no message until a Waker taken with Context::waker() is woken. A hook or handler that
  // parks without having taken one could never go on; that counts as a crash.
  parked,
};

enum class ExitKind : std::uint8_t {
  normal,    // it said so itself: Context::stop()
  error,     // returned error, escaped exception, Context::crash()
  killed,    // kill(), ShutdownPolicy::immediate, or a stop that exceeded its grace
  timeout,   // a start that exceeded its start_timeout
  shutdown,  // stopped from outside: stop(), its supervisor, the system's shutdown
};
[[nodiscard]] std::string_view exit_kind_name(ExitKind kind) noexcept;

struct ExitReason {
  ExitKind kind = ExitKind::normal;
  std::optional<Error> error = std::nullopt;  // for `error` and `timeout`
};

// Why an object is replaced.
enum class RestartCause : std::uint8_t {
  failure,     // its own
  sibling,     // a sibling failed, and the strategy takes both
  supervisor,  // its supervisor has failed, or is restarted itself
};
[[nodiscard]] std::string_view cause_name(RestartCause cause) noexcept;

// What a full mailbox does with one message more (R0.4). None of it makes an actor handle messages of one sender and one priority
// in another order than they were sent.
enum class Overload : std::uint8_t {
  error,  // refuses it: the sender gets `exhausted`
  // Takes it, beyond the capacity, and the sending actor handles nothing more, once its handler has returned, until all it has
  // waiting that way are within. 16 at most: then `exhausted`, as for a send to itself. A plain thread waits instead, see
  // Address::send. Actors that fill each other's mailboxes wait for each other; stop and kill still end them.
  block,
  drop_newest,  // drops it
  drop_oldest,  // drops the oldest of the lowest priority that waits, or it, when it is of a lower one
};

// An actor's answer to its own failure.
enum class ErrorAction : std::uint8_t {
  stop,  // this object has crashed; what follows is its supervisor's policy
  resume,  // the message is lost, the object goes on
  restart,  // as stop, but restarted whatever the RestartPolicy, within its intensity
  escalate,  // as stop, but as if its restart intensity were exhausted (SupervisorOptions::exhausted)
};

}  // namespace airssys::rt
