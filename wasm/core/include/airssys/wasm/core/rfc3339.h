// Times as RFC 3339 writes them, in UTC.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/time.h"

namespace airssys::wasm {

// "2026-01-31T12:00:00Z", rounded down to the second.
[[nodiscard]] std::string format_rfc3339(WallTime time);
// That form, with a fraction of up to nine digits if need be, of the years 1970 to 2200.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text) noexcept;

}  // namespace airssys::wasm
