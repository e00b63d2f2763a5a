#include "airssys/base/platform.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "airssys/base/sim_platform.h"

namespace airssys {
namespace {

using namespace std::chrono_literals;

TEST(RealPlatform, HasAClockThatNeverGoesBack) {
  const auto platform = real_platform();
  Instant before = platform->now();
  for (int i = 0; i < 1000; ++i) {
    const Instant after = platform->now();
    ASSERT_GE(after, before);
    before = after;
  }
}

TEST(RealPlatform, HasACheapClockThatFollowsTheOther) {
  const auto platform = real_platform();
  const Instant begin = platform->now();
  Instant coarse = platform->coarse_now();
  while (coarse <= begin) {  // for some ticks
    const Instant before = coarse;
    coarse = platform->coarse_now();
    ASSERT_GE(coarse, before);
    ASSERT_LE(coarse, platform->now());
  }
}

TEST(RealPlatform, DoesNotRepeatRandomNumbers) {
  const auto platform = real_platform();
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(platform->random());
  EXPECT_EQ(seen.size(), 100u);
}

TEST(RealPlatform, RunsAThreadAndJoinsItInItsDestructor) {
  const auto platform = real_platform();
  std::atomic<bool> ran = false;
  {
    const auto thread = platform->start_thread("a name of more than fifteen characters", [&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(SimPlatform, MovesTimeOnlyWhenTold) {
  SimPlatform platform(1);
  const Instant start = platform.now();
  EXPECT_EQ(platform.now(), start);
  platform.advance(5ms);
  EXPECT_EQ(platform.now() - start, 5ms);
}

TEST(SimPlatform, NeverMovesTimeBack) {
  SimPlatform platform(1);
  platform.advance(5ms);
  const Instant now = platform.now();
  platform.advance_to(now - 1ms);
  EXPECT_EQ(platform.now(), now);
}

TEST(SimPlatform, MovesTheWallClockWithTime) {
  SimPlatform platform(1);
  const WallTime start = platform.wall_now();
  EXPECT_EQ(start, WallTime(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}));
  platform.advance(24h);
  EXPECT_EQ(platform.wall_now() - start, 24h);
}

TEST(SimPlatform, RepeatsItsRandomNumbersForTheSameSeedOnly) {
  SimPlatform one(42), same(42), other(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto number = one.random();
    ASSERT_EQ(number, same.random());
    differs |= number != other.random();
  }
  EXPECT_TRUE(differs);
}

TEST(SimPlatformDeathTest, IsOneThreadAndRefusesASecond) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  SimPlatform platform(1);
  EXPECT_DEATH((void)platform.start_thread("worker-1", [] {}),
               "broken invariant .*thread 'worker-1' was asked of a simulated world");
}

}  // namespace
}  // namespace airssys
