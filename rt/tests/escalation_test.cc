// Failures that go beyond a supervisor: to its own, that one's strategy, and up to the root.
#include "family.h"

namespace airssys::rt {
namespace {

// root > top > {before, inner > {x, y}, after}
struct Dynasty : Family {
  explicit Dynasty(SupervisorOptions top, SupervisorOptions inner_options = {.intensity = {.max_restarts = 0, .window = 60s}})
      : Family([&] {
          top.name = "top";
          return top;
        }()) {
    start("before");
    inner_options.name = "inner";
    auto made = node.spawn_supervisor(std::move(inner_options));
    EXPECT_TRUE(made);
    inner = *made;
    add_to(inner, "x");
    world.settle();
    add_to(inner, "y");
    world.settle();
    start("after");
    lines();
  }
  Supervisor inner = node;
};

TEST(Escalation, RestartsTheSupervisorAndNobodyElseOneForOne) {
  Dynasty family({.strategy = Strategy::one_for_one});
  std::vector<int> got;
  family.tell("x", fails());
  family.tell("x", note(got, 1));
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed x: broken", "escalated inner", "restarting x after 0", "restarting y after 0",
                                   "restarting inner after 0", "started x", "started y", "started inner"}));
  EXPECT_EQ(got, std::vector{1}) << "the queue outlives an escalation";
  EXPECT_EQ(family.made("before"), 1);
  EXPECT_EQ(family.made("after"), 1);
  EXPECT_EQ(family.node.tree().children[1].restarts, 1u);
}

TEST(Escalation, FollowsTheStrategyAbove) {
  for (const Strategy strategy : {Strategy::one_for_all, Strategy::rest_for_one}) {
    Dynasty family({.strategy = strategy});
    family.tell("y", fails());
    family.world.settle();
    const bool all = strategy == Strategy::one_for_all;
    EXPECT_EQ(family.made("before"), all ? 2 : 1);
    EXPECT_EQ(family.made("x"), 2);
    EXPECT_EQ(family.made("y"), 2);
    EXPECT_EQ(family.made("after"), 2);
    const Lines lines = family.lines();
    EXPECT_EQ(std::vector(lines.end() - (all ? 5 : 4), lines.end()),
              all ? (Lines{"started before", "started x", "started y", "started inner", "started after"})
                  : (Lines{"started x", "started y", "started inner", "started after"}));
  }
}

TEST(Escalation, TakesASupervisorDownWithItsSiblings) {
  Dynasty family({.strategy = Strategy::one_for_all});
  family.tell("before", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed before: broken", "restarting before after 0", "restarting after after 0",
                                   "restarting y after 0", "restarting x after 0", "restarting inner after 0", "started before",
                                   "started x", "started y", "started inner", "started after"}));
}

TEST(Escalation, FollowsFromTheAnswerOfAnActorToo) {
  Dynasty family({}, {.intensity = {.max_restarts = 100, .window = 60s}});
  family.strings("x").on_error = [](const Error&) { return ErrorAction::escalate; };
  family.tell("x", fails());
  family.world.settle();
  EXPECT_EQ(family.made("x"), 2);
  EXPECT_EQ(family.made("y"), 2);
  EXPECT_EQ(family.made("before"), 1);
}

TEST(Escalation, OfAnObjectIsItsEndAndARestartForTheOthers) {
  Dynasty family({});
  Strings& strings = family.world.strings();
  strings.on_error = [](const Error&) { return ErrorAction::escalate; };
  auto object = family.inner.spawn({.name = "object"}, std::make_unique<Puppet>(strings));
  ASSERT_TRUE(object);
  ASSERT_TRUE(object->send(fails()));
  family.world.settle();
  EXPECT_TRUE(object->ended());
  EXPECT_EQ(family.made("x"), 2);
  EXPECT_TRUE(family.world.system.is_idle());
}

TEST(Escalation, CountsAboveAndWaitsThereForItsBackoffAlone) {
  Dynasty family({.intensity = {.max_restarts = 2, .window = 60s}, .backoff = {100ms, 1s}});
  std::vector<int> got;
  for (int n = 0; n < 2; ++n) {
    family.tell("x", fails());
    family.world.settle();
  }
  EXPECT_EQ(family.made("x"), 2) << "the second failure of inner waits";
  family.tell("after", note(got, 1));
  family.tell("y", note(got, 2));
  family.world.pass(99ms);
  EXPECT_EQ(got, std::vector{1});
  family.world.pass(1ms);
  EXPECT_EQ(got, (std::vector{1, 2}));
  EXPECT_EQ(family.made("x"), 3);
}

TEST(Escalation, ForgetsTheFailuresOfTheChildrenThatItStartsAgain) {
  Dynasty family({.intensity = {.max_restarts = 1, .window = 60s}},
                 {.strategy = Strategy::one_for_all, .intensity = {.max_restarts = 2, .window = 60s}, .backoff = {0s, 0s}});
  for (int n = 0; n < 5; ++n) {  // two restarts, the escalation, two restarts
    family.tell("x", fails());
    family.world.settle();
  }
  EXPECT_EQ(family.made("x"), 6);
  EXPECT_EQ(family.made("y"), 6);
  EXPECT_FALSE(family.inner.ended());
}

