#include "limits_table.h"

namespace airssys::wasm {

std::optional<CallLimits> read_limits(TableReader& table) {
  CallLimits limits;
  const Range calls{1, RatePolicy::most}, bytes{0, std::uint64_t{1} << 60};
  if (const auto said = table.integer({"calls_per_minute", "1000"}, calls)) limits.calls.per_minute = *said;
  if (const auto said = table.integer({"burst", "1000"}, calls)) limits.calls.burst = *said;
  if (const auto said = table.integer({"network_bytes_per_day", "1073741824"}, bytes)) limits.network_bytes_per_day = *said;
  if (const auto said = table.integer({"network_requests_per_minute", "1000"}, calls)) limits.network_requests_per_minute = *said;
  table.finish();
  return table.present() ? std::optional(limits) : std::nullopt;
}

}  // namespace airssys::wasm
