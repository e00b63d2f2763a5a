// The seeds that a law is tested with.
#pragma once
#include <cstdint>
#include <vector>

namespace airssys::rt::testing {

// 1 to `count`; with AIRSSYS_SEEDS=n in the environment 1 to n, with AIRSSYS_SEED=n that one alone. Let the text of a failed
// expectation name the seed; with AIRSSYS_TRACE=FILE as well, its worlds write what they do (trace.h).
[[nodiscard]] std::vector<std::uint64_t> seeds(std::uint64_t count);

}  // namespace airssys::rt::testing
