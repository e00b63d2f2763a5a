#include "airssys/wasm/toml/toml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include "airssys/base/text.h"
#include "key_depth.h"

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
static_assert(TOML_MAX_NESTED_VALUES == airssys::wasm::max_document_depth);
#include <toml++/impl/forward_declarations.h>
#include <toml++/impl/preprocessor.h>
#include <toml++/impl/std_utility.h>
// Some assertions of toml++ 3.3 fail on wrong documents (`[=]`, `a = [}`) that the code after them refuses properly: they are off
// in every build, and never promises to the optimiser.
#undef TOML_ASSERT
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT(...) static_assert(true)
#define TOML_ASSERT_ASSUME(...) static_assert(true)
// Its test for white space runs into "unreachable" on a letter such as U+00E9; the right answer there is false.
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()
#include <toml++/toml.h>

namespace airssys::wasm {
namespace {

Place place_of(const toml::source_region& region) noexcept {
  return {std::max<std::uint32_t>(1, region.begin.line), std::max<std::uint32_t>(1, region.begin.column)};
}

// The place of a byte, columns in characters. What is before it is UTF-8.
Place place_at(std::string_view text, std::size_t offset) noexcept {
  Place place;
  for (char c : text.substr(0, offset)) {
    if (c == '\n')
      place = {place.line + 1, 1};
    else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
      ++place.column;
  }
  return place;
}

Value of_kind(ValueKind kind, Place place) {
  Value value;
  value.kind = kind;
  value.place = place;
  return value;
}

std::string text_of(const toml::date& date) { return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day); }

std::string text_of(const toml::time& time) {
  const std::string fraction = time.nanosecond == 0 ? "" : fmt::format(".{:09}", time.nanosecond);
  return fmt::format("{:02}:{:02}:{:02}{}", time.hour, time.minute, time.second, fraction);
}

std::string text_of(const toml::date_time& both) {
  std::string text = fmt::format("{}T{}", text_of(both.date), text_of(both.time));
  if (!both.offset) return text;
  const int minutes = both.offset->minutes;
  if (minutes == 0) return text + 'Z';
  return text + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
}

// Empty when it is neither a date nor a time.
std::string date_text(const toml::node& node) {
  if (const auto* date = node.as_date()) return text_of(date->get());
  if (const auto* time = node.as_time()) return text_of(time->get());
  if (const auto* both = node.as_date_time()) return text_of(both->get());
  return {};
}

class Converter {
 public:
  // Empty when a limit was passed; `fault` then says which.
  std::optional<Value> table(const toml::table& from, Place place, std::size_t depth) {
    Value value = of_kind(ValueKind::table, place);
    if (!within_limits("table", place, from.size(), depth)) return std::nullopt;
    value.entries.reserve(from.size());
    for (auto&& [key, node] : from) {
      auto one = any(node, depth + 1);
      if (!one) return std::nullopt;
      value.entries.push_back({std::string(key.str()), place_of(key.source()), std::move(*one)});
    }
    std::ranges::sort(value.entries, {}, &Entry::place);
    return value;
  }

  TomlFault fault;

 private:
  bool within_limits(std::string_view what, Place place, std::size_t entries, std::size_t depth) {
    if (depth > max_document_depth + max_document_key_parts)
      fault = {place, "tables are nested too deep; use fewer levels"};
    else if (entries > max_document_entries)
      fault = {place,
               fmt::format("this {} has {} entries, at most {} are allowed; use fewer", what, entries, max_document_entries)};
    else
      return true;
    return false;
  }

  std::optional<Value> list(const toml::array& from, Place place, std::size_t depth) {
    Value value = of_kind(ValueKind::list, place);
    if (!within_limits("list", place, from.size(), depth)) return std::nullopt;
    value.items.reserve(from.size());
    for (const toml::node& node : from) {
      auto one = any(node, depth + 1);
      if (!one) return std::nullopt;
      value.items.push_back(std::move(*one));
    }
    return value;
  }

  std::optional<Value> any(const toml::node& node, std::size_t depth) {
    const Place place = place_of(node.source());
    if (const auto* inner = node.as_table()) return table(*inner, place, depth);
    if (const auto* inner = node.as_array()) return list(*inner, place, depth);
    Value value = of_kind(ValueKind::date, place);
    value.text = date_text(node);
    if (const auto* text = node.as_string()) {
      value.kind = ValueKind::text;
      value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
      value.kind = ValueKind::integer;
      value.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
      value.kind = ValueKind::boolean;
      value.boolean = boolean->get();
    } else if (const auto* number = node.as_floating_point()) {
      value.kind = ValueKind::number;
      value.number = number->get();
      if (!std::isfinite(value.number)) {
        fault = {place, "infinity and NaN have no meaning here; write a finite number"};
        return std::nullopt;
      }
    }
    return value;
  }
};

// toml++ says "Error while parsing <where>: <what>". <what> may hold the document's own text.
std::string describe(const toml::parse_error& error) {
  std::string_view what = error.description();
  if (const std::size_t colon = what.find(": "); what.starts_with("Error while parsing ") && colon != std::string_view::npos)
    what.remove_prefix(colon + 2);
  std::string_view advice = "correct the syntax";
  if (what.starts_with("cannot redefine")) advice = "remove one of the two";
  if (what.starts_with("could not determine value type")) advice = "write strings in quotes";
  if (what.starts_with("exceeded maximum nested")) what = "values are nested too deep", advice = "use at most 16 levels";
  return fmt::format("not valid TOML: {}; {}", printable(what, 200), advice);
}

}  // namespace

std::string_view value_kind_name(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::text: return "a string";
    case ValueKind::integer: return "an integer";
    case ValueKind::number: return "a fractional number";
    case ValueKind::boolean: return "a boolean";
    case ValueKind::date: return "a date or time";
    case ValueKind::list: return "a list";
    case ValueKind::table: return "a table";
  }
  return "unknown";
}

std::expected<Value, TomlFault> parse_toml(std::string_view text) {
  if (text.size() > max_document_bytes)
    return std::unexpected(TomlFault{{}, fmt::format("the file is longer than {} bytes; make it shorter", max_document_bytes)});
  if (const std::size_t good = utf8_prefix(text); good != text.size())
    return std::unexpected(TomlFault{place_at(text, good), "this byte is not UTF-8; save the file as UTF-8"});
  if (const auto deep = find_deep_key(text, max_document_key_parts))
    return std::unexpected(
        TomlFault{place_at(text, *deep), fmt::format("the key has more than {} parts; use fewer", max_document_key_parts)});
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return std::unexpected(TomlFault{place_of(parsed.error().source()), describe(parsed.error())});
  Converter converter;
  auto root = converter.table(parsed.table(), {}, 0);
  if (!root) return std::unexpected(std::move(converter.fault));
  return std::move(*root);
}

}  // namespace airssys::wasm
