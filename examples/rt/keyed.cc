// Keyed actors: one for each key, made when it is first sent to, put away when it has had nothing to do for a while.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/keyed.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using namespace std::chrono_literals;
using airssys::Result;

struct Add {
  int items;
};

class Cart final : public Actor<Add> {
 public:
  explicit Cart(std::string owner) : owner_(std::move(owner)) { fmt::print("{}'s cart is here\n", owner_); }
  ~Cart() override { fmt::print("{}'s cart is put away with {} items\n", owner_, items_); }
  Result<Turn> handle(Add add, Context&) override {
    items_ += add.items;
    return Turn::done;
  }

 private:
  const std::string owner_;
  int items_ = 0;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);

  Keyed<Add> carts(system, {.max_live = 1000, .idle = 60s}, [&](std::string_view key, const ActorRef& predecessor) {
    auto make = [owner = std::string(key)] { return std::make_unique<Cart>(owner); };
    return predecessor ? system.root().spawn_after(predecessor, {}, make) : system.spawn({}, make);
  });

  for (const char* owner : {"alice", "bob", "alice"}) {
    Add one{1};
    if (!carts.try_send(owner, one)) return 1;
  }
  if (!executor.run_for(3min)) return 1;
  fmt::print("{} alive after three minutes\n", carts.stats().live);
  Add two{2};
  if (!carts.try_send("alice", two)) return 1;
  system.shutdown(1s);
}
