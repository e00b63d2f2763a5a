// Over many seeds: whatever components, operators and supervisors do, what became of each message is known.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "airssys/rt/testing/seeds.h"
#include "chaos_world.h"

namespace airssys::wasm::layer1 {
namespace {

struct Tally {
  Outcomes outcomes;
  std::array<std::uint64_t, 16> events{};
};

void run_world(std::uint64_t seed, Tally& tally) {
  ChaosWorld world(seed);
  for (int n = 0; n < 200; ++n) world.act();
  const std::vector<std::string> wrong = world.end();
  ASSERT_TRUE(wrong.empty()) << fmt::format("{}", fmt::join(wrong, "\n"));
  world.count(tally.outcomes);
  for (std::size_t kind = 0; kind < tally.events.size(); ++kind)
    tally.events[kind] += world.events(static_cast<rt::SupervisionEvent::Kind>(kind));
}

TEST(ChaosBySeed, EachAcceptedMessageIsHandledOnceInHandAtACrashOrADeadLetter) {
  Tally tally;
  const std::vector<std::uint64_t> seeds = rt::testing::seeds(1000);
  for (const std::uint64_t seed : seeds) {
    run_world(seed, tally);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "AIRSSYS_SEED=" << seed;
  }
  if (seeds.size() < 100) return;  // too few to see everything
  const std::uint64_t sometimes = seeds.size() / 20;
  const Outcomes& seen = tally.outcomes;
  for (const std::uint64_t happened : {seen.handled, seen.handled_again, seen.lost, seen.refused, seen.timeouts, seen.recycled})
    EXPECT_GT(happened, sometimes);
  for (std::size_t reason = 0; reason < dead_letter_reason_count; ++reason) {
    if (static_cast<DeadLetterReason>(reason) == DeadLetterReason::incompatible) continue;  // nobody publishes here
    EXPECT_GT(seen.letters[reason], sometimes) << dead_letter_reason_name(static_cast<DeadLetterReason>(reason));
  }
  using Kind = rt::SupervisionEvent::Kind;
  for (const Kind kind : {Kind::started, Kind::start_failed, Kind::crashed, Kind::restarting, Kind::gave_up, Kind::stopped,
                          Kind::killed, Kind::escalated})
    EXPECT_GT(tally.events[static_cast<std::size_t>(kind)], sometimes) << rt::event_name(kind);
}

}  // namespace
}  // namespace airssys::wasm::layer1
