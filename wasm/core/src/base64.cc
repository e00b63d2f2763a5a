#include "airssys/wasm/core/base64.h"

#include <sodium.h>

namespace airssys::wasm {

std::string to_base64(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  constexpr int form = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(bytes.size(), form), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), form);
  text.pop_back();  // the NUL
  return text;
}

std::optional<Bytes> bytes_from_base64(std::string_view text) {
  if (text.empty()) return Bytes();
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t size = 0;
  bool good = false;
  Bytes bytes = Bytes::make(text.size() / 4 * 3, [&](std::span<std::byte> into) {
    const char* end = nullptr;
    good = sodium_base642bin(reinterpret_cast<unsigned char*>(into.data()), into.size(), text.data(), text.size(), nullptr, &size,
                             &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == text.data() + text.size();
  });
  if (!good) return std::nullopt;
  return bytes.slice(0, size);
}

}  // namespace airssys::wasm
