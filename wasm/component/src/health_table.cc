#include "health_table.h"

#include <fmt/format.h>

#include <array>

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;
using std::chrono::seconds;

constexpr std::array profiles{"default"sv, "critical"sv, "batch"sv, "off"sv};
constexpr std::size_t off = 3;
constexpr std::array<HealthChecks, 3> profile_checks{{{.interval = seconds(30), .timeout = seconds(5), .failures = 3},
                                                      {.interval = seconds(10), .timeout = seconds(2), .failures = 2},
                                                      {.interval = seconds(300), .timeout = seconds(30), .failures = 5}}};

}  // namespace

std::optional<HealthChecks> read_health(TableReader& table, Problems& problems) {
  constexpr Key profile_key{"profile", R"("default")"};
  constexpr Key interval_key{"interval_s", "30"};
  constexpr Key timeout_key{"timeout_s", "5"};
  constexpr Key failures_key{"failures", "3"};
  const auto profile = table.choice(profile_key, profiles).value_or(0);
  const auto interval = table.integer(interval_key, {1, 86'400});
  const auto timeout = table.integer(timeout_key, {1, 3600});
  const auto failures = table.integer(failures_key, {1, 1000});
  table.finish();
  if (profile == off) {
    for (const Key* key : {&interval_key, &timeout_key, &failures_key})
      if (const Entry* said = table.entry(*key))
        problems.mistake(said->place, fmt::format("'{}' has no meaning with profile = \"off\"; remove one of them", key->name));
    return std::nullopt;
  }
  HealthChecks checks = profile_checks[profile];
  if (interval) checks.interval = seconds(*interval);
  if (timeout) checks.timeout = seconds(*timeout);
  if (failures) checks.failures = static_cast<std::uint32_t>(*failures);
  if (checks.timeout >= checks.interval) {
    const Entry* said = table.entry(timeout ? timeout_key : interval_key);
    problems.mistake(said ? said->value.place : table.place(),
                     fmt::format("the timeout is {} s and the interval {} s; timeout_s must be less than interval_s",
                                 checks.timeout / seconds(1), checks.interval / seconds(1)));
  }
  return checks;
}

}  // namespace airssys::wasm
