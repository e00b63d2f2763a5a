#include "airssys/rt/system.h"

#include "world.h"

namespace airssys::rt {
namespace {

using Lines = std::vector<std::string>;

TEST(ActorSystem, FindsTheLivingByNameAndType) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "counter"}, strings);
  const auto found = world.system.find<Act>("counter");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id(), actor.id());
  EXPECT_EQ(world.system.find<int>("counter").error().code(), Code::invalid_argument);
  EXPECT_EQ(world.system.find<Act>("nobody").error().code(), Code::not_found);
  actor.stop();
  world.settle();
  EXPECT_EQ(world.system.find<Act>("counter").error().code(), Code::not_found);
  EXPECT_EQ(actor.name(), "counter") << "an address knows the name of the dead";
}

TEST(ActorSystem, RefusesANameThatIsTakenUntilItsOwnerHasEnded) {
  World world;
  Strings& strings = world.strings();
  auto first = world.start({.name = "one"}, strings);
  const auto second = world.system.spawn({.name = "one"}, world.puppet(strings));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::already_exists);
  EXPECT_EQ(world.system.stats().alive, 1u);
  ASSERT_TRUE(first.send(fails()));  // a restart keeps the name
  world.settle();
  EXPECT_FALSE(world.system.spawn({.name = "one"}, world.puppet(strings)));
  first.stop();
  world.settle();
  EXPECT_TRUE(world.system.spawn({.name = "one"}, world.puppet(strings)));
}

TEST(ActorSystem, SpawnsNoMoreThanMaxActors) {
  World world(1, {.max_actors = 2});
  Strings& strings = world.strings();
  auto first = world.start({}, strings);
  world.start({}, strings);
  const auto third = world.system.spawn({}, world.puppet(strings));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Code::exhausted);
  EXPECT_NE(third.error().message().find("max_actors"), std::string::npos);
  first.stop();
  world.settle();
  EXPECT_TRUE(world.system.spawn({}, world.puppet(strings)));
}

TEST(ActorSystem, HandlesTheFirstMessagesHoweverEarlyTheyCome) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.system.spawn({}, world.puppet(strings));
  ASSERT_TRUE(actor);
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(actor->send(note(got, n)));
  world.settle();
  EXPECT_EQ(got, (std::vector{1, 2, 3}));
}

TEST(ActorSystem, ShutsDownInReverseStartOrderAndHandlesWhatWasAccepted) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  std::vector<Address<Act>> actors;
  for (const char* name : {"a", "b", "c"}) actors.push_back(world.start({.name = name}, strings));
  for (int n = 0; n < 100; ++n) ASSERT_TRUE(actors[static_cast<std::size_t>(n) % 3].send(note(got, n)));
  world.events.lines.clear();
  EXPECT_TRUE(world.system.shutdown(10s).empty());
  EXPECT_EQ(got.size(), 100u);
  EXPECT_EQ(world.events.lines, (Lines{"stopped c", "stopped b", "stopped a"}));
  EXPECT_EQ(world.system.stats().alive, 0u);
  EXPECT_EQ(world.system.root().children(), 0u);
  EXPECT_EQ(world.system.spawn({}, world.puppet(strings)).error().code(), Code::unavailable);
}

TEST(ActorSystem, KillsAndNamesWhatDoesNotStopInTime) {
  World world;
  Strings& strings = world.strings();
  Strings& stuck = world.strings();
  Waker waker;
  world.start({.name = "first"}, strings);
  auto actor = world.start({.name = "stuck", .shutdown = ShutdownPolicy::infinity()}, stuck);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  world.start({.name = "last"}, strings);
  const Instant began = world.platform.now();
  const auto unstopped = world.system.shutdown(5s);
  EXPECT_EQ(world.platform.now() - began, 5s);
  Lines names;
  for (const auto& one : unstopped) names.push_back(one.name);
  EXPECT_EQ(names, (Lines{"first", "stuck"})) << "first waited for stuck";
  world.settle();
  EXPECT_EQ(stuck.living, 0);
  EXPECT_EQ(world.system.stats().alive, 0u);
}

