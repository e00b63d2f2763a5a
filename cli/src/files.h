// Files of the user, read whole and bounded, written whole or not at all.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"

namespace airssys::cli {

// A regular file, a pipe or a device, to its end. Not there: not_found. More than `max_bytes`: too_large. Otherwise io.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

// Under another name first, then renamed: whoever reads `path` sees the old content or all of the new one. What was there
// keeps its mode, and a link to it stays a link.
[[nodiscard]] Result<> write_file(const std::filesystem::path& path, std::span<const std::byte> content);

}  // namespace airssys::cli
