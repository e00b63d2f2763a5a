#include "airssys/wasm/actor/component_actor.h"

#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = rt::SupervisionEvent::Kind;

FakeOutcome waits_for(std::shared_ptr<Latch> latch) { return {.wait = std::move(latch)}; }

TEST(ComponentActor, IsInitialisedBeforeItsFirstMessageAndShutDownAfterItsLast) {
  World world;
  Fake& fake = world.define("one");
  world.spawn(fake);
  EXPECT_EQ(fake.send("a"), rt::SendStatus::sent);
  EXPECT_EQ(fake.send("b"), rt::SendStatus::sent);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "b"));
  fake.send("c");
  fake.address.stop();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "b", "c", "shutdown", "gone"));
  EXPECT_TRUE(fake.address.ended());
  EXPECT_EQ(fake.send("d"), rt::SendStatus::ended);
}

TEST(ComponentActor, DoesNotMakeAnInstanceBeforeItIsStarted) {
  World world;
  Fake& fake = world.define("one");
  world.spawn(fake);
  EXPECT_THAT(fake.script.calls, IsEmpty());
}

TEST(ComponentActor, UnwindsWhenInitAnswersAnErrorAndTellsTheSpawner) {
  World world;
  Fake& fake = world.define("one");
  fake.script.on_init = [] { return FakeOutcome::error(0, "no \x1b[31mconfig"); };
  world.spawn(fake);
  fake.send("a");
  world.run();
  ASSERT_TRUE(fake.started);
  ASSERT_FALSE(*fake.started);
  EXPECT_EQ(fake.started->error().code(), Code::execution_failed);
  EXPECT_EQ(fake.started->error().message(), "init answered initialization-failed: no \\x1b[31mconfig");
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "gone"));
  EXPECT_EQ(world.events.discarded["one"], 1u);
}

TEST(ComponentActor, UnwindsWhenInitTrapsAndTellsTheSpawner) {
  World world;
  Fake& fake = world.define("one");
  fake.script.on_init = [] { return FakeOutcome::trapped(TrapKind::unreachable); };
  world.spawn(fake);
  world.run();
  ASSERT_FALSE(*fake.started);
  EXPECT_EQ(fake.started->error().code(), Code::trapped);
  EXPECT_EQ(fake.traps(TrapKind::unreachable), 1u);
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "gone"));
}

TEST(ComponentActor, TellsTheSpawnerWhenNoInstanceCanBeMade) {
  World world;
  Fake& fake = world.define("one");
  fake.script.refuses_to_be_made = true;
  world.spawn(fake);
  world.run();
  ASSERT_FALSE(*fake.started);
  EXPECT_EQ(fake.started->error().code(), Code::instantiation_failed);
}

TEST(ComponentActor, RefusesAComponentThatCallsItselfOtherwiseThanItsManifest) {
  World world;
  Fake& name = world.define("one");
  name.script.metadata = {.name = "two\n", .version = "1.0.0"};
  Fake& version = world.define("three");
  version.script.metadata = {.name = "three", .version = "1.0.1"};
  world.spawn(name);
  world.spawn(version);
  world.run();
  ASSERT_FALSE(*name.started);
  EXPECT_EQ(name.started->error().code(), Code::invalid_component);
  EXPECT_EQ(name.started->error().message(), "the component calls itself 'two\\x0a', its Component.toml 'one'; make them agree");
  EXPECT_THAT(name.script.calls, ElementsAre("new", "gone"));  // init was not called
  ASSERT_FALSE(*version.started);
  EXPECT_EQ(version.started->error().message(),
            "the component says version '1.0.1', its Component.toml '1.0.0'; make them agree");
}

TEST(ComponentActor, AcceptsAComponentThatSaysWhatItsManifestSaysOrNothing) {
  World world;
  Fake& same = world.define("one");
  same.script.metadata = {.name = "one", .version = "1.0.0"};
  Fake& silent = world.define("two");
  world.spawn(same);
  world.spawn(silent);
  world.run();
  EXPECT_TRUE(*same.started);
  EXPECT_TRUE(*silent.started);
}

