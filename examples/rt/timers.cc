// Timers: messages that come later, once or again and again. In a simulated world hours take no time.
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

class Kitchen final : public Actor<std::string> {
 public:
  Result<Turn> pre_start(Context& context) override {
    began_ = context.now();
    const auto self = context.self<std::string>();
    context.send_after<std::string>(50min, self, "the bread is done");
    AIRSSYS_TRY(stirring_, context.send_every<std::string>(15min, self, "stir"));
    return Turn::done;
  }
  Result<Turn> handle(std::string message, Context& context) override {
    fmt::print("{} min: {}\n", (context.now() - began_) / 1min, message);
    if (message == "the bread is done") stirring_->cancel();
    return Turn::done;
  }

 private:
  airssys::Instant began_;
  Ref<PeriodicTimer> stirring_;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  auto kitchen = system.spawn({.name = "kitchen"}, [] { return std::make_unique<Kitchen>(); });
  return kitchen && executor.run_for(24h) ? 0 : 1;
}
