// Restarts of groups: whom they take, in which order, and what may happen meanwhile.
#include "family.h"

namespace airssys::rt {
namespace {

enum class End { error, exception, crash_call, normal, forced, stopped, killed };

using Case = std::tuple<Strategy, RestartPolicy, End>;
class EveryStrategy : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Table, EveryStrategy,
    ::testing::Combine(::testing::Values(Strategy::one_for_one, Strategy::one_for_all, Strategy::rest_for_one),
                       ::testing::Values(RestartPolicy::permanent, RestartPolicy::transient, RestartPolicy::temporary),
                       ::testing::Values(End::error, End::exception, End::crash_call, End::normal, End::forced, End::stopped,
                                         End::killed)));

TEST_P(EveryStrategy, TakesExactlyThoseItShouldAfterEachKindOfEnd) {
  const auto [strategy, policy, kind] = GetParam();
  Family family({.strategy = strategy});
  family.start("older");
  Address<Act> victim = family.start("victim", {.restart = policy, .shutdown = ShutdownPolicy::graceful(1s)});
  family.start("younger");
  Waker never;
  switch (kind) {
    case End::error: family.tell("victim", fails()); break;
    case End::exception: family.tell("victim", [](Context&) -> Result<Turn> { throw std::runtime_error("thrown"); }); break;
    case End::crash_call:
      family.tell("victim", [](Context& context) -> Result<Turn> {
        context.crash(Error(Code::trapped, "called"));
        return Turn::done;
      });
      break;
    case End::normal: family.tell("victim", exits()); break;
    case End::forced:  // it wants to stop and cannot
      family.strings("victim").child_stop = parks(never);
      family.strings("victim").child_start = [](Context&) -> Result<Turn> { return Turn::done; };
      family.tell("victim", fails());  // an object that is a Child
      family.world.settle();
      if (policy == RestartPolicy::temporary) return;  // its object has ended with that
      family.tell("victim", exits());
      break;
    case End::stopped: victim.stop(); break;
    case End::killed: victim.kill(); break;
  }
  family.world.pass(2s);

  const bool by_itself = kind != End::stopped && kind != End::killed;
  const bool failed = policy == RestartPolicy::permanent || (policy == RestartPolicy::transient && kind != End::normal);
  const int restarts = by_itself && failed ? (kind == End::forced ? 2 : 1) : 0;
  EXPECT_EQ(family.made("victim"), 1 + restarts);
  EXPECT_EQ(victim.ended(), restarts == 0);
  EXPECT_EQ(family.made("older"), 1 + (strategy == Strategy::one_for_all ? restarts : 0));
  EXPECT_EQ(family.made("younger"), 1 + (strategy == Strategy::one_for_one ? 0 : restarts));
  EXPECT_TRUE(family.world.system.is_idle());
}

TEST(OneForAll, StopsTheOthersFromTheYoungestAndStartsAllFromTheOldest) {
  Family family({.strategy = Strategy::one_for_all});
  for (const char* name : {"a", "b", "c", "d"}) family.start(name);
  family.lines();
  family.tell("b", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed b: broken", "restarting b after 0", "restarting d after 0", "restarting c after 0",
                                   "restarting a after 0", "started a", "started b", "started c", "started d"}));
  EXPECT_EQ(family.strings("a").seen, (Lines{"pre_start", "post_stop shutdown", "pre_start"}));
  EXPECT_EQ(family.strings("b").seen, (Lines{"pre_start", "post_stop error", "pre_start"}));
  EXPECT_EQ(family.address["a"].stats().restarts, 1u);
}

TEST(RestForOne, LeavesTheOlderAlone) {
  Family family({.strategy = Strategy::rest_for_one});
  for (const char* name : {"a", "b", "c", "d"}) family.start(name);
  family.lines();
  family.tell("b", fails());
  family.world.settle();
  EXPECT_EQ(family.lines(), (Lines{"crashed b: broken", "restarting b after 0", "restarting d after 0", "restarting c after 0",
                                   "started b", "started c", "started d"}));
  EXPECT_EQ(family.strings("a").seen, Lines{"pre_start"});
}

