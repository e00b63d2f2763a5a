// Reading a configuration file that may be anything.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "airssys/base/result.h"

namespace airssys::wasm {

// As it stands in messages.
[[nodiscard]] std::string show(const std::filesystem::path& path);

// At most one byte past `max_bytes`, so that a parser can tell that there is too much. io: no regular file, or unreadable.
[[nodiscard]] Result<std::string> read_bounded(const std::filesystem::path& file, std::size_t max_bytes);

}  // namespace airssys::wasm
