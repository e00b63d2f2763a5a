#include "airssys/rt/waker.h"

#include "world.h"

namespace airssys::rt {
namespace {

// Parks and leaves its waker.
Act parks(Waker& waker) {
  return [&waker](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
}

TEST(Park, TakesNoMessageUntilWokenAndThenGoesOnInOrder) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::vector<int> got;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(actor.send(note(got, n)));
  world.settle();
  EXPECT_TRUE(got.empty());
  EXPECT_FALSE(world.system.is_idle());
  EXPECT_EQ(actor.stats().waiting, 3u);

  strings.resume = [&](Context&) -> Result<Turn> {
    got.push_back(0);
    return Turn::done;
  };
  waker.wake();
  world.settle();
  EXPECT_EQ(got, (std::vector{0, 1, 2, 3}));
  EXPECT_TRUE(world.system.is_idle());
}

TEST(Park, KeepsItsMailboxBounded) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.start({.mailbox_capacity = 2}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  world.settle();
  EXPECT_TRUE(actor.send(nothing()));
  EXPECT_TRUE(actor.send(nothing()));
  EXPECT_FALSE(actor.send(nothing()));
}

TEST(Park, DoesNotLoseAWakeThatCameBeforeIt) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send([](Context& context) -> Result<Turn> {
    context.waker().wake();
    return Turn::parked;
  }));
  world.settle();
  EXPECT_EQ(strings.seen, (std::vector<std::string>{"pre_start", "resume"}));
  EXPECT_TRUE(world.system.is_idle());
}

TEST(Park, SharesItsWorkerWhenItWakesItselfForEver) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  const auto yields = [](Context& context) -> Result<Turn> {
    context.waker().wake();
    return Turn::parked;
  };
  strings.resume = yields;
  auto busy = world.start({}, strings);
  auto other = world.start({}, world.strings());
  ASSERT_TRUE(busy.send(yields));
  ASSERT_TRUE(other.send(note(got, 1)));
  for (int n = 0; n < 100; ++n) ASSERT_TRUE(world.executor.step()) << "each turn ends";
  EXPECT_EQ(got, std::vector{1});
  EXPECT_FALSE(world.system.is_idle());
  busy.kill();
  world.settle();
}

TEST(Park, ManyWakesAreOneResume) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  world.settle();
  const Waker copy = waker;
  waker.wake();
  copy.wake();
  waker.wake();
  world.settle();
  EXPECT_EQ(strings.seen, (std::vector<std::string>{"pre_start", "resume"}));
}

TEST(Park, CanParkAgainWithTheSameWaker) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  int resumes = 0;
  strings.resume = [&](Context&) -> Result<Turn> { return ++resumes < 3 ? Turn::parked : Turn::done; };
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  for (int n = 1; n <= 3; ++n) {
    world.settle();
    waker.wake();
    world.settle();
    EXPECT_EQ(resumes, n);
  }
  EXPECT_TRUE(world.system.is_idle());
}

TEST(Park, IgnoresWakersOfEarlierOperations) {
  World world;
  Strings& strings = world.strings();
  Waker old;
  Waker now;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(old)));
  world.settle();
  old.wake();
  world.settle();
  ASSERT_TRUE(actor.send(parks(now)));
  world.settle();
  strings.seen.clear();
  old.wake();
  world.settle();
  EXPECT_TRUE(strings.seen.empty());
  now.wake();
  world.settle();
  EXPECT_EQ(strings.seen, std::vector<std::string>{"resume"});
}

TEST(Park, IgnoresTheWakerOfAHandlerThatDidNotPark) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::done;
  }));
  world.settle();
  waker.wake();
  world.settle();
  EXPECT_EQ(strings.seen, std::vector<std::string>{"pre_start"});
}

TEST(Park, IgnoresAWakeAfterTheActorWasRestarted) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  Waker second;
  strings.resume = [](Context&) -> Result<Turn> { return fail(Code::internal, "in resume"); };
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  world.settle();
  waker.wake();  // crashes, restarts
  world.settle();
  EXPECT_EQ(strings.made, 2);
  ASSERT_TRUE(actor.send(parks(second)));
  world.settle();
  strings.seen.clear();
  waker.wake();
  world.settle();
  EXPECT_TRUE(strings.seen.empty()) << "the waker belongs to the former object";
}

TEST(Park, IgnoresAWakeAfterTheEndAndAfterTheSystem) {
  Waker waker;
  {
    World world;
    Strings& strings = world.strings();
    auto actor = world.start({}, strings);
    ASSERT_TRUE(actor.send(parks(waker)));
    world.settle();
    actor.kill();
    world.settle();
    EXPECT_TRUE(actor.ended());
    waker.wake();
    world.settle();
  }
  waker.wake();
}

TEST(Park, WithoutAWakerIsACrashBecauseNobodyCouldEndIt) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "a"}, strings);
  ASSERT_TRUE(actor.send([](Context&) -> Result<Turn> { return Turn::parked; }));
  world.settle();
  ASSERT_EQ(world.events.lines.size(), 4u);
  EXPECT_NE(world.events.lines[1].find("crashed a: parked without a waker"), std::string::npos) << world.events.lines[1];
}

TEST(Park, InAStartHookCallsTheHookAgain) {
  World world;
  Strings& strings = world.strings();
  std::vector<Waker> wakers;
  const auto twice = [&wakers, calls = 0](Context& context) mutable -> Result<Turn> {
    if (++calls > 1) return Turn::done;
    wakers.push_back(context.waker());
    return Turn::parked;
  };
  strings.child_start = twice;
  strings.pre_start = twice;
  std::vector<int> got;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(note(got, 1)));
  world.settle();
  EXPECT_EQ(strings.seen, std::vector<std::string>{"start"});
  wakers.at(0).wake();
  world.settle();
  EXPECT_EQ(strings.seen, (std::vector<std::string>{"start", "start", "pre_start"}));
  EXPECT_TRUE(got.empty());
  wakers.at(1).wake();
  world.settle();
  EXPECT_EQ(strings.seen, (std::vector<std::string>{"start", "start", "pre_start", "pre_start"}));
  EXPECT_EQ(got, std::vector{1});
}

TEST(Park, InTheStopHookDelaysPostStop) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  strings.child_stop = [&, calls = 0](Context& context) mutable -> Result<Turn> {
    if (++calls > 1) return Turn::done;
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.start({}, strings);
  actor.stop();
  world.settle();
  EXPECT_FALSE(actor.ended());
  EXPECT_EQ(strings.living, 1);
  waker.wake();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(strings.living, 0);
  EXPECT_EQ(strings.seen.back(), "post_stop shutdown");
}

TEST(Park, DuringAStopFinishesFirst) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::vector<int> got;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  ASSERT_TRUE(actor.send(note(got, 1)));
  world.settle();
  actor.stop();
  world.settle();
  EXPECT_FALSE(actor.ended());
  waker.wake();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(got, std::vector{1}) << "accepted before the stop";
}

}  // namespace
}  // namespace airssys::rt