TEST(GroupRestart, KeepsAddressesAndQueuesAndLosesOnlyTheMessageInHand) {
  Family family({.strategy = Strategy::one_for_all});
  std::vector<int> got;
  family.start("a");
  family.start("b");
  family.tell("a", fails());
  for (int n = 1; n <= 3; ++n) family.tell("a", note(got, n));
  for (int n = 4; n <= 6; ++n) family.tell("b", note(got, n));
  family.world.settle();
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (std::vector{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(family.made("b"), 2) << "of a fresh object: the broken one is not used again";
  EXPECT_EQ(family.world.events.discarded, 0);
}

TEST(GroupRestart, StopsAChildByItsHookAndItsPolicy) {
  Family family({.strategy = Strategy::one_for_all});
  Waker never;
  const auto child = [&](const char* name, ShutdownPolicy shutdown, Act stop) {
    family.add(name, {.shutdown = shutdown});
    family.strings(name).child_stop = std::move(stop);
    family.world.settle();
  };
  child("hangs", ShutdownPolicy::graceful(2s), parks(never));
  child("prompt", ShutdownPolicy::graceful(2s), nothing());
  child("at_once", ShutdownPolicy::immediate(), nothing());
  family.start("victim");
  family.tell("victim", fails());
  family.world.settle();
  EXPECT_EQ(family.strings("at_once").seen, (Lines{"start", "pre_start", "post_stop killed"}));
  EXPECT_EQ(family.strings("prompt").seen, (Lines{"start", "pre_start", "stop shutdown", "post_stop shutdown"}));
  EXPECT_EQ(family.strings("hangs").living, 1);
  EXPECT_EQ(family.made("victim"), 1) << "it waits for the last one to be gone";
  family.world.pass(2s);
  EXPECT_EQ(family.strings("hangs").seen,
            (Lines{"start", "pre_start", "stop shutdown", "post_stop killed", "start", "pre_start"}));
  EXPECT_EQ(family.made("victim"), 2);
  EXPECT_TRUE(family.world.system.is_idle());
}

TEST(GroupRestart, LetsAParkedSiblingFinishItsMessageWithinItsGrace) {
  for (const bool in_time : {true, false}) {
    Family family({.strategy = Strategy::one_for_all});
    Waker waker;
    std::vector<int> got;
    family.start("parked", {.shutdown = ShutdownPolicy::graceful(1s)});
    family.strings("parked").resume = note(got, 1);
    family.start("victim");
    family.tell("parked", parks(waker));
    family.tell("parked", note(got, 2));
    family.world.settle();
    family.tell("victim", fails());
    family.world.pass(500ms);
    EXPECT_EQ(family.made("parked"), 1);
    if (in_time) waker.wake();
    family.world.pass(1s);
    EXPECT_EQ(got, in_time ? (std::vector{1, 2}) : std::vector{2});
    EXPECT_EQ(family.made("parked"), 2) << in_time;
    EXPECT_EQ(family.strings("parked").seen[in_time ? 2 : 1], in_time ? "post_stop shutdown" : "post_stop killed");
  }
}

TEST(GroupRestart, WaitsForItsBackoffAndDelaysNobodyElse) {
  Family family({.strategy = Strategy::rest_for_one, .backoff = {100ms, 1s}});
  std::vector<int> got;
  family.start("a");
  family.start("b");
  family.start("c");
  for (int n = 0; n < 2; ++n) {  // the second waits
    family.tell("b", fails());
    family.world.settle();
  }
  EXPECT_EQ(family.made("b"), 2);
  EXPECT_EQ(family.strings("c").living, 0);
  family.tell("a", note(got, 1));
  family.tell("c", note(got, 2));
  family.world.pass(99ms);
  EXPECT_EQ(got, std::vector{1}) << "an older sibling goes on, a younger one waits";
  EXPECT_FALSE(family.world.system.is_idle());
  family.world.pass(1ms);
  EXPECT_EQ(got, (std::vector{1, 2}));
  EXPECT_EQ(family.made("c"), 3);
}

TEST(GroupRestart, EndsTemporaryChildrenAndThoseThatWereObjects) {
  Family family({.strategy = Strategy::one_for_all});
  Address<Act> temporary = family.start("temporary", {.restart = RestartPolicy::temporary});
  Strings& strings = family.world.strings();
  auto object = family.node.spawn({.name = "object"}, std::make_unique<Puppet>(strings));
  ASSERT_TRUE(object);
  family.start("victim");
  family.tell("victim", fails());
  family.world.settle();
  EXPECT_TRUE(temporary.ended());
  EXPECT_TRUE(object->ended());
  EXPECT_EQ(strings.seen.back(), "post_stop shutdown");
  EXPECT_EQ(family.made("victim"), 2);
  EXPECT_EQ(family.node.children(), 1u) << "ended children are in no table";
}

TEST(GroupRestart, TakesACrashOfASiblingMeanwhileAsItsOwn) {
  Family family({.strategy = Strategy::one_for_all, .intensity = {.max_restarts = 1, .window = 60s}});
  Waker waker;
  family.start("a", {.shutdown = ShutdownPolicy::infinity()});
  family.strings("a").resume = fails("in the middle");
  family.start("b");
  family.tell("a", parks(waker));
  family.world.settle();
  family.tell("b", fails());
  family.world.settle();
  waker.wake();  // into a crash, while its supervisor waits for it
  family.world.settle();
  EXPECT_EQ(family.made("a"), 2);
  EXPECT_EQ(family.made("b"), 2);
  EXPECT_TRUE(family.world.system.is_idle()) << "one restart, and the intensity allows one";
}

TEST(GroupRestart, TakesAnOlderCrashMeanwhileAsAnotherFailureOfAWiderGroup) {
  Family family({.strategy = Strategy::rest_for_one, .backoff = {100ms, 100ms}});
  family.start("a");
  family.start("b");
  family.start("c");
  for (int n = 0; n < 2; ++n) {
    family.tell("b", fails());
    family.world.settle();
  }
  family.tell("a", fails());  // b and c are down and wait for their backoff
  family.world.settle();
  EXPECT_EQ(family.made("a"), 1);
  family.world.pass(100ms);
  EXPECT_EQ(family.made("a"), 2);
  EXPECT_EQ(family.made("b"), 3);
  EXPECT_EQ(family.made("c"), 3);
  EXPECT_TRUE(family.world.system.is_idle());
}

TEST(GroupRestart, LetsGoOfWhoEndsMeanwhile) {
  for (const int how : {0, 1, 2}) {
    Family family({.strategy = Strategy::one_for_all, .backoff = {1s, 1s}});
    Address<Act> leaving = family.start("leaving", {.restart = RestartPolicy::transient});
    family.start("other");
    family.start("victim");
    family.tell("victim", fails());
    family.world.settle();
    if (how == 2) family.tell("leaving", exits());  // by itself, and in the queue when the group goes down
    family.tell("victim", fails());
    family.world.settle();
    if (how == 0) leaving.stop();
    if (how == 1) leaving.kill();
    family.world.pass(1s);
    EXPECT_TRUE(leaving.ended()) << how;
    EXPECT_EQ(family.made("other"), 3) << how;
    EXPECT_EQ(family.made("victim"), 3) << how;
    EXPECT_TRUE(family.world.system.is_idle()) << how;
  }
}

TEST(GroupRestart, StartsAChildThatIsSpawnedMeanwhileAsTheYoungest) {
  Family family({.strategy = Strategy::one_for_all, .backoff = {1s, 1s}});
  family.start("a");
  for (int n = 0; n < 2; ++n) {
    family.tell("a", fails());
    family.world.settle();
  }
  family.lines();
  std::optional<Result<>> outcome;
  family.add("late", {.restart = RestartPolicy::temporary, .on_started = [&](const Result<>& result) { outcome = result; }});
  family.world.settle();
  EXPECT_FALSE(outcome) << "its elders are down";
  family.world.pass(1s);
  EXPECT_EQ(family.lines(), (Lines{"started a", "started late"}));
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(*outcome);
  EXPECT_EQ(family.address["late"].stats().restarts, 0u);
}

TEST(GroupRestart, TakesEveryStartThatFailsForAnotherFailure) {
  for (std::size_t bad = 0; bad < 3; ++bad)  // whose start fails
    for (int times = 1; times <= 4; ++times)
      for (const int how : {0, 1, 2}) {  // the factory, an exception, a start that hangs
        Family family({.strategy = Strategy::rest_for_one,
                       .intensity = {.max_restarts = 4, .window = 1h},
                       .backoff = {0s, 0s},
                       .exhausted = Exhausted::give_up});
        int to_fail = 0;
        Waker never;
        std::array<int, 3> calls{};
        std::array<Address<Act>, 3> children;
        std::array<Strings*, 3> strings;
        for (std::size_t n = 0; n < 3; ++n) {
          strings[n] = &family.world.strings();
          auto made = family.node.spawn({.start_timeout = 1s}, [&, n]() -> Result<std::unique_ptr<Puppet>> {
            ++calls[n];
            strings[n]->pre_start = nullptr;
            if (n != bad || to_fail == 0) return std::make_unique<Puppet>(*strings[n]);
            --to_fail;
            if (how == 0) return fail(Code::io, "no file today");
            if (how == 1) throw std::runtime_error("worse");
            strings[n]->pre_start = parks(never);
            return std::make_unique<Puppet>(*strings[n]);
          });
          ASSERT_TRUE(made);
          children[n] = *made;
          family.world.settle();
        }
        to_fail = times;
        ASSERT_TRUE(children[0].send(fails()));
        family.world.pass(10s);
        const std::string about = fmt::format("child {}, {} times, way {}", bad, times, how);
        const bool exhausted = times == 4;  // the crash and four starts make five failures
        for (std::size_t n = 0; n < 3; ++n) {
          EXPECT_EQ(children[n].ended(), exhausted && n >= bad) << n << ' ' << about;
          EXPECT_EQ(strings[n]->living, children[n].ended() ? 0 : 1) << n << ' ' << about;
        }
        EXPECT_EQ(calls[bad], 1 + times + (exhausted ? 0 : 1)) << about;
        for (std::size_t n = bad + 1; n < 3; ++n)
          EXPECT_EQ(calls[n], exhausted ? 1 : 2) << "not before its elders are up " << about;
        for (std::size_t n = 0; n < bad; ++n) EXPECT_EQ(calls[n], 2) << "the older ones are up already " << about;
        EXPECT_TRUE(family.world.system.is_idle()) << about;
      }
}

TEST(GroupRestart, CountsForTheSupervisorAndGivesUpTheGroup) {
  for (const Strategy strategy : {Strategy::one_for_all, Strategy::rest_for_one}) {
    Family family({.strategy = strategy,
                   .intensity = {.max_restarts = 2, .window = 10s},
                   .backoff = {0s, 0s},
                   .exhausted = Exhausted::give_up});
    family.start("a");
    family.start("b", {.intensity = RestartIntensity{1000, 1s}});  // not looked at
    family.start("c");
    family.tell("c", fails());
    family.world.settle();
    family.tell("b", fails());
    family.world.settle();
    family.lines();
    family.tell("b", fails());  // the third failure of them all
    family.world.settle();
    const bool all = strategy == Strategy::one_for_all;
    EXPECT_EQ(family.lines(), all ? (Lines{"crashed b: broken", "gave-up b", "stopped c", "stopped a"})
                                  : (Lines{"crashed b: broken", "gave-up b", "stopped c"}));
    EXPECT_EQ(family.address["a"].ended(), all);
    EXPECT_FALSE(family.node.ended());
    family.start("d");  // and takes new ones
    EXPECT_EQ(family.made("d"), 1);
  }
}

TEST(GroupRestart, EndsWithItsSupervisorInOrder) {
  for (const int moment : {0, 1, 2}) {
    Family family({.strategy = Strategy::one_for_all, .backoff = {1s, 1s}});
    Waker never;
    family.start("a", {.shutdown = ShutdownPolicy::graceful(1h)});
    family.start("b");
    family.start("c");
    family.tell("b", fails());
    family.world.settle();
    if (moment == 1) family.tell("a", parks(never));  // a will not go down
    if (moment == 2) family.strings("a").pre_start = parks(never);  // a will not come up
    family.world.settle();
    family.tell("b", fails());
    family.world.settle();
    if (moment == 2) family.world.pass(1s);
    family.lines();
    family.node.stop();
    family.world.settle();
    if (moment == 1) {
      EXPECT_FALSE(family.node.ended()) << "a has its grace";
      family.world.pass(1h);
      EXPECT_EQ(family.lines(), (Lines{"stopped c", "stopped b", "killed a", "stopped s"}));
    } else {
      EXPECT_EQ(family.lines(), (Lines{"stopped c", "stopped b", "stopped a", "stopped s"}));
    }
    EXPECT_TRUE(family.node.ended());
    EXPECT_EQ(family.world.system.stats().alive, 0u);
  }
}

TEST(GroupRestart, EndsWithTheSystem) {
  Family family({.strategy = Strategy::one_for_all, .backoff = {1s, 1s}});
  family.start("a");
  family.start("b");
  for (int n = 0; n < 2; ++n) {
    family.tell("b", fails());
    family.world.settle();
  }
  family.tell("a", nothing());
  EXPECT_TRUE(family.world.system.shutdown(1s).empty());
  EXPECT_EQ(family.world.system.stats().alive, 0u);
  EXPECT_EQ(family.world.events.discarded, 1);
}

TEST(GroupRestart, TakesWhoeverIsWaitingForAFirstStart) {
  Family family({.strategy = Strategy::one_for_all});
  Waker first;
  std::vector<std::string> outcomes;
  family.start("victim");
  family.add("slow", {.on_started = [&](const Result<>& result) { outcomes.push_back(result ? "ok" : "failed"); }});
  family.strings("slow").pre_start = parks(first);
  family.world.settle();
  family.strings("slow").pre_start = nullptr;
  family.tell("victim", fails());
  family.world.settle();
  EXPECT_EQ(family.made("slow"), 2);
  EXPECT_EQ(outcomes, Lines{"ok"}) << "told once";
  EXPECT_EQ(family.address["slow"].stats().restarts, 0u) << "it had never run";
}

TEST(GroupRestart, ShowsInTheTree) {
  Family family({.strategy = Strategy::rest_for_one, .backoff = {1s, 1s}});
  Waker waker;
  family.start("a");
  family.start("b");
  family.start("c");
  family.tell("a", parks(waker));
  for (int n = 0; n < 2; ++n) {
    family.tell("b", fails());
    family.world.settle();
  }
  const TreeView root = family.world.system.root().tree();
  EXPECT_EQ(root.name, "root");
  ASSERT_EQ(root.children.size(), 1u);
  const TreeView& tree = root.children[0];
  EXPECT_EQ(tree.name, "s");
  EXPECT_EQ(tree.strategy, Strategy::rest_for_one);
  EXPECT_EQ(tree.state, ChildState::restarting);
  ASSERT_EQ(tree.children.size(), 3u);
  EXPECT_EQ(tree.children[0].name, "a");
  EXPECT_EQ(tree.children[0].state, ChildState::parked);
  EXPECT_EQ(tree.children[1].state, ChildState::restarting);
  EXPECT_EQ(tree.children[2].restarts, 2u);
  family.world.pass(1s);
  EXPECT_EQ(family.node.tree().state, ChildState::running);
  EXPECT_EQ(family.node.tree().children[1].state, ChildState::running);
}

}  // namespace
}  // namespace airssys::rt
