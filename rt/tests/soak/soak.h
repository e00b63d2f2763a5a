// What the programs of `./dev soak` share: their arguments, and the bound on their memory.
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace airssys::soak {

struct Arguments {
  double minutes = 1;
  std::uint64_t checks = 0;  // 0: as many as fit the minutes
  std::uint64_t seed = 1;
  std::size_t workers = 2;
};

enum class Ends : std::uint8_t { by_time, by_time_or_checks };

// False: usage.
inline bool parse(int argc, char** argv, Ends ends, Arguments& into) {
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view name = argv[n];
    if (name == "--minutes")
      into.minutes = std::strtod(argv[n + 1], nullptr);
    else if (name == "--checks" && ends == Ends::by_time_or_checks)
      into.checks = std::strtoull(argv[n + 1], nullptr, 10);
    else if (name == "--seed")
      into.seed = std::strtoull(argv[n + 1], nullptr, 10);
    else if (name == "--workers")
      into.workers = std::strtoull(argv[n + 1], nullptr, 10);
    else
      return false;
  }
  return argc % 2 == 1 && into.minutes > 0 && into.minutes <= 10'000 && into.workers >= 1 && into.workers <= 64;
}

inline constexpr std::uint64_t mib = 1 << 20;

inline std::uint64_t resident_bytes() {
  unsigned long long size = 0, resident = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Resident memory must be flat: from a quarter of the time on it may not grow by more than a tenth and 32 MiB.
class Memory {
 public:
  // At each check. `early`: within that quarter; the first check always is.
  void look(bool early) {
    if (early || quarter_ == 0) quarter_ = std::max(quarter_, resident_bytes());
  }
  // After the last check.
  void end() { end_ = resident_bytes(); }
  // Says how it was; whether it was flat.
  [[nodiscard]] bool held() const {
    const std::uint64_t bound = quarter_ + quarter_ / 10 + 32 * mib;
    fmt::print("soak: resident memory {} MiB at the start, {} after a quarter, {} at the end; bound {}\n", start_ / mib,
               quarter_ / mib, end_ / mib, bound / mib);
    return end_ <= bound;
  }

 private:
  const std::uint64_t start_ = resident_bytes();
  std::uint64_t quarter_ = 0, end_ = 0;
};

}  // namespace airssys::soak

// Freed memory is kept for a while to find uses of it; as much as that would hide what grows.
extern "C" const char* __asan_default_options();
extern "C" [[gnu::used]] inline const char* __asan_default_options() { return "quarantine_size_mb=16"; }
