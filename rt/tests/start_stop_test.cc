// How actors start, stop and are killed; enforced.
#include "world.h"

namespace airssys::rt {
namespace {

using Lines = std::vector<std::string>;

TEST(Start, CallsTheHooksInOrder) {
  World world;
  Strings& strings = world.strings();
  strings.child_start = [](Context&) -> Result<Turn> { return Turn::done; };
  auto actor = world.start({}, strings);
  actor.stop();
  world.settle();
  EXPECT_EQ(strings.seen, (Lines{"start", "pre_start", "stop shutdown", "post_stop shutdown"}));
}

TEST(Start, FailureReachesTheSpawnerAndIsNotRetried) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  strings.pre_start = [](Context&) -> Result<Turn> { return fail(Code::not_found, "no such module"); };
  std::vector<std::string> outcomes;
  auto actor = world.system.spawn(
      {.name = "a",
       .on_started = [&](const Result<>& outcome) { outcomes.push_back(outcome ? "ok" : outcome.error().message()); }},
      world.puppet(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(note(got, 1)));
  world.settle();
  EXPECT_EQ(outcomes, Lines{"no such module"});
  EXPECT_EQ(strings.made, 1);
  EXPECT_EQ(strings.living, 0);
  EXPECT_EQ(strings.seen, Lines{"pre_start"}) << "no post_stop without a pre_start";
  EXPECT_EQ(world.events.discarded, 1) << "what was sent meanwhile";
  EXPECT_EQ(world.events.lines, Lines{"start-failed a"});
  EXPECT_FALSE(world.system.find_any("a"));
}

TEST(Start, FailureIsTheErrorOfAWaitingSpawn) {
  World world;
  Strings& strings = world.strings();
  strings.child_start = [](Context&) -> Result<Turn> { throw std::runtime_error("cannot load"); };
  const auto failed = world.system.spawn_and_wait({}, world.puppet(strings));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "exception escaped: cannot load");
  strings.child_start = nullptr;
  EXPECT_TRUE(world.system.spawn_and_wait({}, world.puppet(strings)));
}

TEST(Start, ThatParksLongerThanItsTimeoutFails) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::optional<Error> failure;
  strings.child_start = [&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.system.spawn({.start_timeout = 200ms,
                                   .on_started =
                                       [&](const Result<>& outcome) {
                                         if (!outcome) failure = outcome.error();
                                       }},
                                  world.puppet(strings));
  ASSERT_TRUE(actor);
  world.settle();
  world.pass(199ms);
  EXPECT_FALSE(failure);
  world.pass(1ms);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), Code::timed_out);
  EXPECT_EQ(strings.living, 0);
  EXPECT_TRUE(actor->ended());
}

TEST(Start, ThatTakesLongerThanItsTimeoutWithoutParkingFailsToo) {
  World world;
  Strings& strings = world.strings();
  strings.pre_start = [&](Context&) -> Result<Turn> {
    world.platform.advance(201ms);
    return Turn::done;
  };
  const auto actor = world.system.spawn_and_wait({.start_timeout = 200ms}, world.puppet(strings));
  ASSERT_FALSE(actor);
  EXPECT_EQ(actor.error().code(), Code::timed_out);
}

TEST(Start, ThatIsStoppedIsAbandonedAndSaysSo) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::optional<Error> failure;
  strings.pre_start = [&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.system.spawn({.on_started =
                                       [&](const Result<>& outcome) {
                                         if (!outcome) failure = outcome.error();
                                       }},
                                  world.puppet(strings));
  ASSERT_TRUE(actor);
  world.settle();
  actor->stop();
  world.settle();
  EXPECT_TRUE(actor->ended());
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), Code::cancelled);
}

TEST(Stop, HandlesWhatWasAcceptedThenStopsTheChildThenTheActor) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  strings.child_stop = [](Context&) -> Result<Turn> { return Turn::done; };
  auto actor = world.start({.name = "a"}, strings);
  for (int n = 1; n <= 200; ++n) ASSERT_TRUE(actor.send(note(got, n)));
  actor.stop();
  actor.stop();
  EXPECT_TRUE(actor.send(note(got, 201)) || true);
  world.settle();
  EXPECT_GE(got.size(), 200u);
  EXPECT_EQ(strings.seen, (Lines{"start", "pre_start", "stop shutdown", "post_stop shutdown"}));
  EXPECT_EQ(world.events.lines.back(), "stopped a");
  EXPECT_EQ(world.events.discarded, 0);
}

