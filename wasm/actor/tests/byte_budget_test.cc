#include "airssys/wasm/actor/byte_budget.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "airssys/rt/testing/seeds.h"

namespace airssys::wasm {
namespace {

TEST(ByteBudget, RefusesWhatDoesNotFitBesideWhatWaits) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.reserve(60));
  EXPECT_TRUE(budget.reserve(40));
  EXPECT_FALSE(budget.reserve(1));
  EXPECT_EQ(budget.waiting(), 100u);
}

TEST(ByteBudget, TakesAgainWhatFitsOnceSomethingWasTaken) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.reserve(60));
  EXPECT_TRUE(budget.reserve(40));
  budget.take(60);
  EXPECT_FALSE(budget.reserve(61));
  EXPECT_TRUE(budget.reserve(60));
  budget.give_back(40);
  EXPECT_EQ(budget.waiting(), 60u);
}

TEST(ByteBudget, TakesOneThatIsTooLargeWhenNothingWaitsAndThenNothingMore) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.reserve(1'000'000));
  EXPECT_FALSE(budget.reserve(1));
  EXPECT_TRUE(budget.reserve(0));
  budget.take(1'000'000);
  EXPECT_TRUE(budget.reserve(1));
  EXPECT_FALSE(budget.reserve(1'000'000));
}

// Whatever comes and goes: it knows what waits, and refuses exactly what the rule says.
TEST(ByteBudget, KeepsItsBookBySeed) {
  for (const std::uint64_t seed : rt::testing::seeds(100)) {
    std::mt19937_64 random(seed);
    ByteBudget budget(1000);
    std::deque<std::uint64_t> waiting;
    std::uint64_t sum = 0;
    for (int step = 0; step < 500; ++step) {
      if (random() % 3 != 0) {
        const std::uint64_t bytes = random() % 400 + (random() % 50 == 0 ? 2000 : 0);
        const bool fits = sum == 0 || sum + bytes <= 1000;
        ASSERT_EQ(budget.reserve(bytes), fits) << "AIRSSYS_SEED=" << seed;
        if (!fits) continue;
        waiting.push_back(bytes);
        sum += bytes;
      } else if (!waiting.empty()) {
        random() % 4 == 0 ? budget.give_back(waiting.front()) : budget.take(waiting.front());
        sum -= waiting.front();
        waiting.pop_front();
      }
      ASSERT_EQ(budget.waiting(), sum) << "AIRSSYS_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace airssys::wasm
