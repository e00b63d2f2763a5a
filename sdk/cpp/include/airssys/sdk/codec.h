// What a payload is written in, and how it says so: an unsigned varint in front of its content, the code of its codec.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace airssys {

// Codes that the host knows; messages may be sent in any of these.
namespace codec {
inline constexpr std::uint64_t protobuf = 0x50;
inline constexpr std::uint64_t cbor = 0x51;
inline constexpr std::uint64_t raw = 0x55;  // bytes or plain text, where nothing else is said
inline constexpr std::uint64_t json = 0x0200;
inline constexpr std::uint64_t messagepack = 0x0201;
inline constexpr std::uint64_t borsh = 0x0701;
inline constexpr std::uint64_t bincode = 0x0702;
}  // namespace codec

namespace detail {

inline constexpr std::size_t max_prefix_bytes = 9;

// Writes the prefix to `to`, which has room for max_prefix_bytes; answers its size.
constexpr std::size_t write_prefix(std::uint64_t code, std::uint8_t* to) {
  std::size_t size = 0;
  for (; code >= 0x80 && size + 1 < max_prefix_bytes; code >>= 7) to[size++] = static_cast<std::uint8_t>(code | 0x80);
  to[size++] = static_cast<std::uint8_t>(code & 0x7f);
  return size;
}

struct prefix {
  std::uint64_t code = 0;  // private aliases as what they stand for
  std::size_t size = 0;
};

// Otherwise what is wrong: only the shortest form is right, of at most nine bytes.
constexpr std::expected<prefix, std::string_view> read_prefix(std::span<const std::uint8_t> wire) {
  prefix read;
  while (read.size < max_prefix_bytes) {
    if (read.size == wire.size())
      return std::unexpected(wire.empty() ? "a payload that is empty: not even the code of its codec"
                                          : "a payload that is cut off inside the code of its codec");
    const std::uint64_t byte = wire[read.size];
    read.code |= (byte & 0x7f) << (7 * read.size++);
    if (byte >= 0x80) continue;
    if (byte == 0 && read.size > 1) return std::unexpected("a payload whose code is longer than it has to be");
    if (read.code == 0x300701 || read.code == 0x300702) read.code &= 0xffff;
    return read;
  }
  return std::unexpected("a payload whose code has more than nine bytes");
}

}  // namespace detail
}  // namespace airssys
