// Supervision: who is started again when one child fails. A supervisor is made with the answer.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using airssys::Result;

// Handles a message by failing. Whatever a failed object held is gone; the next one starts from nothing.
class Stage final : public Actor<std::string> {
 public:
  Result<Turn> pre_start(Context& context) override {
    fmt::print("  {} starts\n", context.name());
    return Turn::done;
  }
  Result<Turn> handle(std::string message, Context&) override {
    return airssys::fail(airssys::Code::execution_failed, std::move(message));
  }
  void post_stop(Context& context, const ExitReason& reason) override {
    fmt::print("  {} ends: {}\n", context.name(), exit_kind_name(reason.kind));
  }
};

// A pipeline of three under one supervisor, of which the second fails.
bool show(ActorSystem& system, testing::SimExecutor& executor, Strategy strategy, const char* title) {
  fmt::print("{}\n", title);
  auto pipeline = system.spawn_supervisor({.name = title, .strategy = strategy});
  if (!pipeline) return false;
  for (const char* name : {"reader", "parser", "writer"}) {
    auto stage = pipeline->spawn({.name = name}, [] { return std::make_unique<Stage>(); });
    if (!stage || !executor.run_ready()) return false;
  }
  fmt::print(" parser fails\n");
  auto parser = system.find<std::string>("parser");
  if (!parser || !parser->send("cannot parse") || !executor.run_ready()) return false;
  fmt::print(" stop\n");
  pipeline->stop();
  return executor.run_ready();
}

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);
  const bool shown = show(system, executor, Strategy::one_for_one, "one for one") &&
                     show(system, executor, Strategy::one_for_all, "one for all") &&
                     show(system, executor, Strategy::rest_for_one, "rest for one");
  return shown ? 0 : 1;
}
