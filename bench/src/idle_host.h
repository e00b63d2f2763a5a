// The host of guests that call nothing of it.
#pragma once
#include "airssys/wasm/core/testing/idle_functions.h"

namespace airssys::bench {

class IdleHost final : wasm::testing::IdleMessaging,
                       wasm::testing::IdleStorage,
                       wasm::testing::IdleServices,
                       wasm::testing::IdleWaiting,
                       wasm::testing::IdleCapabilities {
 public:
  const wasm::HostFunctions functions{
      .messaging = *this, .storage = *this, .services = *this, .waiting = *this, .capabilities = *this};
};

}  // namespace airssys::bench
