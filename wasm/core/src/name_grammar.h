// The grammar of one part of an address (X.18), shared by addresses and patterns: both refuse the same in the same words.
#pragma once
#include <cstdint>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

enum class FirstByte : std::uint8_t { letter, letter_or_digit };
enum class Extent : std::uint8_t { whole, prefix };  // a prefix may be empty, and may end in `-`

struct PartCheck {
  std::string_view what;   // "component name", for the message
  std::string_view whole;  // what the user wrote
  std::string_view part;   // a view into `whole`, or a default
  FirstByte first = FirstByte::letter;
  Extent extent = Extent::whole;
};
Result<> check_part(const PartCheck& check);

struct AddressParts {
  std::string_view namespace_part = {}, name = {}, instance = {};  // those that are not written are empty
  int count = 0;
};
// `name`, `namespace/name`, `namespace/name/instance`. `what` is for the message.
Result<AddressParts> split_address(std::string_view text, std::string_view what);

}  // namespace airssys::wasm
