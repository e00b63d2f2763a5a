#include "airssys/wasm/component/digest.h"

#include <fmt/format.h>
#include <sodium.h>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view prefix = "sha256:";
static_assert(crypto_hash_sha256_BYTES == 32);

}  // namespace

Digest Digest::of(std::span<const std::byte> content) noexcept {
  std::array<std::byte, 32> bytes{};
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(content.data()),
                     content.size());
  return Digest(bytes);
}

Result<Digest> Digest::parse(std::string_view text) {
  std::array<std::byte, 32> bytes{};
  std::size_t made = 0;
  const std::string_view digits = text.substr(std::min(prefix.size(), text.size()));
  const bool good = text.starts_with(prefix) && digits.size() == 2 * bytes.size() &&
                    digits.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
                    sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), digits.data(), digits.size(),
                                   nullptr, &made, nullptr) == 0;
  if (good) return Digest(bytes);
  return fail(Code::invalid_argument,
              fmt::format("{} is no SHA-256; write sha256: and 64 lowercase hex digits", airssys::quoted(text, 100)));
}

std::string Digest::text() const {
  std::array<char, 2 * 32 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
  return fmt::format("{}{}", prefix, hex.data());
}

}  // namespace airssys::wasm
