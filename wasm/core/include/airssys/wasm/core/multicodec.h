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
#include <string>
#include <string_view>
#include <utility>

#include "airssys/base/bytes.h"

namespace airssys::wasm {

struct Codec {
  std::uint64_t code;
  std::string_view name;
  bool supported;  // whether messages may be sent in it; else it is only recognised
};

// What bytes and plain text are sent in, unless somebody says otherwise.
inline constexpr std::uint64_t raw_codec = 0x55;

// Null when the registry has no such codec. A private alias finds the codec that it stands for.
[[nodiscard]] const Codec* find_codec(std::uint64_t code) noexcept;
[[nodiscard]] const Codec* find_codec(std::string_view name) noexcept;
[[nodiscard]] std::span<const Codec> codecs() noexcept;
// For people: "json"; of a code that is not in the registry "0x123".
[[nodiscard]] std::string codec_text(std::uint64_t code);

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

// What is sent or answered, before it has its prefix or after it has lost it. In mailboxes, dead letters and taps there is the
// wire form instead: prefix and content in one.
struct Payload {
  Payload() = default;
  Payload(Bytes of, std::uint64_t in = raw_codec) noexcept : content(std::move(of)), codec(in) {}

  Bytes content;
  std::uint64_t codec = raw_codec;  // at most max_codec_code

  [[nodiscard]] std::string_view text() const noexcept { return content.text(); }
  friend bool operator==(const Payload&, const Payload&) = default;
};

// The wire form; copies the content once.
[[nodiscard]] Bytes encode(const Payload& payload);
// The opposite; shares the content, and leaves the code as it stands there. Otherwise what is wrong, as split_payload.
[[nodiscard]] std::expected<Payload, std::string_view> decode(const Bytes& wire) noexcept;

}  // namespace airssys::wasm
