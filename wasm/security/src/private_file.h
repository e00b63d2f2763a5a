// Files that decide what is trusted, and keys: this user's own, with mode 0600, read whole and bounded, replaced whole.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "secret_text.h"

namespace airssys::wasm {

// Who else could write the file could decide in the user's place, and who could read a key could sign.
// Not there: not_found. No regular file, somebody else's, or one that others may read or write: `refused`, with the chmod that
// helps. Longer than `max_bytes`: too_large. Otherwise io.
[[nodiscard]] Result<SecretText> read_private(const std::filesystem::path& file, std::size_t max_bytes, Code refused);

enum class Replace : unsigned char {
  never,        // already_exists when it is there
  silently,
  with_backup,  // what was there is kept beside it, as FILE.bak (X.26)
};
// Under another name first, on the disk, then in its place: a reader sees the old contents or all of the new, a crash leaves one
// of them. Folders that are missing are made with mode 0700. Otherwise io.
[[nodiscard]] Result<> save_private(const std::filesystem::path& file, std::string_view content, Replace replace);

// For messages.
[[nodiscard]] std::string shown(const std::filesystem::path& path);

}  // namespace airssys::wasm
