#include "project.h"

#include <fmt/format.h>

#include <system_error>

#include "files.h"

namespace airssys::cli {

namespace fs = std::filesystem;

Result<ManifestFile> read_manifest_file(const ProjectOptions& options) {
  fs::path file = options.manifest;
  if (file.empty()) {
    file = options.folder / wasm::manifest_file_name;
    std::error_code ignored;
    // What is wrong with a folder without a manifest, and the file name of the wrong case, is said in one place.
    if (!fs::is_regular_file(file, ignored)) {
      AIRSSYS_TRY_VOID(wasm::read_manifest(options.folder));
      file = options.folder / "component.toml";
    }
  }
  AIRSSYS_TRY(const Bytes content, read_file(file, wasm::max_manifest_bytes));
  AIRSSYS_TRY(auto manifest, wasm::parse_manifest(content.text(), file.native()));
  return ManifestFile{std::move(file), std::string(content.text()), std::move(manifest)};
}

fs::path component_path(const ProjectOptions& options, const ManifestFile& manifest) {
  return options.wasm.empty() ? manifest.file.parent_path() / manifest.manifest.component_file() : options.wasm;
}

Result<Bytes> read_component(const fs::path& file) {
  auto content = read_file(file, max_component_bytes);
  if (content || content.error().code() != Code::not_found) return content;
  return fail(Code::not_found,
              fmt::format("{}: no such file; build the component first, or say where it is with --wasm", file.string()));
}

}  // namespace airssys::cli
