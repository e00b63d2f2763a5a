// Start and stop orders with every step failing (R3.2, R3.3), the names of what it is in, health (R3.8), and recycling (R3.6).
#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Kind = rt::SupervisionEvent::Kind;

// Host functions whose making and end stand among the calls.
class TracedFunctions final : public HostFunctionSet {
 public:
  TracedFunctions(Script& script, std::vector<std::string>& lines) : script_(script), inner_(lines) {
    script_.calls.emplace_back("functions");
  }
  ~TracedFunctions() override { script_.calls.emplace_back("functions gone"); }
  const HostFunctions& functions() const noexcept override { return inner_.functions(); }
  bool end_request(MessageId, Result<Bytes>, RequestOutcome&) noexcept override { return false; }

 private:
  Script& script_;
  TestFunctions inner_;
};

void trace_functions(Fake& fake) {
  fake.definition->make_functions = [&fake](rt::Context&, const ComponentDefinition&, const CurrentCall&) {
    return std::make_unique<TracedFunctions>(fake.script, fake.lines);
  };
}

void expect_nothing_left(const World& world, const Fake& fake) {
  EXPECT_EQ(fake.script.alive, 0);
  EXPECT_EQ(fake.stats.memory_bytes.load(), 0u);
  EXPECT_EQ(world.executor.timers(), 0u);
  EXPECT_TRUE(fake.address.ended());
}

struct FailingStep {
  std::string name;
  std::function<void(Fake&)> arrange;
  std::vector<std::string> trace;
};

TEST(StartOrder, UnwindsInReverseWhicheverStepFails) {
  const std::vector<FailingStep> steps{
      {"host functions",
       [](Fake& fake) {
         fake.definition->make_functions = [](rt::Context&, const ComponentDefinition&,
                                              const CurrentCall&) -> std::unique_ptr<HostFunctionSet> { throw std::bad_alloc(); };
       },
       {}},
      {"instantiate", [](Fake& fake) { fake.script.refuses_to_be_made = true; }, {"functions", "functions gone"}},
      {"metadata", [](Fake& fake) { fake.script.metadata.name = "another"; }, {"functions", "new", "gone", "functions gone"}},
      {"init answers an error",
       [](Fake& fake) { fake.script.on_init = [] { return FakeOutcome::error(0, "no"); }; },
       {"functions", "new", "init", "gone", "functions gone"}},
      {"init traps",
       [](Fake& fake) { fake.script.on_init = [] { return FakeOutcome::trapped(TrapKind::unreachable); }; },
       {"functions", "new", "init", "gone", "functions gone"}},
      {"init waits for ever",
       [](Fake& fake) { fake.script.on_init = [] { return FakeOutcome{.wait = std::make_shared<Latch>()}; }; },
       {"functions", "new", "init", "gone", "functions gone"}},
  };
  for (const FailingStep& step : steps) {
    World world;
    Fake& fake = world.define("one", Calls::may_wait);
    trace_functions(fake);
    step.arrange(fake);
    world.spawn(fake);
    ASSERT_TRUE(world.executor.run_until_idle());
    ASSERT_TRUE(fake.started) << step.name;
    EXPECT_FALSE(*fake.started) << step.name;
    EXPECT_THAT(fake.script.calls, ElementsAreArray(step.trace)) << step.name;
    EXPECT_EQ(fake.stats.actor_state(), ActorState::failed) << step.name;
    expect_nothing_left(world, fake);
  }
}

TEST(StartOrder, IsEndedByTheStartTimeoutAsWell) {
  World world;
  ResourceLimits patient = test_limits;
  patient.call_timeout = 10s;
  Fake& fake = world.define("one", Calls::may_wait, patient);
  trace_functions(fake);
  fake.options.start_timeout = 50ms;
  fake.script.on_init = [] { return FakeOutcome{.wait = std::make_shared<Latch>()}; };
  world.spawn(fake);
  world.run_for(49ms);
  EXPECT_EQ(fake.stats.actor_state(), ActorState::starting);
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_EQ(fake.started->error().code(), Code::timed_out);
  EXPECT_THAT(fake.script.calls, ElementsAre("functions", "new", "init", "gone", "functions gone"));
  EXPECT_EQ(fake.stats.actor_state(), ActorState::failed);
  expect_nothing_left(world, fake);
}

