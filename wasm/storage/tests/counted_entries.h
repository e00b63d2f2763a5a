// What many components write at once, so that what was acknowledged can be told from what is there: writer w sets its key n % 50
// to n for n = 1, 2, 3, …, in values of changing size, and now and then deletes one that it has set before.
#pragma once
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>

#include "airssys/wasm/storage/storage.h"

namespace airssys::wasm::testing {

inline constexpr unsigned counting_writers = 8;
inline constexpr std::uint64_t keys_of_writer = 50;

inline ComponentAddress writer_address(unsigned writer) { return *ComponentAddress::parse(fmt::format("writer-{}", writer)); }
inline std::string counted_key(std::uint64_t number) { return fmt::format("key-{}", number % keys_of_writer); }
inline std::string counted_value(std::uint64_t number) {
  std::string value = fmt::format("{} ", number);
  value.resize(value.size() + number * 7919 % 2000, 'v');
  return value;
}
// Step n of a writer: deletes where that comes, else sets.
inline bool deletes(std::uint64_t number) noexcept { return number % 13 == 0; }

// Empty when `store` may be what a writer left whose step `acknowledged` was the last that it knows of: later ones may have
// happened as well, but each key has what the latest step that is its own did.
inline std::string counted_mistake(const Store& store, std::uint64_t acknowledged) {
  const std::uint64_t first = acknowledged < keys_of_writer ? 1 : acknowledged - keys_of_writer + 1;
  for (std::uint64_t number = first; number <= acknowledged; ++number) {
    std::string value;
    const auto found = store.get(counted_key(number), value);
    if (!found) return fmt::format("step {}: {}", number, found.error().reason);
    std::uint64_t there = 0;
    if (*found && std::from_chars(value.data(), value.data() + value.size(), there).ec != std::errc())
      return fmt::format("step {}: what is there has no number", number);
    // A later step of the same key, of which nobody was told.
    const bool later = *found ? there > number : deletes(number + keys_of_writer);
    const bool exact = *found ? there == number && !deletes(number) : deletes(number);
    if (!exact && !later) return fmt::format("step {} was acknowledged and is lost", number);
    if (*found && value != counted_value(there)) return fmt::format("step {}: what is there is damaged", number);
  }
  return {};
}

}  // namespace airssys::wasm::testing
