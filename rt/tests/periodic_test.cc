#include "airssys/rt/periodic.h"

#include "world.h"

namespace airssys::rt {
namespace {

// Notes the instants at which it is handled.
struct Ticks {
  Act note(World& world) {
    return [this, &world](Context&) -> Result<Turn> {
      at.push_back(world.platform.now() - Instant{});
      return Turn::done;
    };
  }
  std::vector<Duration> at;
};

Act every(Duration period, Act act, Ref<PeriodicTimer>& timer, Address<Act> to = {}) {
  return [period, act, &timer, to](Context& context) -> Result<Turn> {
    AIRSSYS_TRY(timer, context.send_every(period, to ? to : context.self<Act>(), act));
    return Turn::done;
  };
}

TEST(PeriodicTimer, TicksAtWholePeriodsWithoutDrift) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  const auto puppet = world.start({}, world.strings());
  ASSERT_TRUE(puppet.send(every(10ms, ticks.note(world), timer)));
  world.settle();
  world.pass(45ms);
  EXPECT_EQ(ticks.at, (std::vector<Duration>{10ms, 20ms, 30ms, 40ms}));
  world.platform.advance(33ms);  // the executor is late by three ticks and a bit
  world.pass(20ms);
  EXPECT_EQ(ticks.at, (std::vector<Duration>{10ms, 20ms, 30ms, 40ms, 78ms, 80ms, 90ms}));
  EXPECT_EQ(timer->skipped(), 2u) << "those of 60 and 70 ms; the one of 50 came late";
}

TEST(PeriodicTimer, EndsWhenItIsCancelledAlsoFromItsOwnTick) {
  World world;
  int ticks = 0;
  Ref<PeriodicTimer> timer;
  const auto puppet = world.start({}, world.strings());
  const Act third_is_last = [&](Context&) -> Result<Turn> {
    if (++ticks == 3) timer->cancel();
    return Turn::done;
  };
  ASSERT_TRUE(puppet.send(every(1ms, third_is_last, timer)));
  ASSERT_TRUE(world.executor.run_until_idle()) << "a timer is still armed";
  EXPECT_EQ(ticks, 3);
  EXPECT_TRUE(timer->over());
  timer->cancel();
}

TEST(PeriodicTimer, EndsWithItsActor) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  const auto puppet = world.start({}, world.strings());
  ASSERT_TRUE(puppet.send(every(1ms, ticks.note(world), timer)));
  world.pass(3500us);
  puppet.stop();
  world.pass(10ms);
  EXPECT_EQ(ticks.at.size(), 3u);
  EXPECT_EQ(world.executor.timers(), 0u);
  EXPECT_TRUE(timer->over());
}

TEST(PeriodicTimer, EndsWithTheObjectThatMadeItSoThatARestartDoesNotDoubleIt) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  Strings& strings = world.strings();
  strings.pre_start = [&](Context& context) { return every(10ms, ticks.note(world), timer)(context); };
  const auto puppet = world.start({}, strings);
  world.pass(15ms);
  ASSERT_TRUE(puppet.send(fails()));
  world.pass(21ms);
  EXPECT_EQ(ticks.at, (std::vector<Duration>{10ms, 25ms, 35ms}));
  puppet.stop();
  ASSERT_TRUE(world.executor.run_until_idle());
}

TEST(PeriodicTimer, EndsWithItsReceiver) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  const auto sender = world.start({}, world.strings());
  const auto receiver = world.start({}, world.strings());
  ASSERT_TRUE(sender.send(every(1ms, ticks.note(world), timer, receiver)));
  world.pass(2500us);
  EXPECT_EQ(ticks.at.size(), 2u);
  receiver.kill();
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_TRUE(timer->over());
}

TEST(PeriodicTimer, SurvivesTheRestartOfAnotherWhoReceivesIt) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  const auto sender = world.start({}, world.strings());
  const auto receiver = world.start({}, world.strings());
  ASSERT_TRUE(sender.send(every(1ms, ticks.note(world), timer, receiver)));
  world.pass(1500us);
  ASSERT_TRUE(receiver.send(fails()));
  world.pass(1ms);
  EXPECT_EQ(ticks.at.size(), 2u);
  sender.stop();
  ASSERT_TRUE(world.executor.run_until_idle());
}

TEST(PeriodicTimer, GivesASlowReceiverOneAtATimeAndPassesItsFullMailbox) {
  World world;
  Ticks ticks;
  Ref<PeriodicTimer> timer;
  Waker waker;
  Strings& slow = world.strings();
  slow.resume = [](Context&) -> Result<Turn> { return Turn::done; };
  const auto sender = world.start({}, world.strings());
  const auto receiver = world.start({.mailbox_capacity = 1}, slow);
  ASSERT_TRUE(sender.send(every(1ms, ticks.note(world), timer, receiver)));
  ASSERT_TRUE(receiver.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  world.settle();
  ASSERT_TRUE(receiver.send(nothing()));
  ASSERT_FALSE(receiver.send(nothing())) << "full";
  world.pass(10500us);
  EXPECT_TRUE(ticks.at.empty());
  EXPECT_EQ(timer->skipped(), 9u);
  waker.wake();
  world.settle();
  EXPECT_EQ(ticks.at, std::vector<Duration>{10500us});
  world.pass(1ms);
  EXPECT_EQ(ticks.at.size(), 2u);
  sender.stop();
  ASSERT_TRUE(world.executor.run_until_idle());
}

TEST(PeriodicTimer, HasBounds) {
  World world;
  const auto puppet = world.start({}, world.strings());
  std::vector<Code> codes;
  std::size_t made = 0;
  ASSERT_TRUE(puppet.send([&](Context& context) -> Result<Turn> {
    codes.push_back(context.send_every(0ms, context.self<Act>(), nothing()).error().code());
    for (;;) {
      auto timer = context.send_every(1h, context.self<Act>(), nothing());
      if (!timer) {
        codes.push_back(timer.error().code());
        break;
      }
      ++made;
      if (made % 2 == 0) (*timer)->cancel();  // the cancelled do not count
    }
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(codes, (std::vector{Code::invalid_argument, Code::exhausted}));
  EXPECT_GE(made, 1999u);
}

}  // namespace
}  // namespace airssys::rt
