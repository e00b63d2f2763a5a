// An actor: an object that handles messages of one type, one at a time. A failed message costs its object; a fresh one goes on
// behind the same address, with the messages that wait.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

using namespace airssys::rt;
using airssys::Result;

struct Greet {
  std::string whom;
};

class Greeter final : public Actor<Greet> {
 public:
  Result<Turn> handle(Greet message, Context& context) override {
    if (message.whom.empty()) return airssys::fail(airssys::Code::invalid_argument, "whom?");
    fmt::print("{}: hello {}, you are number {}\n", context.name(), message.whom, ++greeted_);
    return Turn::done;
  }

 private:
  int greeted_ = 0;  // no lock: never two calls at once
};

int main() {
  const auto platform = airssys::real_platform();
  WorkStealingExecutor executor(*platform, 2);  // on two threads
  ActorSystem system(executor);

  auto greeter = system.spawn_and_wait({.name = "greeter"}, [] { return std::make_unique<Greeter>(); });
  if (!greeter) return 1;
  for (const char* whom : {"Ada", "Grace", "", "Barbara"}) {
    if (auto sent = greeter->send({whom}); !sent) fmt::print("{}\n", sent.error().message());  // as when the mailbox is full
  }
  system.wait_idle(platform->now() + std::chrono::seconds(5));
  system.shutdown(std::chrono::seconds(5));  // in reverse order of starts; returns what did not stop
  if (auto late = greeter->send({"nobody"}); !late) fmt::print("{}\n", late.error().message());
}
