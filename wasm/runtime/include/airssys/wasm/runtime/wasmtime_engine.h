// The Engine over Wasmtime, through the bridge (R1.1). One per process; it owns the epoch ticker that ends calls past
// their deadline, and uses a CompileCache when it is given one.
//
// Instances live in two pools (R1.10), one for each EngineClass; the compact one is reserved with its first component. What
// both take of the kernel's table of memory mappings (sysctl vm.max_map_count) is counted at the start; a table that is too
// short is refused with the value to set.
// The rest of the process can still fill the table: making an instance is `exhausted` then, and a guest's memory.grow is
// refused.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/engine.h"

namespace airssys::wasm {

struct WasmtimeConfig {
  // Live instances of the standard class at once. Each takes 4 GiB of address space (not memory), and two mappings. 32 000 fit
  // the address space and the kernel's usual 65 530 mappings, in a program linked with -no-pie.
  std::uint32_t max_instances = 1000;
  // Of these, components that wait (they run on fibers): two more mappings each, whether in use or not.
  std::uint32_t max_fibers = 250;
  // The largest `max_memory` a component may ask for (X.25 max_memory_ceiling).
  std::uint64_t max_memory_bytes = std::uint64_t{512} << 20;
  // The same of the compact class; 0: there is none, and all components are of the standard class. The slot is the largest
  // memory of an instance. Instances that fill it share one mapping; smaller ones take two each.
  std::uint32_t max_compact_instances = 1000;
  std::uint32_t max_compact_fibers = 250;
  std::uint64_t compact_slot_bytes = 512 << 10;
  // Of what a guest wrote, so much is kept and zeroed when its instance ends, instead of given back page by page: 128 KiB halves
  // the cost of a new instance. Less in a pool of more than 2000, so that all ended ones together keep at most 256 MiB. Kernels
  // older than 6.7 cannot tell what was written: there the whole of it is zeroed.
  std::uint64_t keep_resident_bytes = 128 << 10;
  // Of guest frames, for all components: `max_stack` of a manifest may not exceed it.
  std::uint64_t max_wasm_stack_bytes = 512 << 10;
  // A call ends at its timeout plus at most two ticks (R1.4).
  Duration epoch_tick = std::chrono::milliseconds(10);
  // Whether the host synchronises each write of `storage` with the disk: then these suspend the guest, and a component that
  // imports one of them waits (ComponentDescription::waits), which takes one of max_fibers. Otherwise StorageResult::pending
  // comes of clear() only (CompileOptions::clears_storage). A call that is cancelled meanwhile gives the wait up; the write may
  // take effect all the same.
  bool synced_storage = false;
  // Where compiled code is kept; none: compiled anew in each process.
  std::optional<std::filesystem::path> cache_directory = std::nullopt;
  // Told of compiled code that is not what this host wrote; outlives the engine. Null: the log alone is.
  AuditSink* audit = nullptr;
  // Loaded components kept at hand for whoever loads the same again; the one unused for longest goes first.
  std::size_t max_cached_modules = 100;
  // A component is compiled by a process of its own, so that a hostile one cannot exhaust this one (R1.11). A larger file is
  // refused unread; memory and processor time of that process are bounded by the kernel. An interpreter as a component takes
  // ten seconds and a gigabyte.
  std::uint64_t max_component_bytes = std::uint64_t{64} << 20;
  std::uint64_t max_compile_memory = std::uint64_t{2} << 30;
  Duration max_compile_time = std::chrono::seconds(60);
  // The program airssys-compile; none: the one beside the running program.
  std::optional<std::filesystem::path> compiler = std::nullopt;
};

// Fails when the kernel refuses the pool, saying what to change. `platform` and `log` outlive the engine, the engine its
// instances.
[[nodiscard]] Result<std::unique_ptr<Engine>> wasmtime_engine(const WasmtimeConfig& config, Platform& platform, LogSink& log);

}  // namespace airssys::wasm