TEST(Stop, BeforeItsFirstTurnHandlesWhatWasAcceptedAllTheSame) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.system.spawn({.name = "a"}, world.puppet(strings));
  ASSERT_TRUE(actor);
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(actor->send(note(got, n)));
  actor->stop();
  world.settle();
  EXPECT_EQ(got, (std::vector{1, 2, 3}));
  EXPECT_EQ(strings.seen, (Lines{"pre_start", "post_stop shutdown"}));
  EXPECT_EQ(world.events.lines, (Lines{"started a", "stopped a"}));
  EXPECT_EQ(world.events.discarded, 0);
}

TEST(Stop, DuringAStartThatIsParkedLetsItStartForTheSakeOfItsMessages) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::vector<int> got;
  strings.pre_start = [&, calls = 0](Context& context) mutable -> Result<Turn> {
    if (++calls > 1) return Turn::done;
    waker = context.waker();
    return Turn::parked;
  };
  auto actor =
      world.system.spawn({.name = "a", .shutdown = ShutdownPolicy::graceful(1s), .start_timeout = 3s}, world.puppet(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(note(got, 1)));
  world.settle();
  actor->stop();
  world.pass(2s);
  EXPECT_FALSE(actor->ended()) << "the grace begins when it has started";
  waker.wake();
  world.settle();
  EXPECT_EQ(got, std::vector{1});
  EXPECT_EQ(world.events.lines, (Lines{"started a", "stopped a"}));
}

TEST(Stop, DuringAStartThatNeverEndsIsOverWithTheStartsTimeout) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  strings.pre_start = [&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.system.spawn({.name = "a", .start_timeout = 3s}, world.puppet(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(nothing()));
  world.settle();
  actor->stop();
  world.pass(3s);
  EXPECT_TRUE(actor->ended());
  EXPECT_EQ(world.events.lines, Lines{"start-failed a"});
  EXPECT_EQ(world.events.discarded, 1);
}

TEST(Stop, BeforeItsFirstTurnIsBoundedByItsGraceOnceItHasStarted) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.system.spawn({.name = "a", .shutdown = ShutdownPolicy::graceful(2s)}, world.puppet(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  actor->stop();
  world.pass(2s - 1ns);
  EXPECT_FALSE(actor->ended());
  world.pass(1ns);
  EXPECT_TRUE(actor->ended());
  EXPECT_EQ(world.events.lines, (Lines{"started a", "killed a"}));
}

TEST(Stop, EndsWithACrashWhileItHandlesWhatWasAccepted) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({.name = "a"}, strings);
  ASSERT_TRUE(actor.send(note(got, 1)));
  ASSERT_TRUE(actor.send(fails()));
  ASSERT_TRUE(actor.send(note(got, 2)));
  actor.stop();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(got, std::vector{1});
  EXPECT_EQ(strings.made, 1) << "who is to end is not restarted";
  EXPECT_EQ(world.events.discarded, 1);
}

TEST(Stop, LongerThanItsGraceIsKilledAndTheRestBecomesDeadLetters) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.start({.name = "a", .shutdown = ShutdownPolicy::graceful(2s)}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  ASSERT_TRUE(actor.send(nothing()));
  world.settle();
  actor.stop();
  world.pass(2s - 1ns);
  EXPECT_EQ(strings.living, 1);
  world.pass(1ns);
  EXPECT_EQ(strings.living, 0);
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(world.events.lines.back(), "killed a");
  EXPECT_EQ(strings.seen.back(), "post_stop killed");
  EXPECT_EQ(world.events.discarded, 1);
}

TEST(Stop, OfAChildThatHangsIsKilledAfterItsGrace) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  strings.child_stop = [&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.start({.name = "a", .shutdown = ShutdownPolicy::graceful(2s)}, strings);
  actor.stop();
  world.pass(1s);
  EXPECT_FALSE(actor.ended());
  world.pass(1s);
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(world.events.lines.back(), "killed a");
}

TEST(Stop, ThatIsImmediateDropsTheObjectBeforeItsNextMessage) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  strings.child_stop = [](Context&) -> Result<Turn> { return Turn::done; };
  auto actor = world.start({.shutdown = ShutdownPolicy::immediate()}, strings);
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(actor.send(note(got, n)));
  actor.stop();
  world.settle();
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(world.events.discarded, 3);
  EXPECT_EQ(strings.seen, (Lines{"start", "pre_start", "post_stop killed"}));
}

