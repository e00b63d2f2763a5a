#include <optional>
#include <set>

#include "family.h"

namespace airssys::rt {
namespace {

// A child whose health is what the test says.
struct Patient final : Child {
  Patient(Health& state, int& checks) : health(state), asked(checks) {}
  Result<Turn> start(Context&) override { return Turn::done; }
  Result<Turn> stop(Context&, const ExitReason&) override { return Turn::done; }
  Health health_check() override {
    ++asked;
    if (std::holds_alternative<Failed>(health) && std::get<Failed>(health).reason == "throws") throw std::runtime_error("worse");
    return health;
  }
  Health& health;
  int& asked;
};

struct Ward {
  explicit Ward(HealthPolicy policy = {1s, 100ms, 3}, std::uint64_t seed = 1) : world(seed) {
    auto made = world.system.root().spawn_child({.name = "p", .health = policy}, [this]() -> Result<std::unique_ptr<Child>> {
      ++objects;
      return std::make_unique<Patient>(health, asked);
    });
    EXPECT_TRUE(made);
    patient = *made;
    world.settle();
    world.events.lines.clear();
  }
  Lines lines() { return std::exchange(world.events.lines, {}); }
  Health health = Healthy{};
  int asked = 0;
  int objects = 0;
  World world;
  ActorRef patient;
};

TEST(Health, IsAskedOncePerIntervalAndNotDriftingAway) {
  Ward ward;
  ward.world.pass(100s);
  EXPECT_EQ(ward.asked, 100);
  EXPECT_TRUE(ward.lines().empty()) << "a healthy child is no news";
}

TEST(Health, ThatFailsOftenEnoughInARowIsACrashAndARestart) {
  Ward ward;
  ward.health = Failed{"no pulse"};
  ward.world.pass(2s);
  EXPECT_EQ(ward.lines(), (Lines{"unhealthy p", "unhealthy p"}));
  ward.health = Healthy{};
  ward.world.pass(1s);
  EXPECT_EQ(ward.lines(), Lines{"healthy p"}) << "which resets the count";
  ward.health = Failed{"no pulse"};
  ward.world.pass(2s);
  EXPECT_EQ(ward.objects, 1);
  ward.world.pass(1s);
  EXPECT_EQ(ward.objects, 2);
  EXPECT_EQ(ward.lines(), (Lines{"unhealthy p", "unhealthy p", "unhealthy p", "crashed p: health: check 3 of 3 failed: no pulse",
                                 "restarting p after 0", "started p"}));
  ward.health = Healthy{};
  ward.world.pass(10s);
  EXPECT_EQ(ward.objects, 2);
  EXPECT_EQ(ward.asked, 16) << "the checks go on over a restart";
}

TEST(Health, DegradedIsOnlyReported) {
  Ward ward;
  ward.health = Degraded{"slow disk"};
  ward.world.pass(5s);
  EXPECT_EQ(ward.lines(), Lines(5, "degraded p"));
  EXPECT_EQ(ward.objects, 1);
  ward.health = Healthy{};
  ward.world.pass(1s);
  EXPECT_EQ(ward.lines(), Lines{"healthy p"});
}

TEST(Health, CheckThatThrowsHasFailed) {
  Ward ward({1s, 100ms, 1});
  ward.health = Failed{"throws"};
  ward.world.pass(1s);
  EXPECT_EQ(ward.lines()[1], "crashed p: health: check 1 of 1 failed: exception escaped: worse");
}

TEST(Health, OfManyIsNotAskedAllAtOnce) {
  World world;
  Health health = Healthy{};
  int asked = 0;
  for (int n = 0; n < 100; ++n)
    ASSERT_TRUE(world.system.root().spawn_child({.health = HealthPolicy{1s, 100ms, 3}}, [&]() -> Result<std::unique_ptr<Child>> {
      return std::make_unique<Patient>(health, asked);
    }));
  world.settle();
  for (int n = 0; n < 10; ++n) {
    const int before = asked;
    world.pass(100ms);
    EXPECT_GT(asked, before) << n;
    EXPECT_LT(asked, before + 30) << n;
  }
  EXPECT_EQ(asked, 100);
}

TEST(Health, CountsEachCheckThatABusyActorMissed) {
  World world;
  Strings& strings = world.strings();
  auto actor = world.start({.name = "a", .health = HealthPolicy{1s, 100ms, 3}}, strings);
  const auto busy_for = [&](Duration time) {
    return [&world, time](Context&) -> Result<Turn> {
      world.platform.advance(time);
      return Turn::done;
    };
  };
  ASSERT_TRUE(actor.send(busy_for(1500ms)));
  world.settle();
  world.pass(100ms);
  EXPECT_EQ(strings.made, 1);
  ASSERT_TRUE(actor.send(busy_for(5s)));
  world.settle();
  world.pass(1ns);
  EXPECT_EQ(strings.made, 2) << "it was away for five checks in a row";
}

TEST(Health, LeavesAParkedActorAlone) {
  World world;
  Strings& strings = world.strings();
  Waker waker;
  strings.child_start = nothing();
  auto actor = world.start({.name = "a", .health = HealthPolicy{1s, 100ms, 1}}, strings);
  ASSERT_TRUE(actor.send(parks(waker)));
  world.pass(10s);
  EXPECT_EQ(strings.made, 1);
  waker.wake();
  world.pass(1s);
  EXPECT_EQ(strings.made, 1);
}

// A child that parks in its check until it is woken.
struct Slow final : Child {
  struct Told {
    Waker waker;
    std::optional<Health> meanwhile, answer;
    bool crashes = false;
    int asked = 0, made = 0;
  };
  explicit Slow(Told& its) : told(its) { ++told.made; }
  Result<Turn> start(Context&) override { return Turn::done; }
  Result<Turn> stop(Context&, const ExitReason&) override { return Turn::done; }
  Health health_check() override { return Healthy{}; }
  Result<Turn> ask_health(Context& context, std::optional<Health>& answer) override {
    ++told.asked;
    if (told.crashes) context.crash(Error(Code::trapped, "worse"));
    answer = told.answer ? told.answer : told.meanwhile;
    if (told.answer) return Turn::done;
    told.waker = context.waker();
    return Turn::parked;
  }
  Told& told;
};

struct SlowWard {
  SlowWard() {
    patient =
        *world.system.root().spawn_child({.name = "p", .health = HealthPolicy{1s, 100ms, 3}},
                                         [this]() -> Result<std::unique_ptr<Child>> { return std::make_unique<Slow>(told); });
    world.settle();
    world.events.lines.clear();
  }
  void pass_until_asked() {
    for (const int before = told.asked; told.asked == before;) world.pass(10ms);
  }
  void answer(Health health) {
    told.answer = std::move(health);
    told.waker.wake();
    world.settle();
    told.answer.reset();
  }
  Lines lines() { return std::exchange(world.events.lines, {}); }
  Slow::Told told;
  World world;
  ActorRef patient;
};

TEST(Health, MayBeAnsweredLater) {
  SlowWard ward;
  ward.pass_until_asked();
  ward.answer(Degraded{"slow"});
  EXPECT_EQ(ward.told.asked, 2);
  EXPECT_EQ(ward.lines(), Lines{"degraded p"});
  ward.pass_until_asked();
  ward.answer(Healthy{});
  EXPECT_EQ(ward.lines(), Lines{"healthy p"});
}

TEST(Health, MayBeAnsweredForTheTimeBeing) {
  SlowWard ward;
  ward.told.meanwhile = Degraded{"no answer yet"};
  ward.pass_until_asked();
  EXPECT_EQ(ward.lines(), Lines{"degraded p"});
  ward.answer(Healthy{});
  EXPECT_EQ(ward.lines(), Lines{"healthy p"});
}

TEST(Health, ThatIsNeverAnsweredFailsAtEachCheck) {
  SlowWard ward;
  ward.world.pass(3s);
  EXPECT_EQ(ward.lines(), (Lines{"unhealthy p", "unhealthy p"}));
  ward.world.pass(1s);
  EXPECT_EQ(ward.told.made, 2);
}

TEST(Health, ThatIsAnsweredTooLateHasFailed) {
  SlowWard ward;
  ward.pass_until_asked();
  ward.world.pass(200ms);
  ward.answer(Healthy{});
  EXPECT_EQ(ward.lines(), Lines{"unhealthy p"});
}

TEST(Health, CheckMayCrashItsObject) {
  SlowWard ward;
  ward.pass_until_asked();
  ward.told.crashes = true;
  ward.answer(Healthy{});
  EXPECT_EQ(ward.told.made, 2);
  EXPECT_EQ(ward.world.system.stats().crashes, 1u);
}

TEST(Health, CheckThatHasParkedIsFinishedBeforeAStop) {
  SlowWard ward;
  ward.pass_until_asked();
  ward.patient.stop();
  ward.world.settle();
  EXPECT_FALSE(ward.patient.ended());
  ward.answer(Healthy{});
  EXPECT_TRUE(ward.patient.ended());
  EXPECT_EQ(ward.world.executor.timers(), 0u);
}

TEST(Health, IsAskedOfNobodyAfterTheEnd) {
  Ward ward;
  ward.world.pass(5s);
  ward.patient.stop();
  ward.world.settle();
  EXPECT_EQ(ward.world.executor.timers(), 0u);
  ward.world.pass(5s);
  EXPECT_EQ(ward.asked, 5);
}

TEST(Health, FailureFollowsTheStrategy) {
  Family family({.strategy = Strategy::one_for_all});
  Health health = Healthy{};
  int asked = 0;
  auto patient = family.node.spawn_child({.health = HealthPolicy{1s, 100ms, 1}}, [&]() -> Result<std::unique_ptr<Child>> {
    return std::make_unique<Patient>(health, asked);
  });
  ASSERT_TRUE(patient);
  family.start("sibling");
  health = Failed{"ill"};
  family.world.pass(1s);
  EXPECT_EQ(family.made("sibling"), 2);
}

TEST(Health, ProfilesAreThoseOfTheSpecification) {
  constexpr HealthPolicy usual;
  EXPECT_TRUE(usual.interval == 30s && usual.timeout == 5s && usual.failures == 3);
  EXPECT_TRUE(HealthPolicy::critical().interval == 10s && HealthPolicy::critical().failures == 2);
  EXPECT_TRUE(HealthPolicy::batch().interval == 300s && HealthPolicy::batch().timeout == 30s);
  World world;
  Strings& strings = world.strings();
  for (const HealthPolicy policy :
       {HealthPolicy{0s, 0s, 1}, HealthPolicy{1s, 1s, 1}, HealthPolicy{1s, 0s, 1}, HealthPolicy{2s, 1s, 0}}) {
    const auto refused = world.system.spawn({.health = policy}, world.puppet(strings));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  }
}

}  // namespace
}  // namespace airssys::rt
