// Priorities, time to live and headers of messages (R0.3).
#include "airssys/rt/envelope.h"
#include "world.h"

namespace airssys::rt {
namespace {

class PriorityTest : public ::testing::Test {
 protected:
  void put(int n, const SendOptions& options) { ASSERT_TRUE(actor.send(note(seen, n), options)) << n; }
  World world;
  Strings& strings = world.strings();
  std::vector<int> seen;
  Address<Act> actor = world.start({.mailbox_capacity = 8}, strings);
};
using TtlTest = PriorityTest;
using HeadersTest = PriorityTest;

TEST_F(PriorityTest, GivesTheHigherFirstAndEachInTheOrderItCame) {
  put(41, {.priority = Priority::low});
  put(31, {});
  put(21, {.priority = Priority::high});
  put(11, {.priority = Priority::critical});
  put(42, {.priority = Priority::low});
  put(32, {.priority = Priority::normal});
  put(22, {.priority = Priority::high});
  put(12, {.priority = Priority::critical});
  world.settle();
  EXPECT_EQ(seen, (std::vector{11, 12, 21, 22, 31, 32, 41, 42}));
}

TEST_F(PriorityTest, LetsAnUrgentMessageOvertakeWhatWaitsBehindTheOneInHand) {
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    auto self = context.self<Act>();
    AIRSSYS_TRY_VOID(self.send(note(seen, 1)));
    AIRSSYS_TRY_VOID(self.send(note(seen, 2), {.priority = Priority::critical}));
    return Turn::done;
  }));
  put(0, {});
  world.settle();
  EXPECT_EQ(seen, (std::vector{2, 0, 1}));
}

TEST_F(PriorityTest, CountsTowardsTheOneBoundOfTheMailbox) {
  for (int n = 0; n < 8; ++n) put(n, {.priority = static_cast<Priority>(n % 4)});
  const auto refused = actor.send(nothing(), {.priority = Priority::critical});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_EQ(actor.stats().waiting, 8u);
  EXPECT_EQ(actor.stats().refused, 1u);
}

TEST_F(PriorityTest, OfAnEndedActorBecomesADeadLetterEach) {
  for (int n = 0; n < 8; ++n) put(n, {.priority = static_cast<Priority>(n % 4), .correlation = 7});
  actor.kill();
  world.settle();
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(world.events.discarded, 8);
  ASSERT_FALSE(actor.send(nothing(), {.priority = Priority::high, .ttl = 1s}));
  EXPECT_EQ(world.events.late, 1);
}

TEST_F(PriorityTest, SurvivesACrashInItsOrder) {
  put(41, {.priority = Priority::low});
  ASSERT_TRUE(actor.send(fails(), {.priority = Priority::critical}));
  put(21, {.priority = Priority::high});
  world.settle();
  EXPECT_EQ(seen, (std::vector{21, 41}));
  EXPECT_EQ(actor.stats().restarts, 1u);
}

// Takes the world's time while it handles.
Act takes(World& world, Duration time) {
  return [&world, time](Context&) -> Result<Turn> {
    world.platform.advance(time);
    return Turn::done;
  };
}

TEST_F(TtlTest, OfOneSecondIsOverAfterOneSecondToTheNanosecond) {
  put(1, {.ttl = 1s});
  ASSERT_TRUE(actor.send(takes(world, 999'999'999ns), {.priority = Priority::critical}));
  world.settle();
  EXPECT_EQ(seen, std::vector{1});
  put(2, {.ttl = 1s});
  put(3, {.ttl = 1ns});
  ASSERT_TRUE(actor.send(takes(world, 1s), {.priority = Priority::critical}));
  world.settle();
  EXPECT_EQ(seen, std::vector{1});
  EXPECT_EQ(actor.stats().expired, 2u);
  EXPECT_EQ(actor.stats().handled, 3u);
  EXPECT_EQ(world.system.stats().expired, 2u);
  EXPECT_EQ(world.events.expired, 2) << "a dead letter each";
}

TEST_F(TtlTest, HoldsForALowPriorityTooAndNotForMessagesWithout) {
  put(1, {.priority = Priority::low, .ttl = 10ms});
  put(2, {.priority = Priority::low});
  ASSERT_TRUE(actor.send(takes(world, 10ms)));
  world.settle();
  EXPECT_EQ(seen, std::vector{2});
  EXPECT_EQ(actor.stats().expired, 1u);
}

TEST_F(TtlTest, CountsWhileTheActorIsParked) {
  Waker waker;
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  world.settle();
  put(1, {.ttl = 100ms});
  put(2, {.ttl = 300ms});
  world.pass(200ms);
  waker.wake();
  world.settle();
  EXPECT_EQ(seen, std::vector{2});
}

TEST_F(TtlTest, ThatIsNegativeHasExpiredAndOneWithoutEndNever) {
  put(1, {.ttl = -1ns});
  put(2, {.ttl = Duration::max()});
  world.settle();
  EXPECT_EQ(seen, std::vector{2});
}

TEST_F(HeadersTest, ReachTheHandlerAndNobodyAfterIt) {
  TraceContext trace;
  trace.trace_id[0] = std::byte{7};
  trace.flags = 1;
  std::vector<std::uint64_t> correlations;
  const auto look = [&](Context& context) -> Result<Turn> {
    correlations.push_back(context.correlation());
    EXPECT_EQ(context.trace() == trace, context.correlation() != 0);
    EXPECT_EQ(context.headers() != nullptr, context.correlation() != 0);
    return Turn::done;
  };
  Waker waker;
  ASSERT_TRUE(actor.send(look));
  ASSERT_TRUE(actor.send(look, {.correlation = 42, .trace = trace}));
  ASSERT_TRUE(actor.send(
      [&](Context& context) -> Result<Turn> {
        EXPECT_EQ(context.headers()->priority, Priority::low);
        EXPECT_EQ(context.sender(), ActorId());
        waker = context.waker();
        return Turn::parked;
      },
      {.priority = Priority::low, .correlation = 43}));
  strings.resume = look;
  world.settle();
  waker.wake();
  world.settle();
  EXPECT_EQ(correlations, (std::vector<std::uint64_t>{0, 42, 0}));
}

TEST_F(HeadersTest, LeaveTheMessageAloneWhenItIsRefused) {
  for (int n = 0; n < 8; ++n) put(n, {});
  Act more = nothing();
  EXPECT_EQ(actor.try_send(more, {.priority = Priority::critical, .ttl = 1s}), SendStatus::full);
  EXPECT_TRUE(more) << "still the caller's";
}

}  // namespace
}  // namespace airssys::rt
