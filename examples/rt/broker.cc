// Broker: publish and subscribe over topics. A tap sees what goes by, and never slows it down.
#include "airssys/rt/broker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using airssys::Result;
using airssys::Topic;

class Office final : public Actor<std::string> {
 public:
  Result<Turn> handle(std::string message, Context&) override {
    seen_.push_back(std::move(message));
    return Turn::done;
  }
  void post_stop(Context& context, const ExitReason&) override { fmt::print("{}: {}\n", context.name(), fmt::join(seen_, ", ")); }

 private:
  std::vector<std::string> seen_;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  Broker<std::string> broker(system);

  auto tap = broker.tap("**", 2);  // at most two wait to be read
  auto europe = system.spawn_and_wait({.name = "europe"}, [] { return std::make_unique<Office>(); });
  auto created = system.spawn_and_wait({.name = "created"}, [] { return std::make_unique<Office>(); });
  if (!tap || !europe || !created) return 1;
  if (!broker.subscribe("orders.eu.**", *europe) || !broker.subscribe("orders.*.created", *created)) return 1;

  for (const char* name : {"orders.eu.created", "orders.us.created", "orders.eu.paid.late"}) {
    const auto topic = Topic::parse(name);
    if (!topic) return 1;
    fmt::print("{}: to {}\n", name, broker.publish(*topic, name).delivered);
  }
  while (const auto seen = tap->take()) fmt::print("tap: {}\n", seen->topic.text());
  fmt::print("tap: no room for {}\n", tap->dropped());

  system.wait_idle(airssys::Instant::max());
  europe->stop();  // an actor that has ended is no subscriber any more
  system.wait_idle(airssys::Instant::max());
  fmt::print("orders.eu.paid: to {}\n", broker.publish(*Topic::parse("orders.eu.paid"), "paid").delivered);
  system.shutdown(std::chrono::seconds(1));
}
