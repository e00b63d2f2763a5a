// Health: an actor that is a Child as well is asked how it is. Degraded is only reported; failing too often is a crash.
#include <fmt/format.h>

#include <memory>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/event_log.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using namespace std::chrono_literals;
using airssys::Result;

// A message is a disk that it has lost, of three.
class Archive final : public Actor<int>, public Child {
 public:
  Child* as_child() noexcept override { return this; }
  Result<Turn> start(Context&) override { return Turn::done; }
  Result<Turn> stop(Context&, const ExitReason&) override { return Turn::done; }
  Health health_check() override {
    if (disks_ == 3) return Healthy{};
    if (disks_ == 0) return Failed{"no disk is left"};
    return Degraded{fmt::format("{} of 3 disks are left", disks_)};
  }
  Result<Turn> handle(int lost, Context&) override {
    disks_ -= lost;
    return Turn::done;
  }

 private:
  int disks_ = 3;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  EventLog events(platform, {.capacity = 100, .filter = EventFilter::from(Severity::warning)});
  ActorSystem system(executor, airssys::null_log(), {}, &events);
  auto archive = system.spawn({.name = "archive", .health = HealthPolicy{.interval = 30s, .timeout = 5s, .failures = 2}},
                              [] { return std::make_unique<Archive>(); });
  if (!archive || !executor.run_for(30s)) return 1;
  for (const int lost : {1, 2}) {
    if (!archive->send(lost) || !executor.run_for(60s)) return 1;  // time for two checks
  }
  for (const LoggedEvent& event : events.latest())
    fmt::print("{} {} {}: {}\n", severity_name(event.severity), event.name, event.kind, event.text);
}
