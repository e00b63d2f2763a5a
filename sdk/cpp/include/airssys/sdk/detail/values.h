// What borsh.h and json.h share: which types are values, and checks of text.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "airssys/sdk/fields.h"

namespace airssys::detail {

// How deep values may be nested: recursion over input of somebody else ends there, not at the end of the stack.
inline constexpr int max_depth = 64;

template <class T>
concept number = (std::integral<T> || std::same_as<T, float> || std::same_as<T, double>) && !std::same_as<T, bool>;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class V>
inline constexpr bool is_map<std::map<std::string, V>> = true;

template <class>
inline constexpr bool never = false;

// UTF-8 of the shortest form, without surrogates.
constexpr bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t n) { return at + n < text.size() ? static_cast<std::uint8_t>(text[at + n]) : 0u; };
    const auto follows = [&](std::size_t n, unsigned from = 0x80, unsigned to = 0xbf) {
      return byte(n) >= from && byte(n) <= to;
    };
    const unsigned first = byte(0);
    if (first < 0x80) {
      at += 1;
    } else if (first >= 0xc2 && first <= 0xdf && follows(1)) {
      at += 2;
    } else if (first >= 0xe0 && first <= 0xef && follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) &&
               follows(2)) {
      at += 3;
    } else if (first >= 0xf0 && first <= 0xf4 && follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) &&
               follows(2) && follows(3)) {
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace airssys::detail