TEST(ActorSystem, WaitsForAStopThatTakesLessThanTheTimeout) {
  World world;
  Strings& strings = world.strings();
  strings.child_stop = [&, calls = 0](Context& context) mutable -> Result<Turn> {
    if (++calls > 1) return Turn::done;
    context.executor().post_at(context.now() + 3s, [waker = context.waker()] { waker.wake(); });
    return Turn::parked;
  };
  world.start({}, strings);
  const Instant began = world.platform.now();
  EXPECT_TRUE(world.system.shutdown(5s).empty());
  EXPECT_EQ(world.platform.now() - began, 3s);
}

TEST(ActorSystem, IsIdleWhenNothingWaitsRunsParksOrSleeps) {
  World world;
  Strings& strings = world.strings();
  EXPECT_TRUE(world.system.is_idle());
  auto actor = world.system.spawn({}, world.puppet(strings));
  ASSERT_TRUE(actor);
  EXPECT_FALSE(world.system.is_idle()) << "not started";
  world.settle();
  EXPECT_TRUE(world.system.is_idle());
  ASSERT_TRUE(actor->send([](Context& context) -> Result<Turn> {
    context.executor().post_at(context.now() + 2s, [waker = context.waker()] { waker.wake(); });
    return Turn::parked;
  }));
  EXPECT_FALSE(world.system.is_idle()) << "a message waits";
  world.settle();
  EXPECT_FALSE(world.system.is_idle()) << "parked";
  EXPECT_FALSE(world.system.wait_idle(world.platform.now() + 1s));
  EXPECT_TRUE(world.system.wait_idle(world.platform.now() + 1s));
}

TEST(ActorSystem, KillsWhatIsLeftWhenItIsDestroyed) {
  Strings strings;
  Address<Act> survivor;
  {
    World world;
    survivor = world.start({.name = "a"}, strings);
    ASSERT_TRUE(survivor.send(nothing()));
  }
  EXPECT_EQ(strings.living, 0);
  EXPECT_TRUE(survivor.ended());
  EXPECT_EQ(survivor.send(nothing()).error().code(), Code::unavailable) << "an address outlives its system";
}

TEST(ActorSystem, LosesNothingAtAShutdownWhileActorsTalk) {
  World world;
  Strings& strings = world.strings();
  int handled = 0;
  int accepted = 0;
  std::vector<Address<Act>> actors;
  for (int n = 0; n < 4; ++n) actors.push_back(world.start({}, strings));
  std::function<Result<Turn>(Context&)> talk = [&](Context&) -> Result<Turn> {
    ++handled;
    for (auto& actor : actors) {
      Act more = talk;
      if (accepted < 500 && actor.try_send(more) == SendStatus::sent) ++accepted;
    }
    return Turn::done;
  };
  ASSERT_TRUE(actors[0].send(talk));
  ++accepted;
  EXPECT_TRUE(world.system.shutdown(10s).empty());
  EXPECT_EQ(handled + world.events.discarded, accepted);
}

TEST(ActorSystem, LetsAnActorSpawnAnotherAndLearnHowItStarted) {
  World world;
  Strings& strings = world.strings();
  Strings& broken = world.strings();
  broken.pre_start = [](Context&) -> Result<Turn> { return fail(Code::io, "no"); };
  std::string outcome;
  auto parent = world.start({}, strings);
  ASSERT_TRUE(parent.send([&](Context& context) -> Result<Turn> {
    const auto child = context.system().spawn(
        {.on_started =
             [&, self = context.self<Act>()](const Result<>& started) {
               Act tell = [&outcome, text = started ? "ok" : started.error().message()](Context&) -> Result<Turn> {
                 outcome = text;
                 return Turn::done;
               };
               EXPECT_EQ(self.try_send(tell), SendStatus::sent);
             }},
        world.puppet(broken));
    if (!child) return std::unexpected(child.error());
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(outcome, "no");
}

TEST(ActorSystem, BoundsTheMessagesOfOneTurnSoThatOthersRun) {
  World world(1, {.messages_per_turn = 8});
  Strings& strings = world.strings();
  std::vector<int> got;
  auto busy = world.start({}, strings);
  auto other = world.start({}, strings);
  for (int n = 0; n < 100; ++n) ASSERT_TRUE(busy.send(note(got, n)));
  ASSERT_TRUE(world.executor.step());
  EXPECT_EQ(got.size(), 8u);
  (void)other;
}

}  // namespace
}  // namespace airssys::rt
