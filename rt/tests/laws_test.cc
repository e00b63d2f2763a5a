// Laws that hold for every schedule: the seed chooses the order of turns, the actors' behaviour and their failures.
#include "laws_town.h"

namespace airssys::rt {
namespace {

TEST(Laws, EveryAcceptedMessageIsHandledOnceAndInItsSendersOrder) {
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 0}, {});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    EXPECT_EQ(story.world.events.discarded, 0) << story.about(seed);
  }
}

TEST(Laws, NoParkedActorIsForgottenAndEachIsResumedOnce) {
  std::uint64_t parked = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.park = 400, .crash = 0}, {});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.world.system.is_idle()) << story.about(seed);
    EXPECT_EQ(story.town.parked, story.town.resumed) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    parked += story.town.parked;
  }
  EXPECT_TRUE(parked > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, ACrashLosesItsOwnMessageOnlyAndIsOneRestart) {
  std::uint64_t crashes = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 30}, {.max_restarts = 1000, .window = 1h});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    for (std::size_t n = 0; n < story.town.people.size(); ++n) {
      EXPECT_EQ(story.town.people[n].stats().restarts, story.town.crashes[n]) << story.about(seed);
      crashes += story.town.crashes[n];
    }
  }
  EXPECT_TRUE(crashes > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, GivenUpAfterExactlyTheAllowedRestartsAndTheRestIsDeadLetters) {
  std::uint64_t given_up = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 30}, {.max_restarts = 2, .window = 1h});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    for (std::size_t n = 0; n < story.town.people.size(); ++n) {
      EXPECT_EQ(story.town.people[n].ended(), story.town.crashes[n] == 3) << story.about(seed);
      EXPECT_LE(story.town.crashes[n], 3u) << story.about(seed);
      given_up += story.town.people[n].ended();
    }
    EXPECT_EQ(story.sum(story.town.accepted),
              story.sum(story.town.handled) + static_cast<std::uint64_t>(story.world.events.discarded))
        << story.about(seed);
  }
  EXPECT_TRUE(given_up > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, AShutdownAtAnyMomentLosesNothingAndEndsEverything) {
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 10, .stop = 5}, {.max_restarts = 1000, .window = 1h});
    for (std::uint64_t n = story.world.platform.random() % 1000; n > 0; --n) story.world.executor.step();
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    EXPECT_EQ(story.world.system.stats().alive, 0u) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.sum(story.town.accepted),
              story.sum(story.town.handled) + static_cast<std::uint64_t>(story.world.events.discarded))
        << story.about(seed);
  }
}

TEST(Laws, OneSeedIsOneHistory) {
  for (const std::uint64_t seed : testing::seeds(100)) {
    const auto history = [&] {
      testing::TraceText trace;
      Story story(seed, {.stop = 2}, {});
      story.world.executor.trace_to(trace.sink());
      EXPECT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
      EXPECT_GE(trace.lines(), story.world.executor.steps()) << "a line of each step";
      story.world.executor.trace_to(nullptr);
      return trace.text();
    };
    EXPECT_EQ(history(), history()) << replay(seed);
  }
}

}  // namespace
}  // namespace airssys::rt
