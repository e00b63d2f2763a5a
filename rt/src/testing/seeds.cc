#include "airssys/rt/testing/seeds.h"

#include <cstdlib>
#include <numeric>

namespace airssys::rt::testing {

std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const char* one = std::getenv("AIRSSYS_SEED")) return {std::strtoull(one, nullptr, 10)};
  if (const char* more = std::getenv("AIRSSYS_SEEDS")) count = std::strtoull(more, nullptr, 10);
  std::vector<std::uint64_t> all(count);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

}  // namespace airssys::rt::testing
