#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <system_error>

#include "airssys/base/text.h"
#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lower_case_name = "component.toml";
constexpr std::size_t max_path_shown = 4096;

std::string show(const fs::path& path) { return printable(path.native(), max_path_shown); }

// At most one byte past the limit, so that the parser can tell that there is too much.
Result<std::string> read_bounded(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::is_regular_file(status))  // a pipe or a device could block for ever
    return fail(Code::io, fmt::format("{}: is not a regular file; put the manifest there", show(file)));
  std::ifstream stream(file, std::ios::binary);
  std::string text(max_manifest_bytes + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (!stream && !stream.eof()))
    return fail(Code::io, fmt::format("{}: cannot be read; check its permissions", show(file)));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

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
  AIRSSYS_TRY(const std::string text, read_bounded(file));
  AIRSSYS_TRY(Manifest manifest, parse_manifest(text, file.native()));
  if (warning) manifest.warnings.insert(manifest.warnings.begin(), std::move(*warning));
  return manifest;
}

}  // namespace airssys::wasm
