#include "name_grammar.h"

#include <fmt/format.h>

#include "airssys/base/text.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {
namespace {

bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view first_character(std::string_view text) noexcept {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return text.substr(0, size);
}

// Where in what the user wrote, counted from 1. A default part stands nowhere, but never fails either.
std::size_t place(const PartCheck& check, std::size_t at) noexcept {
  return static_cast<std::size_t>(check.part.data() - check.whole.data()) + at + 1;
}

std::unexpected<Error> wrong(const PartCheck& check, std::size_t at, std::string_view why) {
  const bool anywhere = check.first == FirstByte::letter_or_digit;
  return fail(
      Code::invalid_argument,
      fmt::format(
          "{}: {} at byte {}: {}; use a-z, 0-9 and single '-' between them, beginning with a letter{}, as in 'word-counter'",
          quoted(check.whole), check.what, place(check, at), why, anywhere ? " or digit" : ""));
}

}  // namespace

Result<> check_part(const PartCheck& check) {
  const std::string_view part = check.part;
  if (part.empty() && check.extent == Extent::prefix) return {};
  if (part.empty()) return wrong(check, 0, "is empty");
  if (part.size() > ComponentName::max_bytes)
    return wrong(check, ComponentName::max_bytes, fmt::format("is longer than {} bytes", ComponentName::max_bytes));
  for (std::size_t at = 0; at < part.size(); ++at) {
    const char c = part[at];
    if (at == 0 && is_digit(c) && check.first == FirstByte::letter) return wrong(check, at, "begins with a digit");
    if (is_letter(c) || is_digit(c)) continue;
    if (c != '-') return wrong(check, at, fmt::format("{} is not allowed", quoted(first_character(part.substr(at)))));
    if (at == 0) return wrong(check, at, "begins with '-'");
    if (part[at - 1] == '-') return wrong(check, at, "has two '-' in a row");
    if (at + 1 == part.size() && check.extent == Extent::whole) return wrong(check, at, "ends with '-'");
  }
  return {};
}

Result<AddressParts> split_address(std::string_view text, std::string_view what) {
  if (text.empty())
    return fail(Code::invalid_argument, fmt::format("{} is empty; write name, namespace/name or namespace/name/instance", what));
  const std::size_t first = text.find('/');
  if (first == std::string_view::npos) return AddressParts{.name = text, .count = 1};
  const std::size_t second = text.find('/', first + 1);
  if (second == std::string_view::npos)
    return AddressParts{.namespace_part = text.substr(0, first), .name = text.substr(first + 1), .count = 2};
  if (const std::size_t third = text.find('/', second + 1); third != std::string_view::npos)
    return fail(Code::invalid_argument, fmt::format("{}: {} has more than three parts at byte {}; write namespace/name/instance",
                                                    quoted(text), what, third + 1));
  return AddressParts{.namespace_part = text.substr(0, first),
                      .name = text.substr(first + 1, second - first - 1),
                      .instance = text.substr(second + 1),
                      .count = 3};
}

}  // namespace airssys::wasm
