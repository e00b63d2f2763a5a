// A TOML document as the one JSON text that stands for what it says, whatever its spelling, order and comments: RFC 8785. It is
// what is hashed and signed (X.21, docs/formats/signature.md).
//
// TOML knows more than JSON. Integers past 2^53, which RFC 8785's numbers cannot hold exactly, are strings of their digits;
// dates and times are strings as RFC 3339 writes them. Infinity and NaN have no form, and parse_toml refuses them.
#pragma once
#include <string>

#include "airssys/wasm/toml/toml_document.h"

namespace airssys::wasm {

[[nodiscard]] std::string canonical_json(const Value& value);
// RFC 8785 §3.2.2.3: as ECMAScript writes a number. Finite.
[[nodiscard]] std::string canonical_number(double number);
// RFC 8785 §3.2.2.2, in quotes. The text is UTF-8.
[[nodiscard]] std::string canonical_string(std::string_view text);

}  // namespace airssys::wasm
