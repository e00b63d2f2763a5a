// Actor: an object that handles messages of one type, one at a time (R0.1).
//
// The runtime owns it and calls it from whichever worker has its turn, never from two at once and never re-entrantly, so it
// needs no locks. Order of calls: see child.h. Whatever it throws is caught, becomes an Error and counts as a crash.
#pragma once
#include "airssys/rt/child.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

struct Terminated;  // watch.h

// The hooks that do not depend on the message type.
class ActorBase {
 public:
  virtual ~ActorBase() = default;
  // Before the first message. May park: called again when woken. A failure reaches the spawner (SpawnOptions::on_started), or at
  // a restart the supervisor.
  virtual Result<Turn> pre_start(Context&) { return Turn::done; }
  // Goes on with the message whose handler parked, after a wake. May park again.
  virtual Result<Turn> resume(Context&) { return Turn::done; }
  // The last call, also after a crash, if and only if pre_start had succeeded. Never parks.
  virtual void post_stop(Context&, const ExitReason&) {}
  // handle or resume failed, or Context::crash was called.
  virtual ErrorAction on_error(const Error&) { return ErrorAction::stop; }
  // An actor that this object watches has ended for good (Context::watch); as a handler.
  virtual Result<Turn> on_terminated(Context&, const Terminated&) { return Turn::done; }
  // This object's Child half; null when it has none.
  virtual Child* as_child() noexcept { return nullptr; }
};

// M: movable, destructible without throwing, alignment at most 16.
template <class M>
class Actor : public ActorBase {
 public:
  using Message = M;
  virtual Result<Turn> handle(M message, Context& context) = 0;
};

}  // namespace airssys::rt
