// What observers of the runtime may see. Nothing here is on the path of a message that is delivered.
#pragma once
#include <cstdint>
#include <string_view>

#include "airssys/base/time.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

struct SupervisionEvent {
  enum class Kind : std::uint8_t {
    started,       // pre_start succeeded, for the first time or again
    start_failed,  // the first start failed; it is gone
    crashed,       // the object is destroyed; `error`
    restarting,    // after `delay`, 0 when at once
    gave_up,       // its restart intensity is exhausted, or it escalated; it is gone
    stopped,       // ended in order
    killed,        // ended by force
  };
  Kind kind;
  ActorId actor;
  std::string_view name;            // empty when it has none; valid during the call
  std::string_view supervisor;      // name of its supervisor
  const Error* error = nullptr;     // crashed, start_failed, gave_up, and killed if one is known
  std::uint32_t restarts = 0;       // of this actor so far
  Duration delay{};                 // restarting
};
[[nodiscard]] std::string_view event_name(SupervisionEvent::Kind kind) noexcept;

// A message that was not delivered although its sender had an address (R0.5).
struct DeadLetter {
  enum class Why : std::uint8_t {
    ended,      // the receiver had ended, or was ending, when it was sent
    discarded,  // accepted, but the receiver ended before it was handled
    expired,    // accepted, but its ttl was over when its turn came
    unresolved,  // sent to a name that nobody living has, or not for such messages; `receiver` is 0
  };
  Why why;
  ActorId receiver;
  std::string_view receiver_name;
  ActorId sender;
};

// Handed to the ActorSystem; outlives it. Called on the thread where it happens, within somebody's turn: be quick, do not
// block, do not throw. Threads: any, several at once; the events of one actor come one after another.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const SupervisionEvent&) noexcept {}
  virtual void on_dead_letter(const DeadLetter&) noexcept {}
};

}  // namespace airssys::rt