TEST(StartOrder, AsksTheSameCodeForItsMetadataOnce) {
  World world;
  Fake& fake = world.define("one");
  KnownMetadata known;
  fake.definition->metadata = &known;
  fake.script.metadata = {.name = "one", .version = "1.0.0"};
  fake.script.on_message = [](const Message&) { return FakeOutcome::trapped(TrapKind::unreachable); };
  world.spawn(fake);
  world.run();
  ASSERT_TRUE(known.get());
  fake.script.metadata.name = "another";  // would be refused
  EXPECT_EQ(fake.send("crash"), rt::SendStatus::sent);
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_EQ(fake.stats.actor_state(), ActorState::ready);
  EXPECT_EQ(world.events.count("one", rt::SupervisionEvent::Kind::restarting), 1u);
}

TEST(StopOrder, GivesEverythingBackHoweverShutdownEnds) {
  const std::vector<std::pair<std::string, FakeOutcome>> endings{{"in order", {}},
                                                                 {"with an error", FakeOutcome::error(4, "no")},
                                                                 {"with a trap", FakeOutcome::trapped(TrapKind::bounds)},
                                                                 {"never", {.wait = std::make_shared<Latch>()}}};
  for (const auto& [how, ending] : endings) {
    World world;
    ResourceLimits patient = test_limits;
    patient.call_timeout = 10s;
    Fake& fake = world.define("one", Calls::may_wait, patient);
    trace_functions(fake);
    fake.options.shutdown = rt::ShutdownPolicy::graceful(1s);
    fake.script.on_shutdown = [&] { return ending; };
    world.spawn(fake);
    world.run();
    fake.send("last");
    fake.address.stop();
    EXPECT_EQ(fake.send("late"), rt::SendStatus::sent) << "it has not seen the stop yet";
    world.run();
    EXPECT_EQ(fake.send("later"), rt::SendStatus::ended);
    EXPECT_EQ(fake.stats.actor_state() == ActorState::stopping, how == "never") << how;
    ASSERT_TRUE(world.executor.run_until_idle());
    EXPECT_THAT(fake.script.calls, ElementsAre("functions", "new", "init", "last", "late", "shutdown", "gone", "functions gone"))
        << how;
    EXPECT_EQ(fake.stats.actor_state(), how == "with a trap" ? ActorState::failed : ActorState::terminated) << how;
    expect_nothing_left(world, fake);
  }
}

TEST(ActorStates, FollowTheLifeOfTheComponent) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  const auto latch = std::make_shared<Latch>();
  std::vector<ActorState> seen;
  const auto look = [&] { seen.push_back(fake.stats.actor_state()); };
  fake.script.on_init = [&] {
    look();
    return FakeOutcome{};
  };
  fake.script.on_message = [&](const Message&) {
    look();
    return FakeOutcome{.wait = latch};
  };
  fake.script.on_shutdown = [&] {
    look();
    return FakeOutcome{};
  };
  look();
  world.spawn(fake);
  world.run();
  look();
  fake.send("a");
  world.run();
  look();
  latch->open();
  world.run();
  look();
  fake.address.stop();
  world.run();
  look();
  using enum ActorState;
  EXPECT_THAT(seen, ElementsAre(creating, starting, ready, processing, suspended, ready, stopping, terminated));
}

// --- health

struct HealthOfGuests : ::testing::Test {
  Fake& define(Calls calls, ResourceLimits limits = test_limits) {
    Fake& fake = world.define("one", calls, limits);
    fake.options.health = rt::HealthPolicy{.interval = 10s, .timeout = 5s, .failures = 2};
    fake.options.backoff = rt::Backoff{.base = 0s, .cap = 0s};
    world.spawn(fake);
    world.run();
    fake.script.calls.clear();
    return fake;
  }
  std::vector<Kind> news() {
    std::vector<Kind> all = std::exchange(world.events.kinds["one"], {});
    std::erase(all, Kind::started);
    return all;
  }
  static FakeOutcome says(HealthStatus status, std::string reason) {
    return {.text = std::move(reason), .variant = static_cast<std::uint32_t>(status)};
  }
  World world;
};

