// The explorer itself: it sees every order, and it finds what is broken on purpose.
#include <set>

#include "model_world.h"

namespace airssys::rt::model {
namespace {

struct Counters : World {
  Atomic<int> a{0};
  Atomic<int> b{0};
  bool woken = false;
};

TEST(Explorer, SeesEveryOutcomeOfTwoWritersAndAReader) {
  std::set<int> seen;
  const auto outcome = explore([&] {
    auto world = std::make_unique<Counters>();
    Counters& w = *world;
    w.threads = {
        {"one", [&w] { w.a.store(1); }}, {"two", [&w] { w.a.store(2); }}, {"reader", [&w, &seen] { seen.insert(w.a.load()); }}};
    return world;
  });
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(seen, (std::set{0, 1, 2}));
  EXPECT_EQ(outcome.executions, 6u) << "three steps on one object: every order";
}

TEST(Explorer, CountsOrdersOfWhatDoesNotMeetAsOne) {
  const auto outcome = explore([] {
    auto world = std::make_unique<Counters>();
    Counters& w = *world;
    w.threads = {{"one", [&w] { w.a.store(1), w.a.store(2), w.a.store(3); }}, {"two", [&w] { w.b.store(1), w.b.store(2); }}};
    return world;
  });
  EXPECT_EQ(outcome.executions, 1u);
}

std::unique_ptr<World> two_that_count() {
  auto world = std::make_unique<Counters>();
  Counters& w = *world;
  const auto count = [&w] { w.a.fetch_add(1); };
  w.threads = {{"one", count}, {"two", count}};
  w.after = [&w] { require(w.a.load() == 2, "an addition was lost"); };
  return world;
}

TEST(Explorer, FindsALostAdditionIfAndOnlyIfItIsNotAtomic) {
  expect_holds(two_that_count);
  EXPECT_THAT(finds_failure(two_that_count, {.broken = Broken::fetch}), ::testing::StartsWith("an addition was lost"));
}

// Goes to sleep when there is no work; `looks_again` says whether also after having said that it will sleep.
std::unique_ptr<World> sleeper(bool looks_again) {
  auto world = std::make_unique<Counters>();
  Counters& w = *world;
  Atomic<int>& work = w.a;
  Atomic<int>& asleep = w.b;
  constexpr std::uint32_t bed = 1000;
  w.threads = {{"sleeper",
                [&w, &work, &asleep, looks_again] {
                  if (work.load() != 0) return;
                  asleep.store(1);
                  if (looks_again && work.load() != 0) return;
                  wait({"sleep", bed}, [&w](bool) { return w.woken; });
                }},
               {"caller", [&w, &work, &asleep] {
                  work.store(1);
                  if (asleep.load() == 0) return;
                  step({"wake", bed});
                  w.woken = true;
                }}};
  return world;
}

TEST(Explorer, FindsTheWakeUpThatIsLostWithoutASecondLook) {
  expect_holds([] { return sleeper(true); });
  EXPECT_THAT(finds_failure([] { return sleeper(false); }), ::testing::StartsWith("deadlock: a thread waits for ever"));
}

TEST(Explorer, FindsALivelock) {
  const auto spins = [] {
    auto world = std::make_unique<Counters>();
    Counters& w = *world;
    const auto spin = [&w] {
      while (w.a.load() == 0) w.b.load();
    };
    w.threads = {{"one", spin}, {"two", spin}};
    return world;
  };
  EXPECT_THAT(finds_failure(spins), ::testing::StartsWith("livelock"));
}

TEST(Explorer, ABoundOnPreemptionsFindsWhatNeedsFew) {
  EXPECT_THAT(finds_failure(two_that_count, {.preemptions = 1, .broken = Broken::fetch}),
              ::testing::StartsWith("an addition was lost"));
  EXPECT_EQ(explore(two_that_count, {.preemptions = 0, .broken = Broken::fetch}).failure, "");
}

}  // namespace
}  // namespace airssys::rt::model