TEST(ComponentActor, IsReplacedAfterATrapAndLosesOnlyTheMessageInHand) {
  World world;
  Fake& fake = world.define("one");
  fake.script.on_message = [](const Message& message) {
    return message.payload.text() == "bad" ? FakeOutcome::trapped(TrapKind::bounds) : FakeOutcome{};
  };
  world.spawn(fake);
  const rt::Address<ComponentMessage> address = fake.address;
  for (const char* text : {"a", "bad", "b", "c"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "bad", "gone", "new", "init", "b", "c"));
  EXPECT_EQ(fake.traps(TrapKind::bounds), 1u);
  EXPECT_EQ(fake.stats.messages_in.value(), 4u);
  EXPECT_EQ(fake.stats.handled.value(), 3u);
  EXPECT_EQ(world.events.count("one", Kind::restarting), 1u);
  EXPECT_TRUE(world.events.discarded.empty());
  EXPECT_EQ(fake.address, address);
}

TEST(ComponentActor, GoesOnAfterAnErrorOfTheGuestWhichIsCountedAndLogged) {
  World world;
  Fake& fake = world.define("one");
  fake.script.on_message = [](const Message& message) {
    return message.payload.text() == "bad" ? FakeOutcome::error(3, "\x1b[2Jnot a number") : FakeOutcome{};
  };
  world.spawn(fake);
  for (const char* text : {"bad", "good"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "bad", "good"));
  EXPECT_EQ(fake.stats.guest_errors.value(), 1u);
  EXPECT_EQ(fake.stats.handled.value(), 2u);
  EXPECT_THAT(fake.lines, ElementsAre("handle-message answered invalid-message: \\x1b[2Jnot a number"));
}

TEST(ComponentActor, StopsInOrderWhenShutdownAnswersAnError) {
  World world;
  Fake& fake = world.start("one");
  fake.script.on_shutdown = [] { return FakeOutcome::error(4, ""); };
  fake.address.stop();
  world.run();
  EXPECT_THAT(fake.lines, ElementsAre("shutdown answered shutdown-failed"));
  EXPECT_EQ(world.events.kinds["one"], (std::vector{Kind::started, Kind::stopped}));
  EXPECT_EQ(fake.script.alive, 0);
}

TEST(ComponentActor, IsGoneAlsoWhenShutdownTraps) {
  World world;
  Fake& fake = world.start("one");
  fake.script.on_shutdown = [] { return FakeOutcome::trapped(TrapKind::out_of_fuel); };
  fake.address.stop();
  world.run();
  EXPECT_TRUE(fake.address.ended());
  EXPECT_EQ(fake.script.alive, 0);
  EXPECT_EQ(fake.traps(TrapKind::out_of_fuel), 1u);
  EXPECT_EQ(world.events.count("one", Kind::restarting), 0u);
}

TEST(ComponentActor, IsGivenUpWhenItCrashesTooOftenAndItsQueueBecomesDeadLetters) {
  World world;
  Fake& fake = world.define("one");
  fake.options.intensity = rt::RestartIntensity{.max_restarts = 2, .window = 60s};
  fake.script.on_message = [](const Message&) { return FakeOutcome::trapped(TrapKind::unreachable); };
  world.spawn(fake);
  for (int i = 0; i < 10; ++i) fake.send("bad" + std::to_string(i));
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_EQ(world.events.count("one", Kind::gave_up), 1u);
  EXPECT_TRUE(fake.address.ended());
  EXPECT_EQ(fake.stats.messages_in.value(), 3u);
  EXPECT_EQ(fake.stats.handled.value(), 0u);
  EXPECT_EQ(fake.traps(TrapKind::unreachable), 3u);
  EXPECT_EQ(world.events.discarded["one"], 7u);
  EXPECT_EQ(fake.script.alive, 0);
}

// --- waiting

TEST(ComponentActor, ParksWhileItsGuestWaitsAndOthersGoOn) {
  World world;
  Fake& sleeper = world.start("sleeper", Calls::may_wait);
  Fake& other = world.start("other");
  const auto latch = std::make_shared<Latch>();
  sleeper.script.on_message = [&](const Message& message) {
    return message.payload.text() == "wait" ? waits_for(latch) : FakeOutcome{};
  };
  sleeper.send("wait");
  sleeper.send("next");
  world.run();
  other.send("a");
  world.run();
  EXPECT_THAT(other.script.calls, ElementsAre("new", "init", "a"));
  EXPECT_THAT(sleeper.script.calls, ElementsAre("new", "init", "wait"));  // one at a time, also while it waits
  EXPECT_EQ(sleeper.stats.handled.value(), 0u);
  world.run_for(40ms);
  latch->open();
  world.run();
  EXPECT_THAT(sleeper.script.calls, ElementsAre("new", "init", "wait", "next"));
  EXPECT_EQ(sleeper.stats.handled.value(), 2u);
  EXPECT_EQ(world.executor.timers(), 0u);  // the deadline of the ended call
}

