// A component and its manifest as files of the user, for commands that need no engine.
#pragma once
#include <filesystem>
#include <string>

#include "airssys/base/bytes.h"
#include "airssys/wasm/component/manifest.h"
#include "key_options.h"

namespace airssys::cli {

struct ManifestFile {
  std::filesystem::path file;
  std::string text;
  wasm::Manifest manifest;
};
// `--manifest`, otherwise Component.toml (or component.toml) of the folder.
[[nodiscard]] Result<ManifestFile> read_manifest_file(const ProjectOptions& options);

// `--wasm`, otherwise where the manifest says.
[[nodiscard]] std::filesystem::path component_path(const ProjectOptions& options, const ManifestFile& manifest);

inline constexpr std::uint64_t max_component_bytes = std::uint64_t{64} << 20;  // X.25
[[nodiscard]] Result<Bytes> read_component(const std::filesystem::path& file);

}  // namespace airssys::cli
