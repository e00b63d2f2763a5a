// What makes a component wait. Only in world `waiting-component`, whose components run on a fiber: include it on purpose.
#pragma once
#include <cstdint>

#include "airssys/sdk/detail/bindings.h"
#ifndef AIRSSYS_WORLD_WAITS
#error "this component cannot wait: give airssys_add_component() WORLD waiting-component"
#endif

namespace airssys {

// Suspends this component; other components go on. Counts against max_execution_time_ms of the manifest.
inline void sleep_ms(std::uint64_t duration) { airssys_core_waiting_sleep_ms(duration); }

}  // namespace airssys
