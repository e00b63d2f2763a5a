// forbidden-capabilities.toml: what nobody gets on this host (R4.9, docs/formats/forbidden-capabilities.md).
//
//   filesystem_write = ["/etc/passwd", "/boot/**"]
//   network_outbound = ["localhost:22"]
//
// A key that is there takes the place of the defaults for it, one that is not leaves them; so an empty list forbids nothing.
// Reading is strict: all mistakes are reported together, with their places. The file is its owner's alone (0600).
#pragma once
#include <filesystem>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/core/forbidden_list.h"

namespace airssys::wasm {

// Entries have their places, but for the defaults. Mistakes: one line each, as invalid_configuration.
[[nodiscard]] Result<ForbiddenList> parse_forbidden_list(std::string_view text, std::string_view file_name);
// The defaults when there is no file. Not private: invalid_configuration, with the chmod that helps. Otherwise io or too_large.
[[nodiscard]] Result<ForbiddenList> read_forbidden_list(const std::filesystem::path& file);

}  // namespace airssys::wasm
