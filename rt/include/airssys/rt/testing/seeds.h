// The seeds that a law is tested with.
#pragma once
#include <cstdint>
#include <vector>

namespace airssys::rt::testing {

// 1 to `count`; with AIRSSYS_SEEDS=n in the environment 1 to n (`./dev sim n`), with AIRSSYS_SEED=n that one alone.
[[nodiscard]] std::vector<std::uint64_t> seeds(std::uint64_t count);

}  // namespace airssys::rt::testing
