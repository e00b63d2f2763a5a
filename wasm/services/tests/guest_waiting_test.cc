#include "airssys/wasm/services/guest_waiting.h"

#include <gtest/gtest.h>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/testing/sim_executor.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

struct Sleeper final : WakeTarget {
  int references = 0;
  int wakes = 0;
  void retain() noexcept override { ++references; }
  void release() noexcept override { --references; }
  void wake() noexcept override { ++wakes; }
};

struct World {
  SimPlatform platform{1};
  rt::testing::SimExecutor executor{platform};
  GuestWaiting waiting{executor};
  Sleeper sleeper;

  bool poll(PendingOperation& operation) { return operation.poll(CallWaker(sleeper)); }
};

TEST(GuestWaiting, WakesWhenTheTimeIsOverAndNotBefore) {
  World world;
  const auto sleep = world.waiting.sleep(10ms);
  EXPECT_FALSE(world.poll(*sleep));
  ASSERT_TRUE(world.executor.run_for(10ms - 1ns));
  EXPECT_EQ(world.sleeper.wakes, 0);
  ASSERT_TRUE(world.executor.run_for(1ns));
  EXPECT_EQ(world.sleeper.wakes, 1);
  EXPECT_TRUE(world.poll(*sleep));
}

TEST(GuestWaiting, CountsFromTheCallAndNotFromTheFirstPoll) {
  World world;
  const auto sleep = world.waiting.sleep(10ms);
  world.platform.advance(10ms);
  EXPECT_TRUE(world.poll(*sleep));
  EXPECT_EQ(world.executor.timers(), 0u);
}

TEST(GuestWaiting, IsDoneAtOnceWhenThereIsNothingToWaitFor) {
  World world;
  EXPECT_TRUE(world.poll(*world.waiting.sleep(0ms)));
}

TEST(GuestWaiting, WakesTheWakerOfTheLastPoll) {
  World world;
  Sleeper early;
  const auto sleep = world.waiting.sleep(10ms);
  EXPECT_FALSE(sleep->poll(CallWaker(early)));
  EXPECT_FALSE(world.poll(*sleep));
  EXPECT_EQ(world.executor.timers(), 1u);
  EXPECT_EQ(early.references, 0);
  ASSERT_TRUE(world.executor.run_for(10ms));
  EXPECT_EQ(early.wakes, 0);
  EXPECT_EQ(world.sleeper.wakes, 1);
}

TEST(GuestWaiting, LeavesNoTimerAndNoReferenceWhenTheCallIsCancelled) {
  World world;
  auto sleep = world.waiting.sleep(10ms);
  EXPECT_FALSE(world.poll(*sleep));
  EXPECT_EQ(world.sleeper.references, 1);
  sleep.reset();
  EXPECT_EQ(world.executor.timers(), 0u);
  EXPECT_EQ(world.sleeper.references, 0);
  ASSERT_TRUE(world.executor.run_for(20ms));
  EXPECT_EQ(world.sleeper.wakes, 0);
}

}  // namespace
}  // namespace airssys::wasm
