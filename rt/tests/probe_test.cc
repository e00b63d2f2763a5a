#include "airssys/rt/testing/probe.h"

#include <gmock/gmock.h>

#include "airssys/base/platform.h"
#include "airssys/rt/testing/sim_world.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Sends each number on, a millisecond of its own later.
class Relay final : public Actor<int> {
 public:
  explicit Relay(Address<int> to) : to_(std::move(to)) {}
  Result<Turn> handle(int number, Context& context) override {
    context.send_after(1ms, to_, number);
    return Turn::done;
  }

 private:
  const Address<int> to_;
};

TEST(Probe, GivesWhatCameInItsOrderWithinVirtualTime) {
  testing::SimWorld world;
  testing::Probe<int> probe(world.system, "probe");
  auto relay = world.system.spawn({}, std::make_unique<Relay>(probe.address()));
  ASSERT_TRUE(relay);
  ASSERT_TRUE(relay->send(1));
  ASSERT_TRUE(relay->send(2));
  auto first = probe.expect();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(*first, 1);
  EXPECT_EQ(world.platform.now(), Instant{} + 1ms);
  EXPECT_TRUE(probe.expect([](int number) { return number == 2; }));
}

TEST(Probe, SaysWhatDidNotCome) {
  testing::SimWorld world;
  testing::Probe<int> probe(world.system, "probe");
  const auto nothing = probe.expect(5ms);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), Code::timed_out);
  EXPECT_THAT(nothing.error().message(), HasSubstr("probe 'probe': message 1 did not come within 5 ms"));
  EXPECT_EQ(world.platform.now(), Instant{} + 5ms);
}

TEST(Probe, RefusesAMessageOfAnotherKindAndFindsTheRightOne) {
  testing::SimWorld world;
  testing::Probe<int> probe(world.system);
  for (int number = 1; number <= 4; ++number) ASSERT_TRUE(probe.address().send(number));
  EXPECT_FALSE(probe.expect([](int number) { return number == 2; })) << "1 is next";
  const auto found = probe.find([](int number) { return number == 3; });
  ASSERT_TRUE(found);
  EXPECT_EQ(probe.waiting(), 1u);
}

TEST(Probe, ExpectsNoneForAsLongAsItIsTold) {
  testing::SimWorld world;
  testing::Probe<int> probe(world.system);
  auto relay = world.system.spawn({}, std::make_unique<Relay>(probe.address()));
  ASSERT_TRUE(relay && relay->send(1));
  EXPECT_TRUE(probe.expect_none(999us));
  EXPECT_FALSE(probe.expect_none(10us));
  EXPECT_TRUE(probe.expect(0ns)) << "it still waits";
}

TEST(Probe, WorksOnRealThreads) {
  const auto platform = real_platform();
  WorkStealingExecutor executor(*platform, 2);
  ActorSystem system(executor);
  testing::Probe<int> probe(system);
  auto relay = system.spawn({}, std::make_unique<Relay>(probe.address()));
  ASSERT_TRUE(relay && relay->send(7));
  const auto number = probe.expect(1h);
  ASSERT_TRUE(number) << number.error().message();
  EXPECT_EQ(*number, 7);
}

TEST(SimWorld, TellsHowToSeeItAgain) {
  testing::SimWorld world({.seed = 7});
  EXPECT_THAT(world.about(), HasSubstr("seed 7, after 0 steps, at 0 ns: AIRSSYS_SEED=7"));
}

TEST(SimWorld, HasItsFaultsFromTheFirstStepOn) {
  testing::SimWorld world({.seed = 3, .faults = {.drop = 1000}});
  testing::Probe<int> probe(world.system);
  ASSERT_TRUE(probe.address().send(1));
  EXPECT_TRUE(probe.expect_none(1s));
  EXPECT_EQ(world.executor.fault_counts().dropped, 1u);
}

}  // namespace
}  // namespace airssys::rt
