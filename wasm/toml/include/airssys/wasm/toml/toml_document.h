// A TOML document as a plain tree, in the order of the text, with the place of everything. toml_document.cc is the only file
// that knows toml++ (it is heavy to compile, and its types are not for other modules).
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace airssys::wasm {

inline constexpr std::size_t max_document_bytes = 64 * 1024;
inline constexpr std::size_t max_document_depth = 16;      // of values in values
inline constexpr std::size_t max_document_key_parts = 16;  // of one dotted key
inline constexpr std::size_t max_document_entries = 1024;  // of one list or table

// Both from 1; the column counts characters.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

enum class ValueKind : std::uint8_t { text, integer, number, boolean, date, list, table };
// "a string", "an integer", …
[[nodiscard]] std::string_view value_kind_name(ValueKind kind) noexcept;

struct Entry;
struct Value {
  ValueKind kind = ValueKind::table;
  Place place;
  std::string text;            // of a text; of a date or time as RFC 3339 writes it
  std::int64_t integer = 0;    // of an integer
  double number = 0;           // of a number; finite
  bool boolean = false;        // of a boolean
  std::vector<Value> items;    // of a list
  std::vector<Entry> entries;  // of a table; keys are unique
};
struct Entry {
  std::string key;
  Place place;  // of the key
  Value value;
};

struct TomlFault {
  Place place;
  std::string what;  // and what to do
};
// The root table. A document past one of the limits above, or not UTF-8, is a fault too.
[[nodiscard]] std::expected<Value, TomlFault> parse_toml(std::string_view text);

}  // namespace airssys::wasm
