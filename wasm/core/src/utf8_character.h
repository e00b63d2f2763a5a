// One character of a text: of UTF-8 where it is that, else a single byte.
#pragma once
#include <cstddef>
#include <string_view>

namespace airssys::wasm {

// How many bytes the first character of `text` has; `text` is not empty.
inline std::size_t first_character_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t size = byte(0) < 0xc2 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : byte(0) < 0xf5 ? 4 : 1;
  if (size > text.size()) return 1;
  for (std::size_t at = 1; at < size; ++at)
    if ((byte(at) & 0xc0) != 0x80) return 1;
  return size;
}

}  // namespace airssys::wasm
