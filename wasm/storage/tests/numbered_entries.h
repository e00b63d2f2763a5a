// Entries that tell by themselves what has to be there: each writer writes 1, 2, 3, …, and with each, in one batch, which is its
// last.
#pragma once
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "airssys/wasm/storage/backends.h"

namespace airssys::wasm::testing {

inline constexpr unsigned entry_writers = 2;

// What a writer tells after its write returned.
struct Acknowledged {
  std::uint64_t writer = 0, number = 0;
};

inline std::string entry_key(unsigned writer, std::uint64_t number) { return fmt::format("{}/{:010}", writer, number); }
// Of up to 3000 bytes; now and then of many more.
inline std::string entry_value(unsigned writer, std::uint64_t number) {
  const std::uint64_t hash = (number * 0x9e3779b97f4a7c15 + writer) >> 32;
  std::string value = fmt::format("{} {} ", writer, number);
  value.resize(value.size() + (number % 97 == 0 ? 200'000 : hash % 3000), static_cast<char>('a' + hash % 26));
  return value;
}
inline std::string last_key(unsigned writer) { return fmt::format("last/{}", writer); }

inline Result<> write_entry(StorageBackend& store, unsigned writer, std::uint64_t number, Durability durability) {
  const std::string key = entry_key(writer, number);
  const std::string value = entry_value(writer, number);
  const std::string last = last_key(writer);
  const std::string text = std::to_string(number);
  return store.write(Keyspace::guests, std::array{StorageWrite{key, value}, StorageWrite{last, text}}, durability);
}
// 0: none.
inline std::uint64_t last_entry(const StorageBackend& store, unsigned writer) {
  std::string value;
  std::uint64_t number = 0;
  if (const auto found = store.get(Keyspace::guests, last_key(writer), value); found && *found)
    std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

// Empty when the writer's entries are the first so many, whole, and it has told of no more; else what is wrong.
inline std::string entries_mistake(const StorageBackend& store, unsigned writer, std::uint64_t acknowledged) {
  const std::uint64_t last = last_entry(store, writer);
  if (last < acknowledged) return fmt::format("writer {}: {} was acknowledged, the last is {}", writer, acknowledged, last);
  std::uint64_t number = 0;
  std::string mistake;
  const std::string prefix = fmt::format("{}/", writer);
  const auto scanned =
      store.scan(Keyspace::guests, {prefix, end_of_prefix(prefix)}, [&](std::string_view key, std::string_view value) {
        ++number;
        if (key != entry_key(writer, number)) mistake = fmt::format("in the place of {} is {}", entry_key(writer, number), key);
        if (value != entry_value(writer, number)) mistake = fmt::format("{} has another value", key);
        return mistake.empty();
      });
  if (!scanned) return scanned.error().message();
  if (mistake.empty() && number != last) mistake = fmt::format("writer {}: {} entries, but the last is {}", writer, number, last);
  return mistake;
}

}  // namespace airssys::wasm::testing
