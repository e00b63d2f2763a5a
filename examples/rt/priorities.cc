// Priorities and times to live: what waits in a mailbox is not always taken in the order it came, and not always taken.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using namespace std::chrono_literals;
using airssys::Result;

// Each patient takes ten minutes.
class Doctor final : public Actor<std::string> {
 public:
  explicit Doctor(airssys::SimPlatform& platform) : platform_(platform) {}
  Result<Turn> handle(std::string patient, Context& context) override {
    fmt::print("{}, case {}\n", patient, context.correlation());
    platform_.advance(10min);
    return Turn::done;
  }

 private:
  airssys::SimPlatform& platform_;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  auto doctor = system.spawn_and_wait({.name = "doctor"}, [&] { return std::make_unique<Doctor>(platform); });
  if (!doctor) return 1;

  const bool sent = doctor->send("sore throat", {.correlation = 1}) &&
                    doctor->send("papers to sign", {.priority = Priority::low, .correlation = 2}) &&
                    doctor->send("somebody in a hurry", {.ttl = 15min, .correlation = 3}) &&
                    doctor->send("broken arm", {.priority = Priority::high, .correlation = 4}) &&
                    doctor->send("does not breathe", {.priority = Priority::critical, .correlation = 5});
  if (!sent || !executor.run_ready()) return 1;
  fmt::print("left before their turn: {}\n", system.stats().expired);
}
