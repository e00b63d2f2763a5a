#include "airssys/wasm/toml/canonical_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "airssys/base/assert.h"

namespace airssys::wasm {
namespace {

constexpr std::int64_t max_exact_integer = std::int64_t{1} << 53;

// RFC 8785 §3.2.3 sorts names by UTF-16 code units. That is the order of bytes in UTF-8 but for the characters past U+FFFF,
// whose surrogates come before U+E000 to U+FFFF, which begin with EE and EF; theirs begin with F0 and more.
constexpr unsigned utf16_rank(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  if (byte == 0xee || byte == 0xef) return byte + 0x10u;
  return byte >= 0xf0 ? byte - 2u : byte;
}
static_assert(utf16_rank('\xf4') < utf16_rank('\xee') && utf16_rank('\xf0') > utf16_rank('\xed'));

bool before(const Entry* left, const Entry* right) noexcept {
  return std::ranges::lexicographical_compare(left->key, right->key, {}, utf16_rank, utf16_rank);
}

void write(const Value& value, std::string& out) {
  switch (value.kind) {
    case ValueKind::text:
    case ValueKind::date: out += canonical_string(value.text); return;
    case ValueKind::boolean: out += value.boolean ? "true" : "false"; return;
    case ValueKind::number: out += canonical_number(value.number); return;
    case ValueKind::integer: {
      const std::string digits = std::to_string(value.integer);
      const bool exact = value.integer >= -max_exact_integer && value.integer <= max_exact_integer;
      out += exact ? digits : canonical_string(digits);
      return;
    }
    case ValueKind::list:
      out += '[';
      for (const Value& item : value.items) {
        if (&item != &value.items.front()) out += ',';
        write(item, out);
      }
      out += ']';
      return;
    case ValueKind::table: {
      std::vector<const Entry*> entries;
      for (const Entry& entry : value.entries) entries.push_back(&entry);
      std::ranges::sort(entries, before);
      out += '{';
      for (const Entry* entry : entries) {
        if (entry != entries.front()) out += ',';
        out += canonical_string(entry->key) + ':';
        write(entry->value, out);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string canonical_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  return out + '"';
}

// ECMA-262 §6.1.6.1.20, Number::toString: the fewest digits that are read back as the same number.
std::string canonical_number(double number) {
  if (number == 0) return "0";
  std::array<char, 32> shortest{};
  const auto end = std::to_chars(shortest.data(), shortest.data() + shortest.size(), number, std::chars_format::scientific).ptr;
  const std::string_view text(shortest.data(), static_cast<std::size_t>(end - shortest.data()));
  const std::size_t e = text.find('e');
  AIRSSYS_ASSERT(e != std::string_view::npos, "{}", text);  // infinity or NaN
  const int exponent = std::atoi(text.data() + e + 1);
  std::string digits;
  for (const char c : text.substr(0, e))
    if (c >= '0' && c <= '9') digits += c;
  const int count = static_cast<int>(digits.size());
  const std::string sign = number < 0 ? "-" : "";
  const int point = exponent + 1;  // of the digits, so many are before the decimal point
  if (count <= point && point <= 21) return sign + digits + std::string(static_cast<std::size_t>(point - count), '0');
  if (0 < point && point <= 21) return sign + digits.insert(static_cast<std::size_t>(point), ".");
  if (-6 < point && point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (count > 1) digits.insert(1, ".");
  return fmt::format("{}{}e{}{}", sign, digits, exponent < 0 ? '-' : '+', std::abs(exponent));
}

std::string canonical_json(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

}  // namespace airssys::wasm
