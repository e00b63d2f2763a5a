// Overload: what a full mailbox does is said where the actor is spawned.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using airssys::Result;

// Writes down what it gets.
class Clerk final : public Actor<int> {
 public:
  explicit Clerk(std::string& book) : book_(book) {}
  Result<Turn> handle(int number, Context&) override {
    book_ += fmt::format(" {}", number);
    return Turn::done;
  }

 private:
  std::string& book_;
};

// Sends 1 to 5 in one go.
class Flood final : public Actor<Address<int>> {
 public:
  Result<Turn> handle(Address<int> to, Context&) override {
    for (int number = 1; number <= 5; ++number) {
      if (const auto sent = to.send(number); !sent) fmt::print("  {}: {}\n", number, sent.error().message());
    }
    return Turn::done;
  }
};

bool show(ActorSystem& system, testing::SimExecutor& executor, Overload overload, const char* name) {
  std::string book;
  fmt::print("{}\n", name);
  auto clerk = system.spawn_and_wait({.name = name, .mailbox_capacity = 3, .overload = overload},
                                     [&] { return std::make_unique<Clerk>(book); });
  auto flood = system.spawn_and_wait({}, [] { return std::make_unique<Flood>(); });
  if (!clerk || !flood || !flood->send(*clerk) || !executor.run_ready()) return false;
  fmt::print("  handled:{}; dropped {}, refused {}\n", book, clerk->stats().dropped, clerk->stats().refused);
  clerk->stop();
  return executor.run_ready();
}

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  const bool shown =
      show(system, executor, Overload::error, "error") && show(system, executor, Overload::drop_newest, "drop newest") &&
      show(system, executor, Overload::drop_oldest, "drop oldest") && show(system, executor, Overload::block, "block");
  return shown ? 0 : 1;
}