TEST(Escalation, GoesOnUpToTheRootWhichGivesUp) {
  Family family({.name = "top", .intensity = {.max_restarts = 1, .window = 1h}, .backoff = {0s, 0s}},
                {.intensity = {.max_restarts = 1, .window = 1h}, .backoff = {0s, 0s}});
  auto inner = family.node.spawn_supervisor({.name = "inner", .intensity = {.max_restarts = 0, .window = 1h}});
  ASSERT_TRUE(inner);
  Address<Act> x = family.add_to(*inner, "x");
  Address<Act> sibling = family.start("sibling");
  Supervisor root = family.world.system.root();
  Address<Act> other = family.add_to(root, "other");
  family.world.settle();
  for (int n = 0; n < 3; ++n) {  // inner restarted; top restarted; inner restarted
    family.tell("x", fails());
    family.world.settle();
    EXPECT_FALSE(x.ended()) << n;
  }
  EXPECT_EQ(family.made("sibling"), 2);
  family.lines();
  family.tell("x", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(),
            (Lines{"crashed x: broken", "escalated inner", "escalated top", "restarting inner after 0", "restarting x after 0",
                   "restarting sibling after 0", "gave-up top", "stopped sibling", "stopped x", "stopped inner"}));
  EXPECT_TRUE(x.ended());
  EXPECT_TRUE(sibling.ended());
  EXPECT_TRUE(family.node.ended());
  EXPECT_FALSE(other.ended()) << "the other children of the root go on";
  EXPECT_EQ(family.world.system.stats().gave_up, 1u);
  EXPECT_EQ(family.world.system.root().children(), 1u);
  EXPECT_TRUE(family.world.system.is_idle());
}

TEST(Escalation, IsNotWhatHappensToAChildOfTheRoot) {
  World world;
  Strings& strings = world.strings();
  Strings& sibling = world.strings();
  auto a = world.start({.name = "a", .intensity = RestartIntensity{0, 1s}}, strings);
  auto b = world.start({.name = "b"}, sibling);
  ASSERT_TRUE(a.send(fails()));
  world.settle();
  EXPECT_TRUE(a.ended());
  EXPECT_EQ(world.events.lines.back(), "gave-up a");
  EXPECT_FALSE(b.ended());
}

TEST(Escalation, IsNotWhatFollowsWhereASupervisorGivesUp) {
  Dynasty family({}, {.intensity = {.max_restarts = 0, .window = 60s}, .exhausted = Exhausted::give_up});
  family.tell("x", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed x: broken", "gave-up x"}));
  EXPECT_EQ(family.made("y"), 1);
  EXPECT_FALSE(family.inner.ended());
}

TEST(Escalation, GivesUpASupervisorWithAllItsChildren) {
  Dynasty family({.intensity = {.max_restarts = 0, .window = 60s}, .exhausted = Exhausted::give_up});
  family.tell("x", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed x: broken", "escalated inner", "restarting x after 0", "restarting y after 0",
                                   "gave-up inner", "stopped y", "stopped x"}));
  EXPECT_TRUE(family.inner.ended());
  EXPECT_FALSE(family.address["before"].ended());
  EXPECT_EQ(family.node.children(), 2u);
}

TEST(Escalation, MeetsARestartFromAboveAndIsPartOfIt) {
  Dynasty family({.strategy = Strategy::one_for_all, .intensity = {.max_restarts = 1, .window = 60s}});
  Waker waker;
  family.strings("y").resume = nothing();
  family.tell("y", parks(waker));  // holds up the escalation of inner
  family.world.settle();
  family.tell("x", fails());
  family.world.settle();
  family.tell("before", fails());  // meanwhile the group above is restarted
  family.world.settle();
  waker.wake();
  family.world.settle();
  for (const char* name : {"before", "x", "y", "after"}) EXPECT_EQ(family.made(name), 2) << name;
  EXPECT_FALSE(family.node.ended());
  EXPECT_TRUE(family.world.system.is_idle()) << "one failure of the top's group, and it allows one";
}

TEST(Escalation, ByAChildWhoseStartFailsWhileTheSupervisorIsStarted) {
  Dynasty family({.intensity = {.max_restarts = 3, .window = 60s}, .backoff = {0s, 0s}});
  int to_fail = 2;
  family.strings("y").pre_start = [&](Context&) -> Result<Turn> {
    if (to_fail-- > 0) return fail(Code::io, "not yet");
    return Turn::done;
  };
  family.tell("x", fails());
  family.world.settle();
  EXPECT_EQ(family.made("y"), 4) << "two starts failed, each a failure of inner";
  EXPECT_EQ(family.made("x"), 4);
  EXPECT_EQ(family.made("after"), 1);
  EXPECT_FALSE(family.inner.ended());
}

TEST(Escalation, StartsWhatIsSpawnedIntoARestartingTreeInItsTurn) {
  Dynasty family({.backoff = {1s, 1s}});
  for (int n = 0; n < 2; ++n) {
    family.tell("x", fails());
    family.world.settle();
  }
  auto deep = family.inner.spawn_supervisor({.name = "deep"});
  ASSERT_TRUE(deep);
  family.add_to(*deep, "late");
  family.world.settle();
  EXPECT_EQ(family.made("late"), 0);
  family.lines();
  family.world.pass(1s);
  EXPECT_EQ(family.lines(), (Lines{"started x", "started y", "started late", "started deep", "started inner"}));
}

}  // namespace
}  // namespace airssys::rt
