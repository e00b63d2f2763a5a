// Grammars of single values in a manifest.
#pragma once
#include <string_view>

namespace airssys::wasm {

// SemVer 2.0.0: `1.0.0-rc.1+build.5`.
[[nodiscard]] bool is_semantic_version(std::string_view text) noexcept;

// `scheme://host…`, printable ASCII without spaces; or, as Git has it, `user@host:path`.
[[nodiscard]] bool is_url(std::string_view text) noexcept;

// Relative, not empty, without `..`, NUL or a name that is a folder by its last slash: it stays inside of where it is applied.
[[nodiscard]] bool is_inner_path(std::string_view text) noexcept;

}  // namespace airssys::wasm