TEST(ComponentActor, GoesOnWaitingAfterAWakeThatMeantNothing) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  fake.send("wait");
  world.run();
  for (int i = 0; i < 3; ++i) {
    latch->wake();
    world.run();
  }
  EXPECT_EQ(latch->polls, 4);
  EXPECT_EQ(fake.stats.handled.value(), 0u);
  EXPECT_EQ(world.executor.timers(), 1u);
  latch->open();
  world.run();
  EXPECT_EQ(fake.stats.handled.value(), 1u);
}

TEST(ComponentActor, EndsAWaitingCallAtExactlyItsTimeout) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  world.run_for(7ms);
  fake.send("wait");
  world.run();
  world.run_for(test_limits.call_timeout - 1ns);
  EXPECT_EQ(fake.traps(TrapKind::timeout), 0u);
  world.run_for(1ns);
  EXPECT_EQ(fake.traps(TrapKind::timeout), 1u);
  EXPECT_EQ(world.events.count("one", Kind::restarting), 1u);
  EXPECT_EQ(fake.stats.handled.value(), 0u);
  EXPECT_EQ(latch.use_count(), 1);  // the call has let go of it
}

TEST(ComponentActor, CountsWaitingTimeOfOneCallAgainstThatCallOnly) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  fake.script.on_message = [&](const Message&) {
    const auto latch = std::make_shared<Latch>();
    world.executor.post_at(world.platform.now() + 60ms, [latch] { latch->open(); });
    return waits_for(latch);
  };
  for (int i = 0; i < 5; ++i) fake.send("wait");
  world.run_for(1s);
  EXPECT_EQ(fake.stats.handled.value(), 5u);
  EXPECT_EQ(fake.traps(TrapKind::timeout), 0u);
}

TEST(ComponentActor, MayWaitWithinInit) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_init = [&] { return waits_for(latch); };
  world.spawn(fake);
  fake.send("a");
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init"));
  EXPECT_FALSE(fake.started);
  latch->open();
  world.run();
  EXPECT_TRUE(*fake.started);
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a"));
}

TEST(ComponentActor, FailsItsStartWhenInitWaitsPastItsTimeout) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_init = [&] { return waits_for(latch); };
  world.spawn(fake);
  world.run_for(test_limits.call_timeout);
  ASSERT_TRUE(fake.started);
  EXPECT_EQ(fake.started->error().code(), Code::timed_out);
  EXPECT_EQ(fake.script.alive, 0);
  latch->open();  // nobody is there any more
  world.run();
}

TEST(ComponentActor, HandlesThePendingMessageBeforeItStops) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  fake.send("wait");
  world.run();
  fake.address.stop();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait"));
  latch->open();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait", "shutdown", "gone"));
}

TEST(ComponentActor, IsKilledWhenItsPendingCallOutlastsTheGraceOfAStop) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  fake.options.shutdown = rt::ShutdownPolicy::graceful(30ms);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  world.spawn(fake);
  fake.send("wait");
  world.run();
  fake.address.stop();
  world.run_for(30ms);
  EXPECT_EQ(world.events.kinds["one"], (std::vector{Kind::started, Kind::killed}));
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait", "gone"));
  EXPECT_EQ(latch.use_count(), 1);
  latch->open();
  world.run();
}

TEST(ComponentActor, IsKilledWhenItsShutdownHangs) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  fake.options.shutdown = rt::ShutdownPolicy::graceful(30ms);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_shutdown = [&] { return waits_for(latch); };
  world.spawn(fake);
  world.run();
  fake.address.stop();
  world.run_for(30ms);
  EXPECT_TRUE(fake.address.ended());
  EXPECT_EQ(fake.script.alive, 0);
  EXPECT_EQ(world.events.kinds["one"].back(), Kind::killed);
}

TEST(ComponentActor, EndsAShutdownThatWaitsPastItsTimeout) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_shutdown = [&] { return waits_for(latch); };
  fake.address.stop();
  world.run_for(test_limits.call_timeout);
  EXPECT_TRUE(fake.address.ended());
  EXPECT_EQ(fake.script.alive, 0);
  EXPECT_EQ(fake.traps(TrapKind::timeout), 1u);
}

