#include "airssys/wasm/toml/table_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "airssys/base/text.h"
#include "airssys/base/units.h"

namespace airssys::wasm {
namespace {

std::string show_number(std::uint64_t value) { return std::to_string(value); }

// Exactly, in the largest unit that divides it.
std::string show_size(std::uint64_t bytes) {
  int unit = 0;
  while (unit < 3 && bytes != 0 && bytes % 1024 == 0) bytes /= 1024, ++unit;
  constexpr std::array units{"B", "KiB", "MiB", "GiB"};
  return fmt::format("{}{}", bytes, units[static_cast<std::size_t>(unit)]);
}

}  // namespace

void TableReader::add(const Value& table) {
  if (!present_) place_ = table.place;
  present_ = true;
  for (const Entry& entry : table.entries) entries_.push_back({&entry});
}

void TableReader::wrong(Place place, std::string_view spelled, std::string_view what, const Key& key) {
  problems_.mistake(place, fmt::format("'{}' {}; write {} = {}", spelled, what, key.name, key.example));
}

const Entry* TableReader::entry(const Key& key) const noexcept {
  for (const Seen& seen : entries_) {
    const bool is_alias = std::ranges::find(key.aliases, seen.entry->key, &Alias::name) != key.aliases.end();
    if (is_alias || seen.entry->key == key.name) return seen.entry;
  }
  return nullptr;
}

std::vector<std::string_view> TableReader::keys() const {
  std::vector<std::string_view> names;
  for (const Seen& seen : entries_) names.push_back(seen.entry->key);
  return names;
}

TableReader::Found TableReader::look_up(const Key& key) {
  known_.push_back(key.name);
  Found found;
  for (Seen& seen : entries_) {
    const Entry& entry = *seen.entry;
    const auto alias = std::ranges::find(key.aliases, entry.key, &Alias::name);
    const bool is_alias = alias != key.aliases.end();
    if (!is_alias && entry.key != key.name) continue;
    seen.asked = true;
    if (found.entry) {
      problems_.mistake(entry.place, fmt::format("'{}' sets the same as '{}' in line {}; keep one, as {} = {}", entry.key,
                                                 found.entry->key, found.entry->place.line, key.name, key.example));
      continue;
    }
    found = {&entry, is_alias ? &*alias : nullptr};
  }
  return found;
}

void TableReader::advise(const Entry& entry, std::string_view instead) {
  problems_.warning(entry.place, fmt::format("'{}' is an old spelling; {}", entry.key, instead));
}

void TableReader::advise_rename(const Found& found, const Key& key) {
  if (found.alias) advise(*found.entry, fmt::format("rename it to '{}'", key.name));
}

const Entry* TableReader::find(const Key& key) { return look_up(key).entry; }

bool TableReader::expect(const Entry& entry, ValueKind kind, std::string_view wanted, const Key& key) {
  if (entry.value.kind == kind) return true;
  wrong(entry.value.place, entry.key, fmt::format("must be {}, found {}", wanted, value_kind_name(entry.value.kind)), key);
  return false;
}

std::optional<PlacedText> TableReader::text(const Key& key) {
  const Found found = look_up(key);
  if (!found.entry || !expect(*found.entry, ValueKind::text, "a string", key)) return std::nullopt;
  advise_rename(found, key);
  return PlacedText{found.entry->value.text, found.entry->value.place};
}

std::optional<std::uint64_t> TableReader::within(std::uint64_t value, Range range, Show show, const Found& found,
                                                 const Key& key) {
  const Entry& entry = *found.entry;
  if (value >= range.least && value <= range.most) {
    if (found.alias && found.alias->factor != 0)
      advise(entry, fmt::format("write {} = {}", key.name, show == show_size ? fmt::format("\"{}\"", show(value)) : show(value)));
    else
      advise_rename(found, key);
    return value;
  }
  const std::string allowed =
      range.least == range.most ? show(range.least) : fmt::format("{} to {}", show(range.least), show(range.most));
  wrong(entry.value.place, entry.key, fmt::format("is {}, must be {}", show(value), allowed), key);
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::counted(const Found& found, const Key& key, Range range, Show show) {
  const Entry& entry = *found.entry;
  if (!expect(entry, ValueKind::integer, "an integer", key)) return std::nullopt;
  const std::uint64_t factor = found.alias && found.alias->factor != 0 ? found.alias->factor : 1;
  std::uint64_t value = 0;
  if (entry.value.integer >= 0 && !__builtin_mul_overflow(static_cast<std::uint64_t>(entry.value.integer), factor, &value))
    return within(value, range, show, found, key);
  wrong(entry.value.place, entry.key,
        fmt::format("is {}, must be {} to {}", entry.value.integer, (range.least + factor - 1) / factor, range.most / factor),
        key);
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::integer(const Key& key, Range range) {
  const Found found = look_up(key);
  return found.entry ? counted(found, key, range, show_number) : std::nullopt;
}

std::optional<std::uint64_t> TableReader::size(const Key& key, Range range) {
  const Found found = look_up(key);
  if (!found.entry) return std::nullopt;
  if (found.alias && found.alias->factor != 0) return counted(found, key, range, show_size);
  const Value& value = found.entry->value;
  if (!expect(*found.entry, ValueKind::text, "a size in quotes", key)) return std::nullopt;
  if (const auto bytes = parse_size(value.text))
    return within(*bytes, range, show_size, found, key);
  else
    wrong(value.place, found.entry->key, fmt::format("is wrong: {}", bytes.error().message()), key);
  return std::nullopt;
}

std::optional<std::size_t> TableReader::choice(const Key& key, std::span<const std::string_view> choices) {
  const auto said = text(key);
  return said ? pick(*said, key, choices) : std::nullopt;
}

std::optional<std::size_t> TableReader::pick(const PlacedText& said, const Key& key, std::span<const std::string_view> choices) {
  const auto it = std::ranges::find(choices, said.text);
  if (it != choices.end()) return static_cast<std::size_t>(it - choices.begin());
  const std::string_view near = nearest(said.text, choices);
  problems_.mistake(
      said.place,
      fmt::format("'{}' is {}, must be one of {}; {}", key.name, airssys::quoted(said.text), fmt::join(choices, ", "),
                  near.empty() ? fmt::format("write {} = {}", key.name, key.example) : fmt::format("did you mean '{}'?", near)));
  return std::nullopt;
}

std::vector<PlacedText> TableReader::texts(const Key& key) {
  const Found found = look_up(key);
  if (!found.entry) return {};
  const Value& value = found.entry->value;
  if (found.alias && value.kind == ValueKind::text) {
    advise(*found.entry, fmt::format("write {} = {}", key.name, key.example));
    return {{value.text, value.place}};
  }
  advise_rename(found, key);
  return texts_of(*found.entry, key);
}

std::vector<PlacedText> TableReader::texts_of(const Entry& entry, const Key& key) {
  std::vector<PlacedText> result;
  if (!expect(entry, ValueKind::list, "a list of strings", key)) return result;
  for (const Value& item : entry.value.items) {
    if (item.kind == ValueKind::text)
      result.push_back({item.text, item.place});
    else
      wrong(item.place, entry.key, fmt::format("must be a list of strings, found {} in it", value_kind_name(item.kind)), key);
  }
  return result;
}

void TableReader::tables(const Key& key, TableReader& into) {
  known_.push_back(key.name);
  for (Seen& seen : entries_) {
    const Entry& entry = *seen.entry;
    const bool is_alias = std::ranges::find(key.aliases, entry.key, &Alias::name) != key.aliases.end();
    if (!is_alias && entry.key != key.name) continue;
    seen.asked = true;
    if (entry.value.kind != ValueKind::table) {
      problems_.mistake(entry.value.place, fmt::format("'{}' must be a table, found {}; write {}", entry.key,
                                                       value_kind_name(entry.value.kind), into.title()));
      continue;
    }
    if (is_alias) problems_.warning(entry.place, fmt::format("[{}] is an old name; write {}", entry.key, into.title()));
    into.add(entry.value);
  }
}

void TableReader::require(const Key& key, Code code) {
  if (has(key)) return;
  problems_.mistake(place_, fmt::format("{} has no '{}'; add {} = {}", title_, key.name, key.name, key.example), code);
}

void TableReader::finish(std::span<const std::string_view> later) {
  std::vector<std::string_view> names = known_;
  names.insert(names.end(), later.begin(), later.end());
  for (const Seen& seen : entries_) {
    if (seen.asked) continue;
    const Entry& entry = *seen.entry;
    const bool is_table = entry.value.kind == ValueKind::table;
    if (std::ranges::find(later, entry.key) != later.end()) {
      problems_.mistake(entry.place,
                        fmt::format("'{}' of {} is not enforced by this version, so it is refused; remove it, or use a "
                                    "version that supports it",
                                    entry.key, title_));
      continue;
    }
    const std::string_view near = nearest(entry.key, names);
    problems_.mistake(entry.place,
                      fmt::format("unknown {} {} in {}; {}", is_table ? "table" : "key", airssys::quoted(entry.key), title_,
                                  near.empty() ? fmt::format("known are {}", fmt::join(known_, ", "))
                                               : fmt::format("did you mean '{}'?", near)));
  }
}

}  // namespace airssys::wasm
