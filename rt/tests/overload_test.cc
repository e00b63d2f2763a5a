// What a full mailbox does (R0.4): bounds are exact, and every drop is counted.
#include "world.h"

namespace airssys::rt {
namespace {

class OverloadTest : public ::testing::Test {
 protected:
  Address<Act> make(Overload overload, std::uint32_t capacity = 2) {
    return world.start({.mailbox_capacity = capacity, .overload = overload}, world.strings());
  }
  // Sends 1 to `count` in one turn of `from`.
  Act floods(Address<Act> to, int count, std::string who = "") {
    return [this, to, count, who](Context&) -> Result<Turn> {
      for (int n = 1; n <= count; ++n) {
        const auto sent = to.send(note(seen, n));
        if (!sent) refused.push_back(who + std::string(code_name(sent.error().code())));
      }
      return Turn::done;
    };
  }
  void park(const Address<Act>& actor) {
    ASSERT_TRUE(actor.send([this](Context& context) -> Result<Turn> {
      waker = context.waker();
      return Turn::parked;
    }));
    world.settle();
  }
  World world;
  std::vector<int> seen;
  std::vector<std::string> refused;
  Waker waker;
};

TEST_F(OverloadTest, ErrorRefusesAndCountsWhoeverFloodsAlsoItself) {
  auto actor = make(Overload::error);
  ASSERT_TRUE(actor.send(floods(actor, 10)));
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2}));
  EXPECT_EQ(refused.size(), 8u);
  EXPECT_EQ(actor.stats().refused, 8u);
  EXPECT_EQ(actor.stats().dropped, 0u);
}

TEST_F(OverloadTest, DropNewestKeepsWhatWaits) {
  auto actor = make(Overload::drop_newest);
  for (int n = 1; n <= 5; ++n) EXPECT_TRUE(actor.send(note(seen, n))) << "the sender does not notice";
  Act more = nothing();
  EXPECT_EQ(actor.try_send(more), SendStatus::dropped);
  EXPECT_EQ(actor.stats().waiting, 2u);
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2}));
  EXPECT_EQ(actor.stats().dropped, 4u);
  EXPECT_EQ(actor.stats().refused, 0u);
  EXPECT_EQ(world.system.stats().dropped, 4u);
  EXPECT_EQ(world.events.overflow, 4) << "a dead letter each";
}

TEST_F(OverloadTest, DropOldestKeepsTheLatest) {
  auto actor = make(Overload::drop_oldest);
  for (int n = 1; n <= 5; ++n) EXPECT_TRUE(actor.send(note(seen, n)));
  EXPECT_EQ(actor.stats().waiting, 2u);
  world.settle();
  EXPECT_EQ(seen, (std::vector{4, 5}));
  EXPECT_EQ(actor.stats().dropped, 3u);
  EXPECT_EQ(actor.stats().handled, 2u);
  EXPECT_EQ(world.events.overflow, 3);
  ASSERT_TRUE(actor.send(note(seen, 6)));
  world.settle();
  EXPECT_EQ(seen.back(), 6);
}

TEST_F(OverloadTest, DropOldestSparesTheHigherPriority) {
  auto actor = make(Overload::drop_oldest, 3);
  const auto send = [&](int n, Priority priority) {
    Act act = note(seen, n);
    return actor.try_send(act, {.priority = priority, .ttl = 1h});
  };
  EXPECT_EQ(send(1, Priority::critical), SendStatus::sent);
  EXPECT_EQ(send(2, Priority::low), SendStatus::sent);
  EXPECT_EQ(send(3, Priority::normal), SendStatus::sent);
  EXPECT_EQ(send(4, Priority::high), SendStatus::sent) << "drops 2";
  EXPECT_EQ(send(5, Priority::normal), SendStatus::sent) << "drops 3";
  EXPECT_EQ(send(6, Priority::low), SendStatus::dropped) << "is lower than all";
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 4, 5}));
  EXPECT_EQ(actor.stats().dropped, 3u);
}

TEST_F(OverloadTest, CanBeTheSystems) {
  World other(1, {.mailbox_capacity = 1, .overload = Overload::drop_oldest});
  auto actor = other.start({}, other.strings());
  EXPECT_TRUE(actor.send(note(seen, 1)));
  EXPECT_TRUE(actor.send(note(seen, 2)));
  other.settle();
  EXPECT_EQ(seen, std::vector{2});
}

TEST_F(OverloadTest, BlockSuspendsTheSenderUntilAllItSentIsWithin) {
  auto actor = make(Overload::block);
  auto sender = world.start({}, world.strings());
  std::vector<int> others;
  park(actor);
  ASSERT_TRUE(sender.send(floods(actor, 5)));
  ASSERT_TRUE(sender.send(note(others, 1)));
  world.settle();
  EXPECT_TRUE(others.empty()) << "it takes no further message";
  EXPECT_FALSE(world.system.is_idle());
  EXPECT_EQ(actor.stats().waiting, 2u) << "the bound is kept";
  waker.wake();
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2, 3, 4, 5}));
  EXPECT_EQ(others, std::vector{1});
  EXPECT_TRUE(refused.empty());
  EXPECT_EQ(actor.stats().refused + actor.stats().dropped, 0u);
  EXPECT_TRUE(world.system.is_idle());
}

