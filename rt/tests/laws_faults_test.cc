// The laws with faults: messages are lost, late and overtaken, actors crash, and the books balance all the same.
#include "laws_town.h"

namespace airssys::rt {
namespace {

// What was accepted and not handled, by all.
std::uint64_t missing(const Story& story) { return story.sum(story.town.accepted) - story.sum(story.town.handled); }

TEST(FaultLaws, LateAndOvertakenMessagesKeepTheirSendersOrderAndNoneIsLostOrDoubled) {
  testing::FaultCounts all;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 0}, {});
    story.world.executor.inject({.delay = 100, .delay_max = 2us, .reorder = 200});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    EXPECT_EQ(story.world.events.discarded, 0) << story.about(seed);
    EXPECT_EQ(story.world.executor.fault_counts().held, 0u) << story.about(seed);
    EXPECT_EQ(story.town.parked, story.town.resumed) << story.about(seed);
    all.delayed += story.world.executor.fault_counts().delayed;
    all.reordered += story.world.executor.fault_counts().reordered;
  }
  EXPECT_TRUE((all.delayed > 0 && all.reordered > 0) || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(FaultLaws, WhatIsNeitherHandledNorDiscardedWasDroppedByAFault) {
  std::uint64_t dropped = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 10, .stop = 5}, {.max_restarts = 5, .window = 1h}, Gaps::allowed);
    story.world.executor.inject({.drop = 30, .delay = 50, .delay_max = 2us, .reorder = 50});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    const testing::FaultCounts& faults = story.world.executor.fault_counts();
    EXPECT_EQ(faults.held, 0u) << story.about(seed);
    EXPECT_EQ(missing(story), faults.dropped + static_cast<std::uint64_t>(story.world.events.discarded)) << story.about(seed);
    dropped += faults.dropped;
  }
  EXPECT_TRUE(dropped > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(FaultLaws, AnInjectedCrashIsOneCrashAndOneRestart) {
  std::uint64_t crashes = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 0}, {.max_restarts = 1000, .window = 1h});
    story.world.executor.inject({.crash = 20});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    EXPECT_EQ(story.world.system.stats().crashes, story.world.executor.fault_counts().crashes) << story.about(seed);
    EXPECT_EQ(story.world.system.stats().restarts, story.world.executor.fault_counts().crashes) << story.about(seed);
    crashes += story.world.executor.fault_counts().crashes;
  }
  EXPECT_TRUE(crashes > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(FaultLaws, AWorldThatEndsWithLateMessagesLosesNone) {
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 0}, {}, Gaps::allowed);
    story.world.executor.inject({.delay = 300, .delay_max = 1s, .reorder = 100});
    for (std::uint64_t n = story.world.platform.random() % 200; n > 0; --n) story.world.executor.step();
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);  // the late ones find nobody
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.world.executor.fault_counts().held, 0u) << story.about(seed);
    EXPECT_EQ(missing(story), static_cast<std::uint64_t>(story.world.events.discarded)) << story.about(seed);
  }
}

TEST(FaultLaws, OneSeedIsOneHistory) {
  for (const std::uint64_t seed : testing::seeds(100)) {
    const auto history = [&] {
      testing::TraceText trace;
      Story story(seed, {.stop = 2}, {}, Gaps::allowed);
      story.world.executor.trace_to(trace.sink());
      story.world.executor.inject({.drop = 20, .delay = 50, .reorder = 100, .crash = 10});
      EXPECT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
      story.world.executor.trace_to(nullptr);
      return trace.text();
    };
    EXPECT_EQ(history(), history()) << replay(seed);
  }
}

}  // namespace
}  // namespace airssys::rt
