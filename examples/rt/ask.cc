// Ask: a request that gets exactly one outcome, whatever happens to whoever should answer.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using namespace std::chrono_literals;
using airssys::Result;

struct Divide {
  int a;
  int b;
  Reply<int> reply;  // the right to answer, once; may be kept for later, or given to another actor
};

class Calculator final : public Actor<Divide> {
 public:
  Result<Turn> handle(Divide message, Context&) override {
    if (message.b < 0) return Turn::done;  // forgets to answer
    if (message.b == 0)
      AIRSSYS_TRY_VOID(message.reply.fail(airssys::Error(airssys::Code::invalid_argument, "nothing divides by 0")));
    else
      AIRSSYS_TRY_VOID(message.reply.send(message.a / message.b));
    return Turn::done;
  }
};

void show(const char* who, const Result<int>& answer) {
  fmt::print("{}: {}\n", who, answer ? std::to_string(*answer) : answer.error().message());
}

// What an actor asks it goes on with in a turn of its own; meanwhile it handles other messages.
class Pupil final : public Actor<int> {
 public:
  explicit Pupil(Address<Divide> calculator) : calculator_(std::move(calculator)) {}

  Result<Turn> handle(int number, Context& context) override {
    AIRSSYS_TRY_VOID(context.ask<int>(
        calculator_, [number](Reply<int> reply) { return Divide{84, number, std::move(reply)}; }, 1s,
        [](Result<int> answer, Context&) -> Result<Turn> {
          show("pupil", answer);
          return Turn::done;
        }));
    return Turn::done;
  }

 private:
  Address<Divide> calculator_;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  auto calculator = system.spawn({}, [] { return std::make_unique<Calculator>(); });
  if (!calculator) return 1;
  auto pupil = system.spawn({}, [calculator] { return std::make_unique<Pupil>(*calculator); });
  if (!pupil) return 1;
  for (const int number : {2, 0, -1}) {
    if (!pupil->send(number) || !executor.run_ready()) return 1;
  }
  // A plain thread gets a future.
  auto future = system.ask<int>(*calculator, [](Reply<int> reply) { return Divide{9, 3, std::move(reply)}; }, 1s);
  show("main", future.wait());
}
