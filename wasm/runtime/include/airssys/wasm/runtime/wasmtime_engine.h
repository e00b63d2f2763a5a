// The Engine over Wasmtime, through the bridge (R1.1). One per process; it owns the epoch ticker that ends calls past
// their deadline, and uses a CompileCache when it is given one.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

struct WasmtimeConfig {
  // Live instances at once. Each reserves 4 GiB of address space (not memory) for every linear memory it may have.
  std::uint32_t max_instances = 1000;
  // Of these, components that wait (they run on fibers).
  std::uint32_t max_fibers = 250;
  // The largest `max_memory` a component may ask for (X.25 max_memory_ceiling).
  std::uint64_t max_memory_bytes = std::uint64_t{512} << 20;
  // Kept and zeroed when an instance ends, instead of given back page by page: 128 KiB halves the cost of a new instance.
  std::uint64_t keep_resident_bytes = 128 << 10;
  // Of guest frames, for all components: `max_stack` of a manifest may not exceed it.
  std::uint64_t max_wasm_stack_bytes = 512 << 10;
  // A call ends at its timeout plus at most two ticks (R1.4).
  Duration epoch_tick = std::chrono::milliseconds(10);
  // Where compiled code is kept; none: compiled anew in each process.
  std::optional<std::filesystem::path> cache_directory = std::nullopt;
};

// Fails when the kernel refuses the pool, saying what to change. `platform` and `log` outlive the engine, the engine its
// instances.
[[nodiscard]] Result<std::unique_ptr<Engine>> wasmtime_engine(const WasmtimeConfig& config, Platform& platform, LogSink& log);

}  // namespace airssys::wasm
