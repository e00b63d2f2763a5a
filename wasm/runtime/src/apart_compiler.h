// Compiling in a process of its own. A compiler is large, and its input may come from anybody: what it takes of time and memory
// cannot be bounded from inside, and what breaks it would break the host (R1.11). So each component is compiled by the program
// airssys-compile, under limits of the kernel, and only the artifact comes back. It costs some milliseconds, once for each
// component and engine: the cache keeps the result. Why: docs/adr/0012-components-are-compiled-apart.md.
//
// Threads: any. Blocks the caller until the program has ended, which it does within its limits.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/bridge/bridge.h"

namespace airssys::wasm {

struct CompileLimits {
  std::uint64_t memory_bytes;  // address space of the compiling process
  Duration cpu_time;           // whole seconds; on the clock it may take five times that, for a busy machine
};

class ApartCompiler {
 public:
  // `program`: airssys-compile.
  ApartCompiler(std::filesystem::path program, const CompileLimits& limits);

  // The artifact. Refused by the compiler: invalid_component. Beyond a limit, or the compiler broke down: resource_limit_exceeded
  // and what to do. The program is not there or does not fit this host: unavailable.
  [[nodiscard]] Result<std::vector<std::byte>> compile(const aw_engine_config& config, std::span<const std::byte> wasm) const;

  // Beside the running program.
  [[nodiscard]] static std::filesystem::path default_program();

 private:
  std::filesystem::path program_;
  CompileLimits limits_;
};

}  // namespace airssys::wasm
