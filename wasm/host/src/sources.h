// Reading components from disk: bounded, and with errors that name the file and the way out.
#pragma once
#include <filesystem>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {

struct ComponentSource {
  Manifest manifest;
  std::filesystem::path wasm_file;
  Bytes wasm;
};

// Larger than `max_bytes`: too_large, without reading it.
[[nodiscard]] Result<Bytes> read_wasm(const std::filesystem::path& file, std::uint64_t max_bytes);
// A folder with a Component.toml and the file that its `[build] output` names.
[[nodiscard]] Result<ComponentSource> read_component(const std::filesystem::path& folder, std::uint64_t max_bytes);

// What the manifest says about the code that it comes with.
[[nodiscard]] CompileOptions compile_options(const Manifest& manifest) noexcept;

}  // namespace airssys::wasm