TEST(ComponentActor, DropsAPendingCallWhenItIsKilled) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  fake.send("wait");
  world.run();
  fake.address.kill();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait", "gone"));
  EXPECT_EQ(world.executor.timers(), 0u);
  latch->wake();  // its waker outlives the actor, and wakes nobody
  world.run();
}

TEST(ComponentActor, IsNotWokenByTheWakerOfAnEarlierCall) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  std::vector<std::shared_ptr<Latch>> latches;
  fake.script.on_message = [&](const Message&) { return waits_for(latches.emplace_back(std::make_shared<Latch>())); };
  fake.send("first");
  fake.send("second");
  world.run();
  latches[0]->open();
  world.run();
  ASSERT_EQ(latches.size(), 2u);
  EXPECT_EQ(latches[1]->polls, 1);
  latches[0]->wake();
  world.run();
  EXPECT_EQ(latches[1]->polls, 1);
}

// --- numbers

TEST(ComponentActor, CountsFuelOfEveryCall) {
  World world;
  Fake& fake = world.define("one");
  fake.script.on_init = [] { return FakeOutcome{.fuel = 100}; };
  fake.script.on_message = [](const Message& message) { return FakeOutcome{.fuel = message.payload.size()}; };
  world.spawn(fake);
  world.run();
  const std::uint64_t start = fake.stats.fuel.value();
  EXPECT_EQ(start, 101u);  // metadata takes 1
  fake.send("123");
  fake.send("12345");
  world.run();
  EXPECT_EQ(fake.stats.fuel.value(), start + 8);
}

TEST(ComponentActor, CountsTheFuelLimitOfACallThatWantedMore) {
  World world;
  Fake& fake = world.start("one");
  const std::uint64_t before = fake.stats.fuel.value();
  fake.script.on_message = [](const Message&) { return FakeOutcome{.fuel = test_limits.fuel_per_call + 1}; };
  fake.send("a");
  world.run();
  EXPECT_EQ(fake.traps(TrapKind::out_of_fuel), 1u);
  EXPECT_EQ(fake.stats.fuel.value(), before + test_limits.fuel_per_call + 2);  // and start of the next instance
}

TEST(ComponentActor, ShowsMemoryOfTheLivingInstanceAndThePeakAndRefusalsOfAll) {
  World world;
  Fake& fake = world.define("one");
  MemoryUse use{.bytes = 100, .peak_bytes = 100};
  fake.script.on_memory = [&] { return use; };
  fake.script.on_message = [&](const Message& message) {
    if (message.payload.text() == "bad") return FakeOutcome::trapped(TrapKind::memory);
    use = {.bytes = 300, .peak_bytes = 400, .refused_growths = 2};
    return FakeOutcome{};
  };
  world.spawn(fake);
  world.run();
  EXPECT_EQ(fake.stats.memory_bytes.load(), 100u);
  fake.send("grow");
  world.run();
  EXPECT_EQ(fake.stats.memory_bytes.load(), 300u);
  EXPECT_EQ(fake.stats.memory_peak_bytes.load(), 400u);
  EXPECT_EQ(fake.stats.refused_growths.value(), 2u);
  use.refused_growths = 5;
  fake.send("bad");
  world.run();  // the new instance reports the same 5, of its own
  EXPECT_EQ(fake.stats.refused_growths.value(), 10u);
  use = {.bytes = 50, .peak_bytes = 60, .refused_growths = 5};
  fake.address.stop();
  world.run();
  EXPECT_EQ(fake.stats.memory_bytes.load(), 0u);
  EXPECT_EQ(fake.stats.memory_peak_bytes.load(), 400u);
  EXPECT_EQ(fake.stats.refused_growths.value(), 10u);
}

TEST(ComponentActor, MeasuresHandlingTimeIncludingTheTimeItWaited) {
  World world;
  Fake& fake = world.start("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) { return waits_for(latch); };
  fake.send("wait");
  world.run_for(20ms);
  latch->open();
  world.run();
  EXPECT_EQ(fake.stats.handling_time.count(), 1u);
  EXPECT_GE(fake.stats.handling_time.quantile(1), Duration(20ms));
  EXPECT_LE(fake.stats.handling_time.quantile(1), Duration(20ms) * 17 / 16);
}

TEST(ComponentActor, SaysThatItIsHealthyWhileItHasAnInstance) {
  World world;
  Fake& fake = world.define("one");
  ComponentActor sut(*fake.definition);
  EXPECT_TRUE(std::holds_alternative<rt::Failed>(sut.health_check()));
}

}  // namespace
}  // namespace airssys::wasm::testing
