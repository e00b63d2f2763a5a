// What becomes of a message at which a component crashes: [mailbox] on_crash and poison_after.
#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = rt::SupervisionEvent::Kind;

// Crashes at "bad", as often as it is told to.
Fake& define(World& world, const MailboxPolicy& policy, int crashes = 1000, Calls calls = Calls::finish_at_once) {
  Fake& fake = world.define("one", calls, test_limits, policy);
  fake.script.on_message = [left = crashes](const Message& message) mutable {
    return message.payload.text().starts_with("bad") && left-- > 0 ? FakeOutcome::trapped(TrapKind::bounds) : FakeOutcome{};
  };
  fake.options.intensity = rt::RestartIntensity{.max_restarts = 10, .window = 60s};
  fake.options.backoff = rt::Backoff{.base = 0s, .cap = 0s};
  world.spawn(fake);
  return fake;
}

TEST(OnCrash, DropLosesTheMessageAndRecordsThatItDid) {
  World world;
  Fake& fake = define(world, {});
  for (const char* text : {"a", "bad", "b"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "bad", "gone", "new", "init", "b"));
  EXPECT_THAT(world.letters.texts, ElementsAre("crashed one: bad"));
  EXPECT_EQ(fake.stats.lost.value(), 1u);
  EXPECT_EQ(fake.stats.retried.value(), 0u);
}

TEST(OnCrash, DeadLetterKeepsItsContents) {
  World world;
  Fake& fake = define(world, {.on_crash = OnCrash::dead_letter});
  fake.send("bad");
  world.run();
  EXPECT_THAT(world.letters.texts, ElementsAre("crashed one: bad, kept"));
  EXPECT_EQ(fake.stats.lost.value(), 1u);
}

TEST(OnCrash, RetryOnceGivesItToTheNextIncarnationBeforeAnythingElse) {
  for (const Calls calls : {Calls::finish_at_once, Calls::may_wait}) {
    World world;
    Fake& fake = define(world, {.on_crash = OnCrash::retry_once}, 1, calls);
    for (const char* text : {"a", "bad", "b"}) fake.send(text);
    world.run();
    EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "bad", "gone", "new", "init", "bad", "b"));
    EXPECT_THAT(world.letters.texts, IsEmpty());
    EXPECT_EQ(fake.stats.messages_in.value(), 3u);
    EXPECT_EQ(fake.stats.handled.value(), 3u);
    EXPECT_EQ(fake.stats.retried.value(), 1u);
    EXPECT_EQ(fake.stats.lost.value(), 0u);
    EXPECT_EQ(fake.stats.actor_state(), ActorState::ready);
  }
}

TEST(OnCrash, RetryOnceNeedsNoFurtherMessage) {
  World world;
  Fake& fake = define(world, {.on_crash = OnCrash::retry_once}, 1);
  fake.send("bad");
  world.run();
  EXPECT_EQ(fake.stats.handled.value(), 1u);
}

TEST(OnCrash, RetryOnceMakesADeadLetterOfWhatCrashesTwice) {
  World world;
  Fake& fake = define(world, {.on_crash = OnCrash::retry_once});
  for (const char* text : {"bad", "b"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "bad", "gone", "new", "init", "bad", "gone", "new", "init", "b"));
  EXPECT_THAT(world.letters.texts, ElementsAre("crashed one: bad, kept"));
  EXPECT_EQ(fake.stats.lost.value(), 1u);
  EXPECT_EQ(fake.stats.handled.value(), 1u);
}

TEST(OnCrash, WhatWaitsForItsSecondAttemptIsDiscardedWhenTheComponentEnds) {
  World world;
  Fake& fake = world.define("one", Calls::finish_at_once, test_limits, {.on_crash = OnCrash::retry_once});
  fake.script.on_message = [](const Message&) { return FakeOutcome::trapped(TrapKind::bounds); };
  fake.options.intensity = rt::RestartIntensity{.max_restarts = 0, .window = 60s};
  world.spawn(fake);
  fake.send("bad");
  world.run();
  EXPECT_TRUE(fake.address.ended());
  EXPECT_THAT(world.letters.texts, ElementsAre("discarded one: bad, kept"));
  EXPECT_EQ(fake.stats.lost.value(), 1u);
}

TEST(OnCrash, MessageInHandAtAKillIsADeadLetter) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  fake.script.on_message = [](const Message&) { return FakeOutcome{.wait = std::make_shared<Latch>()}; };
  fake.send("waits");
  world.run();
  EXPECT_EQ(fake.stats.actor_state(), ActorState::suspended);
  fake.address.kill();
  world.run();
  EXPECT_THAT(world.letters.texts, ElementsAre("crashed one: waits"));
  EXPECT_EQ(fake.stats.lost.value(), 1u);
  EXPECT_EQ(fake.stats.actor_state(), ActorState::terminated);
}

TEST(Poison, IsSetAsideSoThatItDoesNotUseUpTheRestarts) {
  World world;
  Fake& fake = define(world, {});
  for (int i = 0; i < 20; ++i) fake.send("bad");
  fake.send("good");
  world.run();
  EXPECT_EQ(world.events.count("one", Kind::crashed), 2u);
  EXPECT_EQ(fake.stats.poisoned.value(), 18u);
  EXPECT_EQ(fake.stats.lost.value(), 2u);
  EXPECT_EQ(fake.stats.handled.value(), 1u);
  EXPECT_EQ(world.letters.texts.back(), "poison one: bad, kept");
  world.run_for(60s);
  fake.send("bad");  // its last crash is long ago: it gets another chance
  world.run();
  EXPECT_EQ(world.events.count("one", Kind::crashed), 3u);
}

TEST(Poison, IsNotTriedASecondTime) {
  World world;
  Fake& fake = define(world, {.on_crash = OnCrash::retry_once, .poison_after = 1});
  for (const char* text : {"bad", "b"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "bad", "gone", "new", "init", "b"));
  EXPECT_THAT(world.letters.texts, ElementsAre("poison one: bad, kept"));
}

TEST(Poison, IsNothingWhenTheManifestSaysSo) {
  World world;
  Fake& fake = define(world, {.poison_after = 0});
  for (int i = 0; i < 5; ++i) fake.send("bad");
  world.run();
  EXPECT_EQ(world.events.count("one", Kind::crashed), 5u);
  EXPECT_EQ(fake.stats.poisoned.value(), 0u);
}

}  // namespace
}  // namespace airssys::wasm::testing
