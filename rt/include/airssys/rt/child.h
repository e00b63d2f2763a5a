// Child: what a supervisor starts, stops and asks for its health (R0.2, R3.1). Independent of Actor: an actor object may
// be one as well (Actor::as_child), and a Child may be supervised without being an actor (Supervisor::spawn_child).
//
// The order of calls on one object, never two at once:
//   the factory made it -> Child::start -> Actor::pre_start -> messages -> (stop) Child::stop -> Actor::post_stop -> destroyed
// start and stop may park; a hook that parked is *called again* when woken, until it does not park.
#pragma once
#include <optional>
#include <string>
#include <variant>

#include "airssys/rt/types.h"

namespace airssys::rt {

class Context;

struct Healthy {};
struct Degraded {
  std::string reason;
};
struct Failed {
  std::string reason;
};
using Health = std::variant<Healthy, Degraded, Failed>;

class Child {
 public:
  virtual ~Child() = default;
  // Acquires what the child needs. With Actor::pre_start it is bounded by SpawnOptions::start_timeout. When it fails nothing
  // else is called and the object is destroyed.
  virtual Result<Turn> start(Context& context) = 0;
  // Gives it back, before the end or before a new object takes over (with its siblings, say: `reason` is then shutdown).
  // Bounded by the grace of the ShutdownPolicy: past it the object is destroyed and reported as killed. Not called for a
  // child that crashed, was killed, or whose start failed: its destructor must do.
  virtual Result<Turn> stop(Context& context, const ExitReason& reason) = 0;
  // Quick. Asked between two messages.
  virtual Health health_check() = 0;
  // The same for a child whose answer takes time: it may park, is then called again when woken, and takes no message meanwhile.
  // An `answer` that it gives when it parks counts at once, and another one follows. A failure is a check that failed, and
  // Context::crash its crash.
  virtual Result<Turn> ask_health(Context&, std::optional<Health>& answer) {
    answer = health_check();
    return Turn::done;
  }
};

}  // namespace airssys::rt
