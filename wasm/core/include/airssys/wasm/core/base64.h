// Payloads as text: base64 of RFC 4648 §4, with padding (libsodium).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "airssys/base/bytes.h"

namespace airssys::wasm {

[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);
// Of exactly that form; none: it is not.
[[nodiscard]] std::optional<Bytes> bytes_from_base64(std::string_view text);

}  // namespace airssys::wasm
