// What a watching actor is told; see Context::watch.
#pragma once
#include "airssys/rt/address.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

// An actor has ended for good: a restart is no end. Nothing of it runs any more, and its name is free.
struct Terminated {
  ActorRef actor;  // with its id and its name
  ExitReason reason;
};

}  // namespace airssys::rt
