#include "world.h"

namespace airssys::rt {
namespace {

using Lines = std::vector<std::string>;

TEST(Crash, RestartsAtOnceAndKeepsTheAddressAndTheQueueButNotTheMessage) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({.name = "a"}, strings);
  const ActorId id = actor.id();
  ASSERT_TRUE(actor.send(note(got, 1)));
  ASSERT_TRUE(actor.send(fails()));
  ASSERT_TRUE(actor.send(note(got, 2)));
  ASSERT_TRUE(actor.send(note(got, 3)));
  world.settle();
  EXPECT_EQ(got, (std::vector{1, 2, 3}));
  EXPECT_EQ(strings.made, 2);
  EXPECT_EQ(strings.living, 1);
  EXPECT_EQ(actor.id(), id);
  EXPECT_EQ(actor.stats().restarts, 1u);
  EXPECT_EQ(world.events.lines, (Lines{"started a", "crashed a: broken", "restarting a after 0", "started a"}));
  EXPECT_EQ(strings.seen, (Lines{"pre_start", "post_stop error", "pre_start"}));
}

TEST(Crash, IsAReturnedErrorAnEscapedExceptionOrAnExplicitCall) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "a", .intensity = RestartIntensity{10, 1s}, .backoff = Backoff{0s, 0s}}, strings);
  ASSERT_TRUE(actor.send(fails("returned")));
  ASSERT_TRUE(actor.send([](Context&) -> Result<Turn> { throw std::runtime_error("thrown"); }));
  ASSERT_TRUE(actor.send([](Context&) -> Result<Turn> { throw 5; }));
  ASSERT_TRUE(actor.send([](Context& context) -> Result<Turn> {
    context.crash(Error(Code::trapped, "called"));
    return Turn::done;
  }));
  world.settle();
  Lines crashes;
  for (const auto& line : world.events.lines)
    if (line.starts_with("crashed")) crashes.push_back(line);
  EXPECT_EQ(crashes, (Lines{"crashed a: returned", "crashed a: exception escaped: thrown",
                            "crashed a: exception escaped: not a std::exception", "crashed a: called"}));
  EXPECT_EQ(strings.made, 5);
  EXPECT_EQ(world.system.stats().crashes, 4u);
}

TEST(Crash, OfOneLeavesItsSiblingsAlone) {
  World world;
  Strings& victim = world.strings();
  Strings& sibling = world.strings();
  std::vector<int> got;
  auto a = world.start({.backoff = Backoff{10s, 10s}}, victim);
  auto b = world.start({}, sibling);
  for (int n = 0; n < 2; ++n) ASSERT_TRUE(a.send(fails()));  // the second restart waits
  ASSERT_TRUE(b.send(note(got, 1)));
  world.settle();
  EXPECT_EQ(got, std::vector{1});
  EXPECT_EQ(victim.living, 0);
  EXPECT_EQ(sibling.made, 1);
  EXPECT_FALSE(world.system.is_idle()) << "one waits for its restart";
}

TEST(Crash, OnErrorMayResumeTheSameObject) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  strings.on_error = [](const Error&) { return ErrorAction::resume; };
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(fails()));
  ASSERT_TRUE(actor.send(note(got, 1)));
  world.settle();
  EXPECT_EQ(strings.made, 1);
  EXPECT_EQ(got, std::vector{1});
}

TEST(Crash, OnErrorMayAskForARestartThatThePolicyWouldNotGive) {
  World world;
  Strings& strings = world.strings();
  strings.on_error = [](const Error&) { return ErrorAction::restart; };
  auto actor = world.start({.restart = RestartPolicy::temporary}, strings);
  ASSERT_TRUE(actor.send(fails()));
  world.settle();
  EXPECT_EQ(strings.made, 2);
}

TEST(Crash, OnErrorMayEscalateAndIsThenGivenUp) {
  World world;
  Strings& strings = world.strings();
  strings.on_error = [](const Error&) { return ErrorAction::escalate; };
  auto actor = world.start({.name = "a"}, strings);
  ASSERT_TRUE(actor.send(fails()));
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(world.events.lines.back(), "gave-up a");
}

TEST(Crash, InsideOnErrorIsAsStop) {
  World world;
  Strings& strings = world.strings();
  strings.on_error = [](const Error&) -> ErrorAction { throw std::runtime_error("worse"); };
  auto actor = world.start({}, strings);
  ASSERT_TRUE(actor.send(fails()));
  world.settle();
  EXPECT_EQ(strings.made, 2);
}

struct PolicyCase {
  RestartPolicy policy;
  bool restarted_after_error;
  bool restarted_after_normal;
};

class Policies : public ::testing::TestWithParam<PolicyCase> {};
INSTANTIATE_TEST_SUITE_P(All, Policies,
                         ::testing::Values(PolicyCase{RestartPolicy::permanent, true, true},
                                           PolicyCase{RestartPolicy::transient, true, false},
                                           PolicyCase{RestartPolicy::temporary, false, false}));

