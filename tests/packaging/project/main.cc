#include <airssys/base/platform.h>
#include <airssys/rt/system.h>
#include <airssys/rt/work_stealing_executor.h>

#include <cstdio>

#include "greeter.h"

int main() {
  const auto platform = airssys::real_platform();
  airssys::rt::WorkStealingExecutor executor(*platform, 2);
  airssys::rt::ActorSystem system(executor, airssys::null_log(), {});
  const auto greeter = system.spawn_and_wait(
      {.name = "greeter"}, [] { return std::make_unique<Greeter>([](const std::string& text) { std::puts(text.c_str()); }); });
  if (!greeter || !greeter->send({"world"})) return 1;
  return system.shutdown(std::chrono::seconds(10)).empty() ? 0 : 1;  // what was accepted is handled first
}
