// Escalation: a supervisor whose children fail too often fails itself, and the one above it decides.
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

class Fragile final : public Actor<std::string> {
 public:
  Result<Turn> handle(std::string message, Context&) override { return airssys::fail(airssys::Code::io, std::move(message)); }
};

class Printer final : public EventSink {
 public:
  using Kind = SupervisionEvent::Kind;
  void on_event(const SupervisionEvent& event) noexcept override {
    if (event.kind == Kind::started || event.kind == Kind::stopped || event.kind == Kind::killed) return;
    fmt::print("  {} {}{}\n", event.name, event_name(event.kind), event.error ? ": " + event.error->message() : "");
  }
};

void show(const TreeView& node, int depth = 0) {
  fmt::print("{:{}}{}: {}, {} restarts\n", "", 2 * depth, node.name, state_name(node.state), node.restarts);
  for (const TreeView& child : node.children) show(child, depth + 1);
}

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  Printer events;
  ActorSystem system(executor, airssys::null_log(), {}, &events);

  // app ─┬─ web
  //      └─ storage ─── connection        at most one restart in 10 s, then storage is at its end
  auto app = system.spawn_supervisor({.name = "app"});
  if (!app) return 1;
  auto web = app->spawn({.name = "web"}, [] { return std::make_unique<Fragile>(); });
  auto storage = app->spawn_supervisor({.name = "storage", .intensity = {.max_restarts = 1, .window = 10s}});
  if (!web || !storage || !executor.run_ready()) return 1;
  auto connection = storage->spawn({.name = "connection"}, [] { return std::make_unique<Fragile>(); });
  if (!connection || !executor.run_ready()) return 1;

  for (const char* what : {"reset by peer", "reset again"}) {
    fmt::print("{}\n", what);
    if (!connection->send(what) || !executor.run_ready()) return 1;
  }
  show(app->tree());
}
