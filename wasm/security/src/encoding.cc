#include "encoding.h"

#include <sodium.h>

namespace airssys::wasm {

Result<> sodium_ready() {
  if (sodium_init() < 0)
    return fail(Code::unavailable, "libsodium finds no source of randomness; check that /dev/urandom can be read");
  return {};
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), as_unsigned(bytes), bytes.size());
  text.pop_back();
  return text;
}

bool from_hex(std::string_view text, std::span<std::byte> into) noexcept {
  std::size_t made = 0;
  const char* end = nullptr;
  if (text.size() != 2 * into.size()) return false;
  return sodium_hex2bin(as_writable(into), into.size(), text.data(), text.size(), nullptr, &made, &end) == 0 &&
         made == into.size() && end == text.data() + text.size();
}

bool from_base64(std::string_view text, std::span<std::byte> into) noexcept {
  const auto as = [&](int variant) {
    std::size_t made = 0;
    const char* end = nullptr;
    return sodium_base642bin(as_writable(into), into.size(), text.data(), text.size(), nullptr, &made, &end, variant) == 0 &&
           made == into.size() && end == text.data() + text.size();
  };
  return as(sodium_base64_VARIANT_ORIGINAL) || as(sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

}  // namespace airssys::wasm
