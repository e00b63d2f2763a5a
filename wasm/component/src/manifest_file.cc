#include <fmt/format.h>

#include <optional>
#include <system_error>

#include "airssys/wasm/component/manifest.h"
#include "bounded_file.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lower_case_name = "component.toml";

}  // namespace

Result<Manifest> read_manifest(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return fail(Code::not_found,
                fmt::format("{}: there is no such folder; name the folder that holds {}", show(folder), manifest_file_name));
  fs::path file = folder / manifest_file_name;
  std::optional<std::string> warning;
  if (!fs::exists(fs::symlink_status(file, error))) {
    const fs::path other = folder / lower_case_name;
    if (!fs::exists(fs::symlink_status(other, error)))
      return fail(Code::not_found,
                  fmt::format("{}: there is no manifest; create this file, with [package] and [resources]", show(file)));
    warning = fmt::format("{}:1:1: the file's name should be {}; rename it", show(other), manifest_file_name);
    file = other;
  }
  AIRSSYS_TRY(const std::string text, read_bounded(file, max_manifest_bytes));
  AIRSSYS_TRY(Manifest manifest, parse_manifest(text, file.native()));
  if (warning) manifest.warnings.insert(manifest.warnings.begin(), std::move(*warning));
  return manifest;
}

}  // namespace airssys::wasm
