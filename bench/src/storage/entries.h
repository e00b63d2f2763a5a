// The entries of all rows: 100 000 keys, as a component's are, with values of 1 KiB that no compression makes smaller.
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace airssys::bench {

inline constexpr std::uint64_t entry_count = 100'000;
inline constexpr std::size_t value_bytes = 1024;
inline constexpr int scanned_entries = 100;

class RandomEntries {
 public:
  static constexpr std::string_view prefix = "component:default/bench:";
  explicit RandomEntries(std::uint64_t seed = 1) : random_(seed) {
    for (std::size_t i = 0; i < bytes_.size(); i += 8) {
      const std::uint64_t word = random_();
      for (std::size_t b = 0; b < 8; ++b) bytes_[i + b] = static_cast<char>(word >> (8 * b));
    }
  }
  static std::string key(std::uint64_t number) { return fmt::format("{}{:08}", prefix, number); }
  std::uint64_t any_number(std::uint64_t bound) { return random_() % bound; }
  std::string_view any_key() {
    key_ = key(any_number(entry_count));
    return key_;
  }
  std::string_view any_value() { return std::string_view(bytes_).substr(any_number(bytes_.size() - value_bytes), value_bytes); }

 private:
  std::mt19937_64 random_;
  std::string bytes_ = std::string(std::size_t{1} << 20, '\0');
  std::string key_{};
};

}  // namespace airssys::bench
