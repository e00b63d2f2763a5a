// `airssys:core/waiting` for one component: a sleep suspends the guest, not a worker. Bounded by the call's timeout, which
// the component's actor enforces.
#pragma once
#include "airssys/rt/executor.h"
#include "airssys/wasm/core/host_functions.h"

namespace airssys::wasm {

class GuestWaiting final : public WaitingFunctions {
 public:
  // `executor` outlives this and every operation of it.
  explicit GuestWaiting(rt::Executor& executor) noexcept : executor_(executor) {}
  std::unique_ptr<PendingOperation> sleep(Duration duration) noexcept override;

 private:
  rt::Executor& executor_;
};

}  // namespace airssys::wasm