TEST_F(HealthOfGuests, IsAskedAndIsNoNewsWhileItIsGood) {
  for (const Calls calls : {Calls::finish_at_once, Calls::may_wait}) {
    World one;
    Fake& fake = one.define("one", calls);
    fake.options.health = rt::HealthPolicy{.interval = 10s, .timeout = 5s, .failures = 2};
    one.spawn(fake);
    one.run_for(30s);
    EXPECT_EQ(std::ranges::count(fake.script.calls, "health"), 3);
    EXPECT_EQ(one.events.kinds["one"], std::vector{Kind::started});
    EXPECT_EQ(fake.stats.messages_in.value(), 0u);
  }
}

TEST_F(HealthOfGuests, DegradedIsReportedWithItsReasonAndHealthyAfterIt) {
  Fake& fake = define(Calls::finish_at_once);
  fake.script.on_health = [] { return says(HealthStatus::degraded, "cache is\ncold"); };
  world.run_for(10s);
  EXPECT_EQ(news(), std::vector{Kind::degraded});
  EXPECT_EQ(world.events.last_error["one"], "health: degraded: cache is\\x0acold");
  fake.script.on_health = [] { return says(HealthStatus::unknown, ""); };
  world.run_for(10s);
  EXPECT_EQ(news(), std::vector{Kind::healthy});
}

TEST_F(HealthOfGuests, UnhealthyOftenEnoughInARowIsARestart) {
  Fake& fake = define(Calls::may_wait);
  fake.script.on_health = [] { return says(HealthStatus::unhealthy, "no database"); };
  world.run_for(20s);
  EXPECT_EQ(news(), (std::vector{Kind::unhealthy, Kind::unhealthy, Kind::crashed, Kind::restarting}));
  EXPECT_EQ(world.events.last_error["one"], "health: check 2 of 2 failed: no database");
  EXPECT_THAT(fake.script.calls, ElementsAre("health", "health", "gone", "new", "init"));
}

TEST_F(HealthOfGuests, ThatTakesTooLongIsDegradedAndHoldsUpOnlyItsOwnMessages) {
  ResourceLimits patient = test_limits;
  patient.call_timeout = 4s;
  Fake& fake = define(Calls::may_wait, patient);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_health = [&] { return FakeOutcome{.wait = latch}; };
  while (fake.script.calls.empty()) world.run_for(100ms);
  fake.send("a");
  world.run_for(800ms);
  EXPECT_THAT(news(), IsEmpty());
  world.run_for(300ms);
  EXPECT_EQ(news(), std::vector{Kind::degraded});
  EXPECT_EQ(world.events.last_error["one"], "health: degraded: health() has not answered within 1000 ms");
  EXPECT_THAT(fake.script.calls, ElementsAre("health"));
  latch->open();
  world.run();
  EXPECT_EQ(news(), std::vector{Kind::healthy});
  EXPECT_THAT(fake.script.calls, ElementsAre("health", "a"));
}

TEST_F(HealthOfGuests, ThatExceedsTheTimeOfACallOrTrapsIsACrashThatLosesNoMessage) {
  for (const bool traps : {true, false}) {
    World one;
    Fake& fake = one.define("one", Calls::may_wait);
    fake.options.health = rt::HealthPolicy{.interval = 10s, .timeout = 5s, .failures = 2};
    fake.script.on_health = [&] {
      return traps ? FakeOutcome::trapped(TrapKind::bounds) : FakeOutcome{.wait = std::make_shared<Latch>()};
    };
    one.spawn(fake);
    one.run();
    while (std::ranges::count(fake.script.calls, "health") == 0) one.run_for(10ms);
    fake.send("a");
    one.run_for(200ms);
    EXPECT_EQ(one.events.count("one", Kind::crashed), 1u);
    EXPECT_EQ(fake.traps(traps ? TrapKind::bounds : TrapKind::timeout), 1u);
    EXPECT_EQ(fake.stats.handled.value(), 1u);
    EXPECT_THAT(one.letters.texts, IsEmpty());
  }
}

