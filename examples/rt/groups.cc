// Groups: several actors that take the same messages, reached by the group's name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/group.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

using namespace airssys::rt;
using airssys::Result;

struct Job {
  int number;
};

class Worker final : public Actor<Job> {
 public:
  Result<Turn> handle(Job job, Context&) override {
    done_.push_back(job.number);
    return Turn::done;
  }
  void post_stop(Context& context, const ExitReason&) override {
    fmt::print("{} did {}\n", context.name(), fmt::join(done_, " and "));
  }

 private:
  std::vector<int> done_;
};

int main() {
  airssys::SimPlatform platform(1);
  testing::SimExecutor executor(platform);
  ActorSystem system(executor);

  auto pool = Group<Job>::open(system, "workers", {.strategy = GroupStrategy::least_loaded});
  if (!pool) return 1;
  for (const char* name : {"one", "two", "three"}) {
    auto worker = system.spawn_and_wait({.name = name}, [] { return std::make_unique<Worker>(); });
    if (!worker || !pool->join(*worker)) return 1;
  }

  // Anybody who knows the name:
  auto workers = Group<Job>::find(system, "workers");
  for (int n = 1; n <= 6; ++n) {
    if (!workers || !workers->send({n})) return 1;
  }
  system.wait_idle(airssys::Instant::max());

  if (auto two = system.find<Job>("two")) two->kill();
  system.wait_idle(airssys::Instant::max());
  fmt::print("a broadcast reaches the {} who are left\n", workers->broadcast({7}).delivered);
  system.shutdown(std::chrono::seconds(1));
}
