#include "airssys/rt/keyed.h"

#include <map>
#include <string>
#include <vector>

#include "world.h"

namespace airssys::rt {
namespace {

struct PulledStrings {
  std::map<std::string, Strings> pulled;
};

// Puppets by key, whose strings outlive them.
struct Keys : PulledStrings, World {
  explicit Keys(KeyedOptions options = {}, SystemLimits limits = {})
      : World(1, limits),
        keyed(system, options, [this](std::string_view key, const ActorRef& predecessor) -> Result<Address<Act>> {
          Strings& mine = pulled[std::string(key)];
          if (prepare) prepare(mine);
          SpawnOptions how{.name = std::string(key), .intensity = RestartIntensity{0, 1s}};
          return predecessor ? system.root().spawn_after(predecessor, std::move(how), puppet(mine))
                             : system.spawn(std::move(how), puppet(mine));
        }) {}
  SendStatus send(std::string_view key, Act act = nothing()) {
    const auto sent = keyed.try_send(key, act);
    EXPECT_TRUE(sent) << sent.error().message();
    return sent.value_or(SendStatus::ended);
  }
  std::string refusal(std::string_view key) {
    Act act = nothing();
    const auto sent = keyed.try_send(key, act);
    return sent ? "sent" : sent.error().message();
  }
  std::function<void(Strings&)> prepare = nullptr;
  Keyed<Act> keyed;
};

TEST(SpawnAfter, StartsWhenItsPredecessorHasEndedAndHasItsNameAtOnce) {
  World world;
  Strings &first = world.strings(), &second = world.strings();
  std::vector<int> seen;
  Waker go_on;
  first.child_stop = [&](Context& context) -> Result<Turn> {
    if (go_on) return Turn::done;
    go_on = context.waker();
    return Turn::parked;
  };
  const auto old = world.start({.name = "same"}, first);
  old.stop();
  const auto next = world.system.root().spawn_after(old, {.name = "same"}, world.puppet(second));
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_EQ(world.system.find<Act>("same")->id(), next->id());
  EXPECT_TRUE(next->send(note(seen, 1)));
  world.pass(20s);
  EXPECT_EQ(second.made, 0);
  EXPECT_TRUE(seen.empty());
  go_on.wake();
  world.settle();
  EXPECT_TRUE(old.ended());
  EXPECT_EQ(seen, std::vector{1});
  EXPECT_EQ(first.living, 0);
  EXPECT_TRUE(world.system.find<Act>("same"));
}

TEST(SpawnAfter, StartsAtOnceWhenItsPredecessorIsGoneAlready) {
  World world;
  Strings &first = world.strings(), &second = world.strings();
  const auto old = world.start({.name = "a"}, first);
  old.kill();
  world.settle();
  ASSERT_TRUE(world.system.root().spawn_after(old, {.name = "a"}, world.puppet(second)));
  world.settle();
  EXPECT_EQ(second.living, 1);
}

TEST(SpawnAfter, RefusesANameThatSomebodyElseHasAndAPredecessorOfAnotherSystem) {
  World world, other;
  const auto old = world.start({.name = "a"}, world.strings());
  world.start({.name = "b"}, world.strings());
  EXPECT_EQ(world.system.root().spawn_after(old, {.name = "b"}, world.puppet(world.strings())).error().code(),
            Code::already_exists);
  EXPECT_EQ(world.system.root().spawn_after(ActorRef{}, {}, world.puppet(world.strings())).error().code(),
            Code::invalid_argument);
  EXPECT_EQ(other.system.root().spawn_after(old, {}, other.puppet(other.strings())).error().code(), Code::invalid_argument);
}

TEST(SpawnAfter, TheSystemsEndHandlesWhatBothHaveAccepted) {
  World world;
  std::vector<int> seen;
  const auto old = world.start({.name = "a"}, world.strings());
  EXPECT_TRUE(old.send(note(seen, 1)));
  old.stop();
  EXPECT_TRUE((*world.system.root().spawn_after(old, {.name = "a"}, world.puppet(world.strings()))).send(note(seen, 2)));
  EXPECT_TRUE(world.system.shutdown(60s).empty());
  EXPECT_EQ(seen, (std::vector{1, 2}));
}

TEST(Keyed, MakesAnActorWithTheFirstMessageOfItsKey) {
  Keys keys;
  std::vector<int> seen;
  for (const int n : {1, 2, 3}) keys.send(n == 2 ? "bob" : "alice", note(seen, n));
  keys.settle();
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(keys.pulled["alice"].made, 1);
  EXPECT_EQ(keys.pulled["bob"].made, 1);
  EXPECT_EQ(keys.keyed.stats().live, 2u);
  EXPECT_EQ(keys.keyed.stats().created, 2u);
}

TEST(Keyed, PutsAwayWhoHasNothingToDoAndMakesItAnewWhenItHas) {
  Keys keys({.idle = 10s});
  keys.send("idle");
  for (int n = 0; n < 20; ++n) {
    keys.send("busy");
    keys.pass(1s);
  }
  EXPECT_EQ(keys.pulled["idle"].living, 0);
  EXPECT_EQ(keys.pulled["busy"].made, 1);
  EXPECT_EQ(keys.keyed.stats().live, 1u);
  EXPECT_EQ(keys.keyed.stats().put_away, 1u);
  keys.send("idle");
  keys.settle();
  EXPECT_EQ(keys.pulled["idle"].made, 2);
  EXPECT_EQ(keys.pulled["idle"].living, 1);
}

TEST(Keyed, TellsSomeOfThoseThatLive) {
  Keys keys({.idle = 10s});
  for (int n = 0; n < 20; ++n) keys.send("key-" + std::to_string(n));
  keys.settle();
  EXPECT_EQ(keys.keyed.some(8).size(), 8u);
  EXPECT_EQ(keys.keyed.some(100).size(), 20u);
  keys.pass(30s);
  keys.send("one");
  const auto living = keys.keyed.some(100);
  ASSERT_EQ(living.size(), 1u);
  EXPECT_EQ(living[0].key, "one");
  EXPECT_EQ(living[0].actor.name(), "one");
}

TEST(Keyed, HasNeitherActorsNorTimersWhenNobodySends) {
  Keys keys({.idle = 10s});
  for (int n = 0; n < 500; ++n) keys.send("k" + std::to_string(n));
  keys.pass(50s);
  EXPECT_EQ(keys.keyed.stats().live, 0u);
  EXPECT_EQ(keys.keyed.stats().ending, 0u);
  EXPECT_EQ(keys.system.stats().alive, 0u);
  EXPECT_EQ(keys.executor.timers(), 0u);
}

TEST(Keyed, HandsWhatComesWhileOneEndsToTheNextWhichWaitsForIt) {
  Keys keys({.idle = 10s});
  Waker go_on;
  bool held = false;
  keys.prepare = [&](Strings& strings) {
    strings.child_stop = [&](Context& context) -> Result<Turn> {
      if (std::exchange(held, true)) return Turn::done;
      go_on = context.waker();
      return Turn::parked;
    };
  };
  keys.send("a");
  keys.pass(21s);
  ASSERT_TRUE(held);
  std::vector<int> seen;
  for (const int n : {1, 2, 3}) keys.send("a", note(seen, n));
  keys.settle();
  EXPECT_EQ(keys.pulled["a"].made, 1);
  EXPECT_TRUE(seen.empty());
  go_on.wake();
  keys.settle();
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
  EXPECT_EQ(keys.pulled["a"].made, 2);
  EXPECT_EQ(keys.pulled["a"].living, 1);
}

TEST(Keyed, NeverHasMoreAliveThanItMayAndPutsIdleOnesAwayForNewOnes) {
  Keys keys({.max_live = 8, .idle = 1h});
  for (int n = 0; n < 1000; ++n) {
    keys.send("k" + std::to_string(n));
    keys.settle();
    ASSERT_LE(keys.keyed.stats().live, 8u);
    ASSERT_LE(keys.system.stats().alive, 8u);
  }
  EXPECT_EQ(keys.keyed.stats().created, 1000u);
  EXPECT_EQ(keys.keyed.stats().refused, 0u);
}

TEST(Keyed, HasRoomForNewKeysWhoeverHasEndedMeanwhile) {
  Keys keys({.max_live = 64, .idle = 1h});
  for (int n = 0; n < 5000; ++n) {
    keys.send("k" + std::to_string(n));
    keys.settle();
    ASSERT_LE(keys.keyed.stats().live, 64u);
  }
  EXPECT_EQ(keys.keyed.stats().refused, 0u);
  EXPECT_GT(keys.keyed.stats().live, 48u);  // and not many more are put away than must
}

TEST(Keyed, RefusesANewKeyWhileAllAreBusyAndTakesItLater) {
  Keys keys({.max_live = 2, .idle = 1h});
  std::vector<Waker> parked;
  const Act parks = [&](Context& context) -> Result<Turn> {
    parked.push_back(context.waker());
    return Turn::parked;
  };
  keys.send("a", parks);
  keys.send("b", parks);
  keys.settle();
  EXPECT_EQ(keys.refusal("c"), "max_live: 2 keys are alive and none of them is idle; raise the limit or try later");
  EXPECT_EQ(keys.send("a"), SendStatus::sent);
  EXPECT_EQ(keys.keyed.stats().refused, 1u);
  for (const Waker& waker : parked) waker.wake();
  keys.settle();
  EXPECT_EQ(keys.refusal("c"), "sent");
}

TEST(Keyed, DoesNotMakeOneThatFailedTooOftenBeforeItHasRested) {
  Keys keys({.idle = 1h, .rest = 60s});
  keys.send("bad", fails());
  keys.settle();
  EXPECT_NE(keys.refusal("bad").find("failed more often"), std::string::npos);
  EXPECT_EQ(keys.refusal("good"), "sent");
  keys.pass(61s);
  EXPECT_EQ(keys.refusal("bad"), "sent");
  keys.settle();
  EXPECT_EQ(keys.pulled["bad"].made, 2);
}

TEST(Keyed, SaysWhatIsWrongWithAKeyAndWithASpawn) {
  Keys keys({}, {.max_actors = 1});
  EXPECT_EQ(keys.refusal(""), "a key has 1 to 256 bytes, this one 0");
  EXPECT_EQ(keys.refusal(std::string(257, 'k')), "a key has 1 to 256 bytes, this one 257");
  keys.send("a");
  EXPECT_NE(keys.refusal("b").find("max_actors"), std::string::npos);
  EXPECT_EQ(keys.keyed.stats().live, 1u);
}

}  // namespace
}  // namespace airssys::rt
