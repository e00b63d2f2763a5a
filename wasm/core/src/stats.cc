#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

std::string_view actor_state_name(ActorState state) noexcept {
  switch (state) {
    case ActorState::creating: return "creating";
    case ActorState::starting: return "starting";
    case ActorState::ready: return "ready";
    case ActorState::processing: return "processing";
    case ActorState::suspended: return "suspended";
    case ActorState::stopping: return "stopping";
    case ActorState::terminated: return "terminated";
    case ActorState::failed: return "failed";
  }
  return "unknown";
}

}  // namespace airssys::wasm
