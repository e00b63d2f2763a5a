// SimWorld: a platform, an executor and an actor system in one, all simulated: what a test of actors begins with.
//
//   for (const std::uint64_t seed : testing::seeds(200)) {
//     testing::SimWorld world({.seed = seed, .faults = {.delay = 100, .crash = 5}});
//     auto worker = world.system.spawn({.name = "worker"}, [] { return std::make_unique<Worker>(); });
//     …
//     ASSERT_TRUE(world.executor.run_until_idle()) << world.about();
//   }
#pragma once
#include <cstdint>
#include <string>

#include "airssys/base/log.h"
#include "airssys/base/sim_platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/faults.h"
#include "airssys/rt/testing/sim_executor.h"
#include "airssys/rt/testing/trace.h"

namespace airssys::rt::testing {

struct SimWorldOptions {
  std::uint64_t seed = 1;
  SystemLimits limits = {};
  Faults faults = {};  // from the first step on
  EventSink* events = nullptr;
  LogSink& log = null_log();
};

// One thread. What its actors refer to outlives it: its end kills what is left, and hooks are called until then.
class SimWorld {
 public:
  explicit SimWorld(const SimWorldOptions& options = {})
      : platform(options.seed),
        executor(platform),
        system(executor, options.log, options.limits, options.events) {
    executor.inject(options.faults);
  }
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  // For the text of a failed expectation: the seed, how to see it again, and where the world stands.
  [[nodiscard]] std::string about() const;

  SimPlatform platform;
  SimExecutor executor;
  ActorSystem system;
};

}  // namespace airssys::rt::testing