// --- recycling

TEST(Recycling, ReplacesTheInstanceAfterSoManyMessagesAndLosesNone) {
  for (const Calls calls : {Calls::finish_at_once, Calls::may_wait}) {
    World world;
    Fake& fake = world.define("one", calls);
    fake.definition->recycle.after_messages = 2;
    world.spawn(fake);
    for (const char* text : {"a", "b", "c", "d", "e"}) fake.send(text);
    world.run();
    EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "b", "shutdown", "gone", "new", "init", "c", "d", "shutdown",
                                               "gone", "new", "init", "e"));
    EXPECT_EQ(fake.stats.recycled.value(), 2u);
    EXPECT_EQ(fake.stats.handled.value(), 5u);
    EXPECT_EQ(world.events.kinds["one"], std::vector{Kind::started});
    EXPECT_EQ(world.system.stats().crashes, 0u);
    EXPECT_EQ(fake.stats.actor_state(), ActorState::ready);
  }
}

TEST(Recycling, ReplacesTheInstanceThatHasGrownToSoMuchMemory) {
  World world;
  Fake& fake = world.define("one");
  fake.definition->recycle.at_memory = 100;
  std::uint64_t memory = 10;
  fake.script.on_init = [&] {
    memory = 10;
    return FakeOutcome{};
  };
  fake.script.on_message = [&](const Message&) {
    memory += 50;
    return FakeOutcome{};
  };
  fake.script.on_memory = [&] { return MemoryUse{.bytes = memory, .peak_bytes = memory}; };
  world.spawn(fake);
  for (const char* text : {"a", "b", "c"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "b", "shutdown", "gone", "new", "init", "c"));
  EXPECT_EQ(fake.stats.memory_bytes.load(), 60u);
}

TEST(Recycling, WaitsForAShutdownAndAnInitThatWait) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait);
  fake.definition->recycle.after_messages = 1;
  const auto down = std::make_shared<Latch>();
  const auto up = std::make_shared<Latch>();
  fake.script.on_shutdown = [&] { return FakeOutcome{.wait = down}; };
  world.spawn(fake);
  world.run();
  fake.script.on_init = [&] { return FakeOutcome{.wait = up}; };
  for (const char* text : {"a", "b"}) fake.send(text);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "shutdown"));
  down->open();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "shutdown", "gone", "new", "init"));
  EXPECT_EQ(fake.stats.actor_state(), ActorState::starting);
  EXPECT_EQ(fake.stats.handled.value(), 1u);
  up->open();
  world.run();
  EXPECT_EQ(fake.stats.handled.value(), 2u);
}

TEST(Recycling, GoesOnWhenShutdownFailsAndIsACrashWhenTheNewOneCannotBeStarted) {
  World world;
  Fake& fake = world.define("one");
  fake.definition->recycle.after_messages = 1;
  fake.options.backoff = rt::Backoff{.base = 0s, .cap = 0s};
  fake.script.on_shutdown = [] { return FakeOutcome::trapped(TrapKind::bounds); };
  int inits = 0;
  fake.script.on_init = [&] { return ++inits == 3 ? FakeOutcome::error(0, "not now") : FakeOutcome{}; };
  world.spawn(fake);
  for (const char* text : {"a", "b", "c"}) fake.send(text);
  world.run();
  EXPECT_EQ(fake.stats.handled.value(), 3u);
  EXPECT_EQ(world.events.count("one", Kind::crashed), 1u);
  EXPECT_EQ(fake.stats.recycled.value(), 2u);
  EXPECT_THAT(fake.lines, ::testing::Contains("shutdown before its replacement failed: a fake guest trapped"));
}

}  // namespace
}  // namespace airssys::wasm::testing
