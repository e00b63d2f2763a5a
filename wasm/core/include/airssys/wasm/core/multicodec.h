// Payloads that say what they are (X.28): an unsigned varint, the code of their codec, and then its bytes. The host knows the
// registry (X.30) and never looks at what follows.
//
// Of the varint only the shortest form is right, of at most nine bytes: codes end at 2^63 - 1.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace airssys::wasm {

struct Codec {
  std::uint64_t code;
  std::string_view name;
  bool supported;  // whether messages may be sent in it; else it is only recognised
};

// Null when the registry has no such codec. A private alias finds the codec that it stands for.
[[nodiscard]] const Codec* find_codec(std::uint64_t code) noexcept;
[[nodiscard]] const Codec* find_codec(std::string_view name) noexcept;
[[nodiscard]] std::span<const Codec> codecs() noexcept;

inline constexpr std::size_t max_prefix_bytes = 9;
inline constexpr std::uint64_t max_codec_code = (std::uint64_t{1} << 63) - 1;

struct MulticodecPrefix {
  std::array<std::uint8_t, max_prefix_bytes> bytes{};
  std::uint8_t size = 0;
  [[nodiscard]] std::span<const std::uint8_t> span() const noexcept { return {bytes.data(), size}; }
};
// `code` is at most max_codec_code.
[[nodiscard]] MulticodecPrefix encode_prefix(std::uint64_t code) noexcept;

struct SplitPayload {
  std::uint64_t code;  // as it stands there, of whatever registry
  std::size_t prefix_bytes;
};
// Otherwise what is wrong, in words for the sender.
[[nodiscard]] std::expected<SplitPayload, std::string_view> split_payload(std::span<const std::byte> payload) noexcept;

}  // namespace airssys::wasm
