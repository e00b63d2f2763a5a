#include "airssys/rt/timer.h"

#include "world.h"

namespace airssys::rt {
namespace {

Instant at(int n) { return Instant(Duration(n)); }
Ref<TimerTask> task(std::vector<int>& fired, int n) {
  return Ref<TimerTask>::adopt(new TimerTask([&fired, n] { fired.push_back(n); }));
}

TEST(TimerQueue, GivesTheEarliestFirstAndEqualOnesInTheOrderTheyWereArmed) {
  TimerQueue sut;
  std::vector<int> fired;
  const std::vector<int> dues{5, 3, 9, 3, 1, 5, 7, 3};
  for (std::size_t n = 0; n < dues.size(); ++n) sut.add(task(fired, dues[n] * 10 + static_cast<int>(n)), at(dues[n]));
  EXPECT_EQ(sut.next(), at(1));
  while (auto due = sut.take_due(at(100))) due->fire();
  EXPECT_EQ(fired, (std::vector{14, 31, 33, 37, 50, 55, 76, 92}));
  EXPECT_EQ(sut.next(), Instant::max());
}

TEST(TimerQueue, HoldsBackWhatIsNotDue) {
  TimerQueue sut;
  std::vector<int> fired;
  sut.add(task(fired, 1), at(10));
  EXPECT_FALSE(sut.take_due(at(9)));
  EXPECT_TRUE(sut.take_due(at(10)));
}

TEST(TimerQueue, RemovesFromAnyPlaceAndOnce) {
  for (int victim = 0; victim < 20; ++victim) {
    TimerQueue sut;
    std::vector<int> fired;
    std::vector<int> expected;
    Ref<TimerTask> removed;
    for (int n = 0; n < 20; ++n) {
      auto one = task(fired, (n * 7) % 20);
      if (n == victim) removed = one;
      sut.add(std::move(one), at((n * 7) % 20));
    }
    for (int n = 0; n < 20; ++n)
      if (n != (victim * 7) % 20) expected.push_back(n);
    EXPECT_TRUE(sut.remove(*removed));
    EXPECT_FALSE(sut.remove(*removed));
    while (auto due = sut.take_due(at(100))) due->fire();
    EXPECT_EQ(fired, expected) << victim;
  }
}

TEST(Timers, SendAMessageAtItsInstantAndNotBefore) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    context.send_after<Act>(50ms, context.self<Act>(), note(got, 1));
    return Turn::done;
  }));
  world.pass(50ms - 1ns);
  EXPECT_TRUE(got.empty());
  world.pass(1ns);
  EXPECT_EQ(got, std::vector{1});
}

TEST(Timers, DoNotFireOnceCancelled) {
  World world;
  bool fired = false;
  const auto task = world.executor.post_at(world.platform.now() + 1s, [&] { fired = true; });
  EXPECT_TRUE(world.executor.cancel(*task));
  EXPECT_FALSE(world.executor.cancel(*task));
  world.pass(2s);
  EXPECT_FALSE(fired);
}

TEST(Timers, WaitUntilNothingIsReady) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({}, strings);
  world.executor.post_at(world.platform.now(), [&] { got.push_back(2); });
  ASSERT_TRUE(actor.send(note(got, 1)));
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_EQ(got, (std::vector{1, 2}));
}

}  // namespace
}  // namespace airssys::rt
