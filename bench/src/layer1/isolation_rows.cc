// One component that answers one message after another, alone or beside eight hostile ones that never stop.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "../figures.h"
#include "driver.h"
#include "rows.h"

namespace airssys::bench {
namespace {

constexpr Duration lasts = std::chrono::milliseconds(1500);
// More than a hostile component gets through in that time.
constexpr int misdeeds = 100;

struct Hostile {
  std::string_view name, what, resources = "";
};
// Each for as long as its limits allow, again and again: with a window of a second the backoff stays below one.
constexpr std::string_view for_ever = "max_restarts = 1000\nrestart_window_s = 1\n";
constexpr Hostile hostile_ones[] = {
    {"spinner", "s", "max_fuel_per_execution = 1000000000000\nmax_execution_time_ms = 500\n"},
    {"allocator", "a", "class = \"standard\"\n"},
    {"recurser", "r", "max_fuel_per_execution = 1000000000\n"},
    {"trapper", "t"},
    {"flooder", "f"},
    {"babbler", "l"},
    {"sponge", "w"},
    {"restarter", "t"},
};

struct Figures {
  double handling = 0, delivery = 0, median = 0;
};

Result<Figures> measure(const std::filesystem::path& guests, Platform& platform, bool beside_hostile) {
  Driver::Plan plan;
  AIRSSYS_TRY(const auto hosted, HostedGuests::create(guests, platform, {}));
  AIRSSYS_TRY_VOID(hosted->run({.name = "sink", .send = "\"source\""}));
  if (beside_hostile) {
    for (const Hostile& one : hostile_ones)
      AIRSSYS_TRY_VOID(hosted->run({.name = std::string(one.name),
                                    .wasm = "hostile.wasm",
                                    .resources = one.resources,
                                    .deployment = for_ever,
                                    .send = "\"sponge\""}));
    for (int n = 0; n < misdeeds; ++n)  // each another one: none is set aside as poison
      for (const Hostile& one : hostile_ones)
        AIRSSYS_TRY_VOID(hosted->host().send(one.name, Bytes::copy_of(fmt::format("{}{}", one.what, n))));
  }
  const Instant end = platform.now() + lasts;
  plan.send = [&, question = Driver::question()](wasm::ActorOutbox& outbox, std::uint64_t) -> Result<bool> {
    if (platform.now() >= end) return false;
    AIRSSYS_TRY_VOID(outbox.send("sink", question));
    return true;
  };
  AIRSSYS_TRY_VOID(Driver::carry_out(*hosted, plan));
  AIRSSYS_TRY(const wasm::ComponentReport victim, hosted->report("sink"));
  if (victim.handled != plan.nanoseconds.size() || victim.restarts != 0)
    return fail(Code::internal, fmt::format("the victim handled {} messages of {}", victim.handled, plan.nanoseconds.size()));
  for (const wasm::ComponentReport& one : hosted->host().report()) {
    const bool is_hostile = std::ranges::find(hostile_ones, one.name, &Hostile::name) != std::end(hostile_ones);
    if (is_hostile && std::accumulate(one.traps.begin(), one.traps.end(), std::uint64_t{0}) == 0)
      return fail(Code::internal, fmt::format("'{}' did nothing hostile: {}", one.name, one.last_error));
  }
  return Figures{.handling = static_cast<double>(victim.p99.count()),
                 .delivery = quantile(plan.nanoseconds, 0.99),
                 .median = quantile(plan.nanoseconds, 0.5)};
}

}  // namespace

void add_isolation_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  static constexpr std::pair<std::string_view, double Figures::*> figures[]{
      {"handling", &Figures::handling}, {"delivery", &Figures::delivery}, {"median", &Figures::median}};
  for (const bool hostile : {false, true})
    add_figures(rows, fmt::format("isolation.{}", hostile ? "hostile" : "alone"), figures,
                [guests, &platform, hostile] { return measure(guests, platform, hostile); });
}

}  // namespace airssys::bench