TEST_P(Policies, DecideWhatFollowsAnErrorAndANormalEnd) {
  for (const bool error : {true, false}) {
    World world;
    Strings& strings = world.strings();
    auto actor = world.start({.restart = GetParam().policy}, strings);
    ASSERT_TRUE(actor.send([&](Context& context) -> Result<Turn> {
      context.stop();
      if (error) return fail(Code::internal, "broken");
      return Turn::done;
    }));
    world.settle();
    const bool expected = error ? GetParam().restarted_after_error : GetParam().restarted_after_normal;
    EXPECT_EQ(strings.made, expected ? 2 : 1) << error;
    EXPECT_EQ(actor.ended(), !expected) << error;
  }
}

TEST(Restart, WaitsNothingThenBaseThenTwiceAsLongUpToTheCap) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "a", .intensity = RestartIntensity{6, 1h}, .backoff = Backoff{100ms, 450ms}}, strings);
  for (const Duration delay : {0ms, 100ms, 200ms, 400ms, 450ms, 450ms}) {
    const int made = strings.made;
    ASSERT_TRUE(actor.send(fails()));
    world.settle();
    if (delay > 0ms) {
      EXPECT_EQ(strings.made, made);
      world.pass(delay - 1ns);
      EXPECT_EQ(strings.made, made) << "not before";
      world.pass(1ns);
    }
    EXPECT_EQ(strings.made, made + 1) << delay / 1ms;
  }
}

TEST(Restart, LetsTheMailboxFillWhileItWaits) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({}, strings);
  for (int n = 0; n < 2; ++n) ASSERT_TRUE(actor.send(fails()));
  world.settle();
  ASSERT_EQ(strings.living, 0);
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(actor.send(note(got, n)));
  world.settle();
  EXPECT_TRUE(got.empty());
  world.pass(100ms);
  EXPECT_EQ(got, (std::vector{1, 2, 3}));
}

TEST(Restart, ExhaustedIsGivenUpAndWhatWaitsBecomesDeadLetters) {
  World world;
  Strings& strings = world.strings();
  std::vector<int> got;
  auto actor = world.start({.name = "a", .intensity = RestartIntensity{2, 60s}, .backoff = Backoff{0s, 0s}}, strings);
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(actor.send(fails()));
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(actor.send(note(got, n)));
  world.settle();
  EXPECT_TRUE(actor.ended());
  EXPECT_EQ(strings.made, 3);
  EXPECT_EQ(world.events.lines.back(), "gave-up a");
  EXPECT_EQ(world.events.discarded, 5);
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(world.system.stats().gave_up, 1u);
  EXPECT_FALSE(world.system.find_any("a")) << "ended actors are in no table";
  EXPECT_FALSE(actor.send(nothing()));
}

TEST(Restart, CountsOnlyWithinTheSlidingWindow) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.intensity = RestartIntensity{2, 10s}, .backoff = Backoff{0s, 0s}}, strings);
  for (int n = 0; n < 20; ++n) {
    ASSERT_TRUE(actor.send(fails()));
    world.settle();
    ASSERT_FALSE(actor.ended()) << n;
    world.pass(5s);  // never three within ten seconds
  }
  ASSERT_TRUE(actor.send(fails()));
  world.pass(5s - 1ns);
  EXPECT_FALSE(actor.ended());
  ASSERT_TRUE(actor.send(fails()));
  world.settle();
  EXPECT_TRUE(actor.ended()) << "the third within ten seconds";
}

TEST(Restart, CallsTheFactoryEachTimeAndCountsItsFailures) {
  World world;
  Strings& strings = world.strings();
  int calls = 0;
  auto actor = world.system.spawn({.intensity = RestartIntensity{3, 60s}, .backoff = Backoff{0s, 0s}},
                                  [&]() -> Result<std::unique_ptr<Puppet>> {
                                    ++calls;
                                    if (calls == 2) return fail(Code::io, "no file today");
                                    if (calls == 3) throw std::runtime_error("worse");
                                    return std::make_unique<Puppet>(strings);
                                  });
  ASSERT_TRUE(actor);
  world.settle();
  ASSERT_TRUE(actor->send(fails()));
  world.settle();
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(actor->stats().restarts, 3u);
  EXPECT_FALSE(actor->ended());
}

TEST(Restart, OfAStartThatFailsAsOftenAsAllowedDoesNotRecurse) {
  World world;
  int calls = 0;
  Strings& strings = world.strings();
  auto actor = world.system.spawn({.intensity = RestartIntensity{1000, 1h}, .backoff = Backoff{0s, 0s}},
                                  [&]() -> Result<std::unique_ptr<Puppet>> {
                                    if (++calls > 1) return fail(Code::io, "never again");
                                    return std::make_unique<Puppet>(strings);
                                  });
  ASSERT_TRUE(actor);
  world.settle();
  ASSERT_TRUE(actor->send(fails()));
  world.settle();
  EXPECT_EQ(calls, 1001);
  EXPECT_TRUE(actor->ended());
}

