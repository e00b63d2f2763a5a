// Sizes and durations as people write them (X.27): integer + B, KB, MB, GB (powers of 1024), KiB, MiB, GiB; integer + ms,
// s, m, h, d. A space before the unit is allowed, a missing unit is not.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys {

// "512KiB" → 524288. Wrong form or past 2^63: invalid_argument, saying what a size looks like.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// "250ms", "30s", "24h". Wrong form or past 292 years: invalid_argument.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// For people, three significant digits: "512 KiB", "1.21 MiB"; "850 ns", "1.2 ms", "2m 5s".
[[nodiscard]] std::string format_size(std::uint64_t bytes);
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace airssys
