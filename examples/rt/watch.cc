// Watches and links: to be told when another actor has ended for good, or to fail with it.
#include "airssys/rt/watch.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using airssys::Result;

// Fails at every message.
class Fragile final : public Actor<std::string> {
 public:
  Result<Turn> handle(std::string message, Context&) override { return airssys::fail(airssys::Code::io, std::move(message)); }
};

// A message is whom to watch.
class Watcher final : public Actor<ActorRef> {
 public:
  Result<Turn> handle(ActorRef whom, Context& context) override {
    AIRSSYS_TRY_VOID(context.watch(whom));
    return Turn::done;
  }
  Result<Turn> on_terminated(Context&, const Terminated& ended) override {
    fmt::print("{} has ended: {}{}\n", ended.actor.name(), exit_kind_name(ended.reason.kind),
               ended.reason.error ? ", " + ended.reason.error->message() : "");
    return Turn::done;
  }
};

// Is nothing without its partner.
class Twin final : public Actor<ActorRef> {
 public:
  Result<Turn> handle(ActorRef partner, Context& context) override {
    AIRSSYS_TRY_VOID(context.link(partner));
    return Turn::done;
  }
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  auto watcher = system.spawn({.name = "watcher"}, [] { return std::make_unique<Watcher>(); });
  auto fragile = system.spawn({.name = "fragile", .intensity = RestartIntensity{.max_restarts = 1}},
                              [] { return std::make_unique<Fragile>(); });
  auto castor = system.spawn({.name = "castor"}, std::make_unique<Twin>());  // objects: they are not restarted
  auto pollux = system.spawn({.name = "pollux"}, std::make_unique<Twin>());
  if (!watcher || !fragile || !castor || !pollux || !castor->send(*pollux)) return 1;
  for (const ActorRef& whom : {ActorRef(*fragile), ActorRef(*castor), ActorRef(*pollux)}) {
    if (!watcher->send(whom)) return 1;
  }

  // A restart is no end: the watcher hears of the second failure only.
  if (!executor.run_ready() || !fragile->send("once") || !fragile->send("twice") || !executor.run_ready()) return 1;
  castor->kill();
  if (!executor.run_ready() || !watcher->send(*castor)) return 1;  // who has ended already is told at once
  return executor.run_ready() ? 0 : 1;
}
