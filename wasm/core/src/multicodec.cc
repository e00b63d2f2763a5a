#include "airssys/wasm/core/multicodec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "airssys/base/assert.h"

namespace airssys::wasm {
namespace {

// Codes of the official table, but for borsh and bincode, which it does not have: these are ours.
constexpr std::array<Codec, 9> registry{{
    {0x50, "protobuf", true},
    {0x51, "cbor", true},
    {0x55, "raw", true},
    {0x71, "dag-cbor", false},
    {0x0129, "dag-json", false},
    {0x0200, "json", true},
    {0x0201, "messagepack", true},
    {0x0701, "borsh", true},
    {0x0702, "bincode", true},
}};
static_assert(std::ranges::is_sorted(registry, {}, &Codec::code));

// In the range that the table leaves to private use; taken, never written.
struct Alias {
  std::uint64_t code, stands_for;
};
constexpr std::array<Alias, 2> aliases{{{0x300701, 0x0701}, {0x300702, 0x0702}}};

}  // namespace

std::span<const Codec> codecs() noexcept { return registry; }

const Codec* find_codec(std::uint64_t code) noexcept {
  if (const auto alias = std::ranges::find(aliases, code, &Alias::code); alias != aliases.end()) code = alias->stands_for;
  const auto found = std::ranges::lower_bound(registry, code, {}, &Codec::code);
  return found != registry.end() && found->code == code ? &*found : nullptr;
}

const Codec* find_codec(std::string_view name) noexcept {
  const auto found = std::ranges::find(registry, name, &Codec::name);
  return found == registry.end() ? nullptr : &*found;
}

std::string codec_text(std::uint64_t code) {
  const Codec* const known = find_codec(code);
  return known ? std::string(known->name) : fmt::format("{:#x}", code);
}

MulticodecPrefix encode_prefix(std::uint64_t code) noexcept {
  AIRSSYS_ASSERT(code <= max_codec_code, "code {:#x} has no prefix", code);
  MulticodecPrefix prefix;
  for (; code >= 0x80; code >>= 7) prefix.bytes[prefix.size++] = static_cast<std::uint8_t>(code | 0x80);
  prefix.bytes[prefix.size++] = static_cast<std::uint8_t>(code);
  return prefix;
}

std::expected<SplitPayload, std::string_view> split_payload(std::span<const std::byte> payload) noexcept {
  if (payload.empty()) return std::unexpected("empty: not even the code of a codec");
  SplitPayload split{0, 0};
  while (split.prefix_bytes < max_prefix_bytes) {
    if (split.prefix_bytes == payload.size()) return std::unexpected("cut off inside the code of its codec");
    const auto byte = std::to_integer<std::uint64_t>(payload[split.prefix_bytes]);
    split.code |= (byte & 0x7f) << (7 * split.prefix_bytes++);
    if (byte >= 0x80) continue;
    if (byte == 0 && split.prefix_bytes > 1) return std::unexpected("the code of its codec is longer than it has to be");
    return split;
  }
  return std::unexpected("the code of its codec has more than nine bytes");
}

Bytes encode(const Payload& payload) {
  const MulticodecPrefix prefix = encode_prefix(payload.codec);
  return Bytes::make(prefix.size + payload.content.size(), [&](std::span<std::byte> wire) {
    std::memcpy(wire.data(), prefix.bytes.data(), prefix.size);
    if (!payload.content.empty()) std::memcpy(wire.data() + prefix.size, payload.content.data(), payload.content.size());
  });
}

std::expected<Payload, std::string_view> decode(const Bytes& wire) noexcept {
  const auto split = split_payload(wire.span());
  if (!split) return std::unexpected(split.error());
  return Payload(wire.slice(split->prefix_bytes), split->code);
}

}  // namespace airssys::wasm
