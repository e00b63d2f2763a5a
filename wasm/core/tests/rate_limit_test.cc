#include "airssys/wasm/core/rate_limit.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

constexpr Instant begin{1h};

int taken(RateLimit& limit, Instant now, int asked) {
  int got = 0;
  for (int i = 0; i < asked; ++i) got += limit.take(now) ? 1 : 0;
  return got;
}

TEST(RateLimit, GivesTheBurstAtOnceAndThenSoManyAMinute) {
  RateLimit limit({.per_minute = 600, .burst = 20});
  EXPECT_EQ(taken(limit, begin, 100), 20);
  EXPECT_EQ(taken(limit, begin + 99ms, 100), 0);
  EXPECT_EQ(taken(limit, begin + 100ms, 100), 1);
  EXPECT_EQ(taken(limit, begin + 1100ms, 100), 10);
}

TEST(RateLimit, RefusesTheThousandAndFirstCallOfAMinuteByDefault) {
  RateLimit limit{RatePolicy{}};
  EXPECT_EQ(taken(limit, begin, 1000), 1000);
  EXPECT_FALSE(limit.take(begin));
}

TEST(RateLimit, FillsUpToTheBurstAndNoFurther) {
  RateLimit limit({.per_minute = 60'000, .burst = 5});
  EXPECT_EQ(taken(limit, begin, 5), 5);
  EXPECT_EQ(taken(limit, begin + 24h, 100), 5);
}

TEST(RateLimit, SaysWhenTheNextOneIsLeft) {
  RateLimit limit({.per_minute = 60, .burst = 1});
  EXPECT_LE(limit.next(begin), begin);
  EXPECT_TRUE(limit.take(begin));
  EXPECT_EQ(limit.next(begin), begin + 1s);
  EXPECT_FALSE(limit.take(begin + 999ms));
  EXPECT_TRUE(limit.take(limit.next(begin + 999ms)));
}

TEST(RateLimit, TakesTheExtremesOfItsPolicy) {
  RateLimit most({.per_minute = RatePolicy::most, .burst = RatePolicy::most});
  EXPECT_EQ(taken(most, begin, 1000), 1000);
  RateLimit deep({.per_minute = 1, .burst = RatePolicy::most});
  EXPECT_EQ(taken(deep, begin, 1000), 1000);
  RateLimit least({.per_minute = 1, .burst = 1});
  EXPECT_EQ(taken(least, begin, 10), 1);
  EXPECT_EQ(taken(least, begin + 1min, 10), 1);
}

TEST(RateLimit, NeverLetsMoreThroughThanABucketThatIsRefilledWould) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const RatePolicy policy{.per_minute = 1 + random() % 5000, .burst = 1 + random() % 50};
    RateLimit limit(policy);
    double level = static_cast<double>(policy.burst);
    Instant now = begin;
    for (int i = 0; i < 500; ++i) {
      const Duration pause = std::chrono::microseconds(random() % 200'000);
      now += pause;
      level = std::min(static_cast<double>(policy.burst),
                       level + static_cast<double>(pause.count()) / 60e9 * static_cast<double>(policy.per_minute));
      const bool had = level >= 1 - 1e-3, sure = level >= 1 + 1e-3;
      const bool got = limit.take(now);
      EXPECT_TRUE(got ? had : !sure) << "seed " << seed << ", step " << i << ", level " << level;
      if (got) level -= 1;
    }
  }
}

TEST(RateLimit, GivesEachOfItsTokensOnceToManyThreads) {
  RateLimit limit({.per_minute = 1, .burst = 10'000});
  std::atomic<int> got{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { got += taken(limit, begin, 5000); });
  }
  EXPECT_EQ(got, 10'000);
}

}  // namespace
}  // namespace airssys::wasm
