// For calls that never are pending: nobody keeps it, nobody wakes it.
#pragma once
#include "airssys/wasm/core/host_functions.h"

namespace airssys::wasm {

class NeverWoken final : public WakeTarget {
 public:
  void retain() noexcept override {}
  void release() noexcept override {}
  void wake() noexcept override {}
};
inline constinit NeverWoken never_woken;

}  // namespace airssys::wasm
