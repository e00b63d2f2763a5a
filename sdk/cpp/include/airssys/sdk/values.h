// Typed payloads: a value and the codec that it is written in, borsh between components, JSON with the world outside.
#pragma once
#include <cstdint>
#include <expected>
#include <string>

#include "airssys/sdk/borsh.h"
#include "airssys/sdk/json.h"
#include "airssys/sdk/payload.h"

namespace airssys {

// Otherwise why the value has no form in that codec.
template <class T>
[[nodiscard]] std::expected<payload, std::string> encode(const T& value, std::uint64_t in = codec::borsh) {
  switch (in) {
    case codec::borsh: return borsh::encode(value);
    case codec::json: return json::encode(value);
    default: return std::unexpected("no values can be written in codec " + std::to_string(in));
  }
}

// By the codec that the payload says. Otherwise what is wrong with it, and where.
template <class T>
[[nodiscard]] std::expected<T, std::string> decode(const payload& from) {
  switch (from.codec()) {
    case codec::borsh: return borsh::decode<T>(from.span());
    case codec::json: return json::decode<T>(from.text());
    default: return std::unexpected("codec " + std::to_string(from.codec()) + " is neither borsh nor json");
  }
}

}  // namespace airssys