TEST(Restart, DoesNotFollowAnActorThatWasSpawnedAsAnObject) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.system.spawn({}, std::make_unique<Puppet>(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(fails()));
  world.settle();
  EXPECT_TRUE(actor->ended());
  EXPECT_EQ(strings.living, 0);
}

class Service final : public Child {
 public:
  Service(Lines& seen, bool fails) : seen_(seen), fails_(fails) {}
  Result<Turn> start(Context&) override {
    seen_.push_back("start");
    if (fails_) return fail(Code::io, "port is taken");
    return Turn::done;
  }
  Result<Turn> stop(Context&, const ExitReason&) override {
    seen_.push_back("stop");
    return Turn::done;
  }
  Health health_check() override { return Healthy{}; }

 private:
  Lines& seen_;
  bool fails_;
};

TEST(Supervisor, StartsAndStopsAChildThatIsNoActor) {
  World world;
  Lines seen;
  auto child = world.system.root().spawn_child(
      {.name = "service"}, [&]() -> Result<std::unique_ptr<Child>> { return std::make_unique<Service>(seen, false); });
  ASSERT_TRUE(child);
  world.settle();
  child->stop();
  world.settle();
  EXPECT_EQ(seen, (Lines{"start", "stop"}));
}

TEST(Supervisor, TellsWhyAChildThatIsNoActorDidNotStart) {
  World world;
  Lines seen;
  std::string why;
  ASSERT_TRUE(world.system.root().spawn_child(
      {.on_started = [&](const Result<>& outcome) { why = outcome ? "" : outcome.error().message(); }},
      [&]() -> Result<std::unique_ptr<Child>> { return std::make_unique<Service>(seen, true); }));
  world.settle();
  EXPECT_EQ(why, "port is taken");
}

TEST(Supervisor, StopsItsChildrenInReverseOrderAndThenIsGone) {
  World world;
  Strings& strings = world.strings();
  auto above = world.system.spawn_supervisor({.name = "above"});
  ASSERT_TRUE(above);
  auto below = above->spawn_supervisor({.name = "below"});
  ASSERT_TRUE(below);
  ASSERT_TRUE(above->spawn({.name = "a"}, world.puppet(strings)));
  ASSERT_TRUE(below->spawn({.name = "b"}, world.puppet(strings)));
  ASSERT_TRUE(below->spawn({.name = "c"}, world.puppet(strings)));
  Strings& outside = world.strings();
  auto other = world.start({.name = "other"}, outside);
  EXPECT_EQ(above->children(), 2u);
  world.events.lines.clear();
  above->stop();
  world.settle();
  EXPECT_EQ(world.events.lines, (Lines{"stopped a", "stopped c", "stopped b", "stopped below", "stopped above"}));
  EXPECT_TRUE(above->ended());
  EXPECT_TRUE(below->ended());
  EXPECT_FALSE(other.ended());
  const auto late = below->spawn({}, world.puppet(strings));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::unavailable);
  EXPECT_EQ(world.system.root().children(), 1u);
}

TEST(Supervisor, HandsItsPoliciesToItsChildren) {
  World world;
  Strings& strings = world.strings();
  auto supervisor = world.system.spawn_supervisor(
      {.name = "s", .intensity = {.max_restarts = 0, .window = 1s}, .exhausted = Exhausted::give_up});
  ASSERT_TRUE(supervisor);
  auto actor = supervisor->spawn({.name = "a"}, world.puppet(strings));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(fails()));
  world.settle();
  EXPECT_EQ(world.events.lines, (Lines{"started s", "started a", "crashed a: broken", "gave-up a"}));
}

TEST(Supervisor, RefusesOptionsThatMakeNoSense) {
  World world;
  Strings& strings = world.strings();
  const auto code = [&](SpawnOptions options) {
    auto actor = world.system.spawn(std::move(options), world.puppet(strings));
    return actor ? std::optional<Code>() : actor.error().code();
  };
  EXPECT_EQ(code({.name = std::string(257, 'x')}), Code::invalid_argument);
  EXPECT_EQ(code({.intensity = RestartIntensity{1001, 1s}}), Code::invalid_argument);
  EXPECT_EQ(code({.intensity = RestartIntensity{1, 0s}}), Code::invalid_argument);
  EXPECT_EQ(code({.backoff = Backoff{2s, 1s}}), Code::invalid_argument);
  EXPECT_EQ(code({.start_timeout = -1s}), Code::invalid_argument);
  EXPECT_EQ(code({.mailbox_capacity = Mailbox::max_capacity + 1}), Code::invalid_argument);
  EXPECT_EQ(world.system.stats().alive, 0u);
}

}  // namespace
}  // namespace airssys::rt
