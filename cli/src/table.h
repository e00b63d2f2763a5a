// The table at the end of `run`.
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "airssys/wasm/host/host.h"
#include "paint.h"

namespace airssys::cli {

// One line per component, at most `width` columns wide (0: as wide as it gets). When all of it does not fit, the columns
// that are zero for everybody go first, then p50, fuel and messages out; when that is not enough, each component becomes a
// paragraph of its own.
[[nodiscard]] std::string component_table(std::span<const wasm::ComponentReport> reports, std::size_t width, Paint paint);

[[nodiscard]] Colour state_colour(wasm::ComponentState state) noexcept;

// "3 out-of-fuel, 1 memory"; "-" when there was none.
[[nodiscard]] std::string traps_text(const wasm::ComponentReport& report);

// Below a million exact, above it three digits: "999999", "1.23 M", "45.6 G".
[[nodiscard]] std::string format_count(std::uint64_t count);

}  // namespace airssys::cli