TEST_F(OverloadTest, BlockHoldsSixteenOfOneSenderAndRefusesTheNext) {
  auto actor = make(Overload::block);
  auto sender = world.start({}, world.strings());
  park(actor);
  ASSERT_TRUE(sender.send(floods(actor, 20)));
  world.settle();
  EXPECT_EQ(refused, (std::vector<std::string>{"exhausted", "exhausted"}));
  EXPECT_EQ(actor.stats().refused, 2u);
  waker.wake();
  world.settle();
  EXPECT_EQ(seen.size(), 18u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(OverloadTest, BlockRefusesWhoSendsToItselfWhoTriesAndATimer) {
  auto actor = make(Overload::block);
  ASSERT_TRUE(actor.send(floods(actor, 3)));
  world.settle();
  EXPECT_EQ(refused, (std::vector<std::string>{"exhausted"}));
  park(actor);
  ASSERT_TRUE(actor.send(note(seen, 8)));
  ASSERT_TRUE(actor.send(note(seen, 9)));
  Act more = nothing();
  EXPECT_EQ(actor.try_send(more), SendStatus::full);
  EXPECT_TRUE(more);
  world.executor.post_at(world.platform.now(), [&] { EXPECT_EQ(actor.send(nothing()).error().code(), Code::exhausted); });
  world.pass(1ns);
  EXPECT_EQ(actor.stats().refused, 3u);
}

TEST_F(OverloadTest, BlockLetsAParkedSenderParkByItsOwnRules) {
  auto actor = make(Overload::block);
  Strings& strings = world.strings();
  auto sender = world.start({}, strings);
  park(actor);
  Waker own;
  ASSERT_TRUE(sender.send([&](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(floods(actor, 4)(context));
    own = context.waker();
    return Turn::parked;
  }));
  std::vector<int> others;
  ASSERT_TRUE(sender.send(note(others, 1)));
  world.settle();
  own.wake();
  world.settle();
  EXPECT_EQ(strings.seen.back(), "resume") << "the call goes on";
  EXPECT_TRUE(others.empty()) << "the next one does not begin";
  waker.wake();
  world.settle();
  EXPECT_EQ(others, std::vector{1});
}

TEST_F(OverloadTest, BlockReleasesTheSenderWhenTheReceiverEnds) {
  auto actor = make(Overload::block);
  auto sender = world.start({}, world.strings());
  std::vector<int> others;
  park(actor);
  ASSERT_TRUE(sender.send(floods(actor, 5)));
  ASSERT_TRUE(sender.send(note(others, 1)));
  world.settle();
  actor.kill();
  world.settle();
  EXPECT_EQ(others, std::vector{1});
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(world.events.discarded, 5) << "a dead letter each, held ones too";
}

TEST_F(OverloadTest, BlockDeliversWhatIsHeldWhenTheReceiverStopsInOrder) {
  auto actor = make(Overload::block);
  auto sender = world.start({}, world.strings());
  park(actor);
  ASSERT_TRUE(sender.send(floods(actor, 5)));
  world.settle();
  actor.stop();
  waker.wake();
  world.settle();
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_TRUE(actor.ended());
}

TEST_F(OverloadTest, BlockLetsASuspendedSenderBeKilledStoppedAndRestarted) {
  for (const bool kills : {true, false}) {
    auto actor = make(Overload::block);
    auto sender = world.start({.shutdown = ShutdownPolicy::graceful(1s)}, world.strings());
    park(actor);
    seen.clear();
    ASSERT_TRUE(sender.send(floods(actor, 5)));
    world.settle();
    kills ? sender.kill() : sender.stop();
    world.settle();
    EXPECT_EQ(sender.ended(), kills) << "a stop waits for its room";
    world.pass(1s);
    EXPECT_TRUE(sender.ended()) << "but not longer than its grace";
    waker.wake();
    world.settle();
    EXPECT_EQ(seen.size(), 5u) << "what it had sent is sent";
  }
  auto actor = make(Overload::block);
  Strings& strings = world.strings();
  auto sender = world.start({}, strings);
  std::vector<int> others;
  park(actor);
  ASSERT_TRUE(sender.send([&](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(floods(actor, 5)(context));
    return fail(Code::internal, "crash");
  }));
  ASSERT_TRUE(sender.send(note(others, 1)));
  world.settle();
  EXPECT_EQ(strings.made, 2);
  EXPECT_TRUE(others.empty()) << "the new object waits as well";
  waker.wake();
  world.settle();
  EXPECT_EQ(others, std::vector{1});
}

TEST_F(OverloadTest, BlockMakesAPlainThreadWaitForRoomOrItsTtl) {
  auto actor = make(Overload::block);
  park(actor);
  ASSERT_TRUE(actor.send(note(seen, 1)));
  ASSERT_TRUE(actor.send(note(seen, 2)));
  const Instant before = world.platform.now();
  const auto late = actor.send(note(seen, 3), {.ttl = 10ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::timed_out);
  EXPECT_EQ(world.platform.now() - before, 10ms);
  EXPECT_EQ(actor.send(note(seen, 4)).error().code(), Code::exhausted) << "a simulated world in which nobody wakes it";
  world.executor.post_at(world.platform.now() + 5ms, [&] { waker.wake(); });
  EXPECT_TRUE(actor.send(note(seen, 5)));
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2, 5}));
}

TEST_F(OverloadTest, BlockTwoThatFillEachOtherAreEndedByAKill) {
  auto one = make(Overload::block, 1);
  auto two = make(Overload::block, 1);
  ASSERT_TRUE(one.send(floods(two, 3)));
  ASSERT_TRUE(two.send(floods(one, 3)));
  world.settle();
  EXPECT_FALSE(world.system.is_idle());
  EXPECT_LT(seen.size(), 6u);
  EXPECT_TRUE(world.system.shutdown(1h).empty()) << "graceful for 30 s each, then killed";
  EXPECT_EQ(world.system.stats().alive, 0u);
}

}  // namespace
}  // namespace airssys::rt
