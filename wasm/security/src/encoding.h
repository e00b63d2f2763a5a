// Bytes as hex digits and base64, in constant time over their contents (libsodium).
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

// libsodium is ready; otherwise unavailable.
[[nodiscard]] Result<> sodium_ready();

[[nodiscard]] std::string to_hex(std::span<const std::byte> bytes);
// Fills `into` from exactly twice as many hex digits, of either case.
[[nodiscard]] bool from_hex(std::string_view text, std::span<std::byte> into) noexcept;
// Fills `into` from base64 of exactly so many bytes, with or without padding.
[[nodiscard]] bool from_base64(std::string_view text, std::span<std::byte> into) noexcept;

[[nodiscard]] inline const unsigned char* as_unsigned(std::span<const std::byte> bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
[[nodiscard]] inline unsigned char* as_writable(std::span<std::byte> bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace airssys::wasm
