// A look at TOML text before it is parsed: toml++ builds one nested table for each part of a dotted key and walks them
// recursively, so that a key with ten thousand parts would overflow the host's stack.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace airssys::wasm {

// Where, in bytes, the first run of dots begins to exceed `max_parts` key parts; none when no key is that deep. Never misses
// one in a valid document; in an invalid one up to where the parser stops.
[[nodiscard]] std::optional<std::size_t> find_deep_key(std::string_view text, std::size_t max_parts) noexcept;

}  // namespace airssys::wasm
