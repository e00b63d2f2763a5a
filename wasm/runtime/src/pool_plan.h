// What the pools of an engine take of the kernel, counted before anything is reserved (R1.10).
//
// A process may have vm.max_map_count memory mappings, 65 530 as a rule. Mappings are what runs out first when thousands of
// instances live, and the engine would learn of it as an error without a type in the middle of something else.
#pragma once
#include <cstdint>

#include "airssys/base/result.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"

namespace airssys::wasm {

struct KernelLimits {
  std::uint64_t max_mappings;
  std::uint64_t mappings;  // of this process, now
};

// Of /proc; the kernel's defaults where that cannot be read.
[[nodiscard]] KernelLimits kernel_limits();

struct PoolPlan {
  // Whether memories begin as copy-on-write images: cheaper for components with megabytes of initial data, but four mappings
  // for each instance instead of two. So only where the table is long enough.
  bool copy_on_write;
};

// Exhausted when the mappings do not suffice; the message holds the sysctl that would.
[[nodiscard]] Result<PoolPlan> plan_pools(const WasmtimeConfig& config, const KernelLimits& kernel);

}  // namespace airssys::wasm
