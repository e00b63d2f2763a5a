// The same actor in a simulated world: it greets, and a message it cannot handle costs it a restart and nothing else.
#include <airssys/base/sim_platform.h>
#include <airssys/rt/system.h>
#include <airssys/rt/testing/seeds.h>
#include <airssys/rt/testing/sim_executor.h>

#include <string>
#include <vector>

#include "greeter.h"

namespace {

bool greets_and_recovers(std::uint64_t seed) {
  std::vector<std::string> said;
  airssys::SimPlatform platform(seed);
  airssys::rt::testing::SimExecutor executor(platform);
  airssys::rt::ActorSystem system(executor, airssys::null_log(), {});
  const auto greeter =
      system.spawn({}, [&said] { return std::make_unique<Greeter>([&said](const std::string& text) { said.push_back(text); }); });
  if (!greeter) return false;
  for (const char* whom : {"Ada", "", "Grace"}) {
    if (!greeter->send({whom})) return false;
  }
  return executor.run_until_idle() && said == std::vector<std::string>{"hello, Ada", "hello, Grace"} &&
         greeter->stats().restarts == 1;
}

}  // namespace

int main() {
  for (const std::uint64_t seed : airssys::rt::testing::seeds(100)) {
    if (!greets_and_recovers(seed)) return 1;
  }
}
