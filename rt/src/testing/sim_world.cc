#include "airssys/rt/testing/sim_world.h"

#include <fmt/format.h>

namespace airssys::rt::testing {

std::string SimWorld::about() const {
  return fmt::format("seed {}, after {} steps, at {} ns: AIRSSYS_SEED={} runs it alone, AIRSSYS_TRACE=FILE writes what it does",
                     platform.seed(), executor.steps(), platform.now().time_since_epoch().count(), platform.seed());
}

}  // namespace airssys::rt::testing
