// How long a hosted component takes to load, to start, to be there again after a crash, and to be ended when it does not return.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "driver.h"
#include "rows.h"

namespace airssys::bench {
namespace {

constexpr int starts = 1000;
constexpr std::uint64_t restarts = 400;
constexpr std::uint64_t preemptions = 5;

void pause(Duration duration) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable nobody;
  nobody.wait_for(lock, duration);
}

std::string name_of(std::uint64_t n) { return fmt::format("c{}", n); }

Result<double> timed_load(HostedGuests& hosted) {
  AIRSSYS_TRY(const Duration took, hosted.run({.name = "sink"}));
  return static_cast<double>(took.count());
}

// From a component's folder to the end of its init: compiled, or by code that another host has compiled and stored. Not the first
// component of its host: that one has the pool reserved.
const HostedGuest other{.name = "other", .wasm = "hostile.wasm"};

Result<double> load(const std::filesystem::path& guests, Platform& platform, bool warm) {
  AIRSSYS_TRY(const auto first, HostedGuests::create(guests, platform, {}));
  AIRSSYS_TRY_VOID(first->run(other));
  AIRSSYS_TRY(const double cold, timed_load(*first));
  if (!warm) return cold;
  first->host().stop();
  AIRSSYS_TRY(const auto second, HostedGuests::after(*first, {}));
  AIRSSYS_TRY_VOID(second->run(other));
  return timed_load(*second);
}

// From Host::start to its return, one after another; each has a thread wait for a worker.
Result<double> start(const std::filesystem::path& guests, Platform& platform) {
  wasm::HostConfig config;
  config.max_components = starts;
  AIRSSYS_TRY(const auto hosted, HostedGuests::create(guests, platform, config));
  for (int n = 0; n < starts; ++n) AIRSSYS_TRY_VOID(hosted->add({.name = name_of(static_cast<std::uint64_t>(n))}));
  const Instant begin = platform.now();
  for (int n = 0; n < starts; ++n) AIRSSYS_TRY_VOID(hosted->host().start(name_of(static_cast<std::uint64_t>(n))));
  return static_cast<double>((platform.now() - begin).count()) / starts;
}

// From the message that crashes a component until the answer to the next one, each in a component of its own, `rounds` times, of
// which the last counts: the first restart within the window is without backoff, so each round lets it pass.
Result<std::vector<double>> crash(const std::filesystem::path& guests, Platform& platform, Relay misdeed, std::uint64_t count,
                                  std::string_view resources, std::uint64_t rounds = 1) {
  constexpr auto window = std::chrono::seconds(1);
  Driver::Plan plan;
  wasm::HostConfig config;
  config.max_components = count + 1;
  AIRSSYS_TRY(const auto hosted, HostedGuests::create(guests, platform, config));
  for (std::uint64_t n = 0; n < count; ++n)
    AIRSSYS_TRY_VOID(
        hosted->run({.name = name_of(n), .resources = resources, .deployment = "restart_window_s = 1\n", .send = "\"source\""}));
  plan.send = [&, fatal = relay_payload(64, {.what = misdeed}), question = Driver::question()](wasm::ActorOutbox& outbox,
                                                                                               std::uint64_t n) -> Result<bool> {
    if (n == count) return false;
    const std::string target = name_of(n);
    AIRSSYS_TRY_VOID(outbox.send(target, fatal));
    AIRSSYS_TRY_VOID(outbox.send(target, question));
    return true;
  };
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (round != 0) pause(2 * window);
    plan.nanoseconds.clear();
    AIRSSYS_TRY_VOID(Driver::carry_out(*hosted, plan));
  }
  for (const wasm::ComponentReport& one : hosted->host().report())
    if (one.name != "source" && one.restarts != rounds)
      return fail(Code::internal, fmt::format("'{}' was restarted {} times", one.name, one.restarts));
  return std::move(plan.nanoseconds);
}

Result<double> restart(const std::filesystem::path& guests, Platform& platform, std::uint64_t rounds) {
  AIRSSYS_TRY(auto took, crash(guests, platform, Relay::trap, restarts, "", rounds));
  return quantile(took, 0.5);
}

// What a guest that never returns has beyond its time, at worst. Until its successor has answered, so an upper bound.
Result<double> preemption(const std::filesystem::path& guests, Platform& platform, Duration timeout) {
  const std::string resources =
      fmt::format("max_fuel_per_execution = 1000000000000\nmax_execution_time_ms = {}\n", timeout / std::chrono::milliseconds(1));
  AIRSSYS_TRY(const auto took, crash(guests, platform, Relay::spin, preemptions, resources));
  return *std::ranges::max_element(took) - static_cast<double>(timeout.count());
}

}  // namespace

void add_life_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  rows["load.cold"] = Gauge([guests, &platform] { return load(guests, platform, false); });
  rows["load.warm"] = Gauge([guests, &platform] { return load(guests, platform, true); });
  rows["start"] = Gauge([guests, &platform] { return start(guests, platform); });
  // Of components whose memory was never in use before, and of such as have crashed before.
  rows["restart.first"] = Gauge([guests, &platform] { return restart(guests, platform, 1); });
  rows["restart.again"] = Gauge([guests, &platform] { return restart(guests, platform, 2); });
  // Calls that may last for more than 100 ms run on fibers.
  rows["preemption.sync"] = Gauge([guests, &platform] { return preemption(guests, platform, std::chrono::milliseconds(50)); });
  rows["preemption.fiber"] = Gauge([guests, &platform] { return preemption(guests, platform, std::chrono::milliseconds(200)); });
}

}  // namespace airssys::bench
