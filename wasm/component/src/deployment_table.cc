#include "deployment_table.h"

#include <array>
#include <limits>
#include <utility>

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

// In the order of RestartKind.
constexpr std::array restarts{"permanent"sv, "transient"sv, "temporary"sv};

RestartKind read_restart(TableReader& table) {
  static constexpr Alias old[]{{"auto_restart"}};
  constexpr Key key{"restart", R"("permanent")", old};
  const Entry* entry = table.find(key);
  if (!entry) return RestartKind::permanent;
  if (entry->key == "auto_restart") {
    if (!table.expect(*entry, ValueKind::boolean, "true or false", key)) return RestartKind::permanent;
    const bool on = entry->value.boolean;
    table.advise(*entry, on ? R"(write restart = "permanent")" : R"(write restart = "temporary")");
    return on ? RestartKind::permanent : RestartKind::temporary;
  }
  if (!table.expect(*entry, ValueKind::text, "a string", key)) return RestartKind::permanent;
  const auto kind = table.pick({entry->value.text, entry->value.place}, key, restarts);
  return kind ? static_cast<RestartKind>(*kind) : RestartKind::permanent;
}

std::optional<PerKey> read_instances(TableReader& table) {
  static constexpr std::array kinds{"one"sv, "per-key"sv};
  constexpr Key max_live{"max_live_keys", "256"}, passivate{"passivate_after_s", "60"};
  const auto kind = table.choice({"instances", R"("one")"}, kinds);
  if (kind.value_or(0) == 0) {
    for (const Key& key : {max_live, passivate})
      if (const Entry* entry = table.find(key)) table.wrong(entry->value.place, key.name, R"(needs instances = "per-key")", key);
    return std::nullopt;
  }
  PerKey keys;
  if (const auto said = table.integer(max_live, {1, 1'000'000})) keys.max_live_keys = static_cast<std::uint32_t>(*said);
  if (const auto said = table.integer(passivate, {1, 86'400})) keys.passivate_after = std::chrono::seconds(*said);
  return keys;
}

}  // namespace

Deployment read_deployment(TableReader& table, const Problems& problems, std::uint64_t max_memory) {
  static constexpr Alias old_grace[]{{"shutdown_grace_period_seconds"}};
  static constexpr Alias old_timeout[]{{"timeout_seconds", 1000}};
  Deployment deployment{.restart = read_restart(table)};
  if (const auto said = table.integer({"max_restarts", "3"}, {0, 1000}))
    deployment.max_restarts = static_cast<std::uint32_t>(*said);
  if (const auto said = table.integer({"restart_window_s", "60"}, {1, 86'400}))
    deployment.restart_window = std::chrono::seconds(*said);
  if (const auto said = table.integer({"shutdown_grace_s", "30", old_grace}, {0, 3600}))
    deployment.shutdown_grace = std::chrono::seconds(*said);
  if (const auto said = table.integer({"start_timeout_ms", "5000", old_timeout}, {1, 600'000}))
    deployment.start_timeout = std::chrono::milliseconds(*said);
  deployment.per_key = read_instances(table);
  if (auto said = table.text({"supervisor", R"("pipeline")"})) {
    deployment.supervisor = std::move(said->text);
    deployment.supervisor_place = problems.at(said->place);
  }
  const Range messages{0, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  if (const auto said = table.integer({"recycle_after_messages", "100000"}, messages)) deployment.recycle_after_messages = *said;
  if (const auto said = table.size({"recycle_at_memory", R"("512KiB")"}, {1, max_memory})) deployment.recycle_at_memory = *said;
  constexpr std::array later{"strategy"sv, "retention"sv, "min_instances"sv, "max_instances"sv};
  table.finish(later);
  return deployment;
}

}  // namespace airssys::wasm