TEST(Stop, WithInfinityWaitsAsLongAsItTakes) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  strings.child_stop = [&, calls = 0](Context& context) mutable -> Result<Turn> {
    if (++calls > 1) return Turn::done;
    waker = context.waker();
    return Turn::parked;
  };
  auto actor = world.start({.name = "a", .shutdown = ShutdownPolicy::infinity()}, strings);
  actor.stop();
  world.pass(24h);
  EXPECT_FALSE(actor.ended());
  waker.wake();
  world.settle();
  EXPECT_EQ(world.events.lines.back(), "stopped a");
}

TEST(Stop, WhileWaitingForItsRestartEndsIt) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({}, strings);
  for (int n = 0; n < 2; ++n) ASSERT_TRUE(actor.send(fails()));
  ASSERT_TRUE(actor.send(nothing()));
  world.settle();
  actor.stop();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(world.events.discarded, 1);
  EXPECT_TRUE(world.system.is_idle());
}

TEST(Stop, OfItselfEndsAfterTheMessageInHand) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({.restart = RestartPolicy::transient}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    context.stop();
    got.push_back(1);
    return Turn::done;
  }));
  ASSERT_TRUE(actor.send(note(got, 2)));
  world.settle();
  EXPECT_EQ(got, std::vector{1});
  EXPECT_EQ(world.events.discarded, 1);
  EXPECT_EQ(strings.seen, (Lines{"pre_start", "post_stop normal"}));
}

TEST(Stop, SurvivesAnExceptionInPostStop) {
  World world;
  Strings& strings = world.strings();
  strings.post_stop = [](Context&) { throw std::runtime_error("late"); };
  auto actor = world.start({}, strings);
  actor.stop();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(strings.living, 0);
}

TEST(Kill, TakesAParkedActorAway) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  auto actor = world.start({.name = "a"}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  world.settle();
  actor.kill();
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(strings.made, 1) << "no restart follows";
  EXPECT_EQ(world.events.lines.back(), "killed a");
}

TEST(Stop, TwiceByItselfAndFromOutsideIsOneStop) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "a", .restart = RestartPolicy::transient}, strings);
  ASSERT_TRUE(actor.send([](Context& context) -> Result<Turn> {
    context.stop();
    context.stop();
    context.ref().stop();
    context.ref().stop();
    return Turn::done;
  }));
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(strings.seen, (Lines{"pre_start", "post_stop normal"}));
  EXPECT_EQ(world.events.lines, (Lines{"started a", "stopped a"}));
  actor.stop();
  actor.kill();
  world.settle();
  EXPECT_EQ(world.events.lines.size(), 2u) << "the end is the end";
}

TEST(Stop, WhileItIsParkedLetsItFinishWithinItsGrace) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  std::vector<int> got;
  strings.resume = note(got, 1);
  auto actor = world.start({.name = "a"}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  ASSERT_TRUE(actor.send(note(got, 2)));
  world.settle();
  actor.stop();
  world.settle();
  EXPECT_FALSE(actor.ended());
  waker.wake();
  world.settle();
  EXPECT_EQ(got, (std::vector{1, 2}));
  EXPECT_EQ(world.events.lines.back(), "stopped a");
}

TEST(Spawn, WithoutEndMeetsTheLimitAndTheSpawnerGoesOn) {
  World world(1, {.max_actors = 50});
  Strings& strings = world.strings();
  Strings& brood = world.strings();
  std::vector<int> got;
  std::optional<Error> refusal;
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
    for (;;)
      if (auto one = context.system().spawn({}, world.puppet(brood)); !one) {
        refusal = one.error();
        return Turn::done;
      }
  }));
  ASSERT_TRUE(actor.send(note(got, 1)));
  world.settle();
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code(), Code::exhausted);
  EXPECT_EQ(world.system.stats().alive, 50u);
  EXPECT_EQ(brood.made, 49);
  EXPECT_EQ(got, std::vector{1});
}

}  // namespace
}  // namespace airssys::rt
