// Real components, hosted: each limit ends the one that exceeds it, by its name, and nobody else notices.
#include <gmock/gmock.h>

#include <algorithm>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::HostedGuest;

class Containment : public testing::HostedGuests, public ::testing::WithParamInterface<std::string> {
 protected:
  explicit Containment(std::size_t workers = 2) { make_host({}, workers); }

  // The puppet of the lane that is tested; it is not restarted unless `deployment` says so.
  static HostedGuest puppet(std::string name, std::string resources = "", std::string send = "",
                            std::string deployment = "max_restarts = 0\n") {
    return {.name = std::move(name),
            .wasm = testing::fs::path(AIRSSYS_PUPPETS) / GetParam(),
            .resources = std::move(resources),
            .deployment = std::move(deployment),
            .send = std::move(send)};
  }
  static std::uint64_t traps(const ComponentReport& report, TrapKind kind) {
    return report.traps[static_cast<std::size_t>(kind)];
  }
};

struct Misdeed {
  std::string_view command;
  TrapKind kind;
  std::string resources = "";
};

TEST_P(Containment, EndsEachMisdeedByItsOwnNameAndLetsTheNeighbourWork) {
  const std::vector<Misdeed> misdeeds{
      {"spin", TrapKind::out_of_fuel},
      {"spin", TrapKind::timeout, "max_fuel_per_execution = 100000000000\nmax_execution_time_ms = 20\n"},
      {"alloc 4000000", TrapKind::memory},
      {"recurse", TrapKind::stack_overflow},
      {"trap", TrapKind::unreachable},
      {"abort", TrapKind::unreachable},
      {"divide", TrapKind::integer_div},
      {"bounds", TrapKind::bounds},
  };
  run(puppet("neighbour"));
  for (std::size_t i = 0; i < misdeeds.size(); ++i) {
    const Misdeed& misdeed = misdeeds[i];
    const std::string name = fmt::format("culprit-{}", i);
    run(puppet(name, misdeed.resources));
    tell("neighbour", "count");
    tell(name, misdeed.command);
    tell("neighbour", "count");
    settle();
    const ComponentReport culprit = report(name);
    EXPECT_EQ(traps(culprit, misdeed.kind), 1u) << misdeed.command << ": " << culprit.last_error;
    EXPECT_EQ(culprit.state, ComponentState::given_up) << misdeed.command;
    EXPECT_EQ(report("neighbour").handled, 2 * (i + 1)) << misdeed.command;
  }
  EXPECT_EQ(report("neighbour").state, ComponentState::running);
  EXPECT_EQ(report("neighbour").restarts, 0u);
}

TEST_P(Containment, KeepsTheQueueAcrossARestartAndLosesOnlyTheMessageThatCrashed) {
  run(puppet("one", "", "", "max_restarts = 5\n"));
  for (const char* command : {"count", "trap", "count", "count"}) tell("one", command);
  settle();
  const ComponentReport one = report("one");
  EXPECT_EQ(one.handled, 3u);
  EXPECT_EQ(one.restarts, 1u);
  EXPECT_EQ(one.dead_letters[static_cast<std::size_t>(DeadLetterReason::crashed)], 1u);
  EXPECT_EQ(one.state, ComponentState::running);
}

TEST_P(Containment, GivesUpAfterItsIntensityAndTellsWhoStillSends) {
  run(puppet("one", "", "", "max_restarts = 1\n"));
  tell("one", "trap");
  tell("one", "trap");
  settle();
  EXPECT_EQ(report("one").state, ComponentState::given_up);
  EXPECT_EQ(report("one").restarts, 1u);
  const auto sent = host_->send("one", Bytes::copy_of("count"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::unavailable);
}

TEST_P(Containment, CountsAnOrdinaryErrorAndGoesOn) {
  run(puppet("one"));
  tell("one", "fail out of paper");
  tell("one", "count");
  settle();
  EXPECT_EQ(report("one").errors, 1u);
  EXPECT_EQ(report("one").handled, 2u);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("out of paper")));
}

TEST_P(Containment, DeliversWhatIsGrantedAndRefusesTheRest) {
  run(puppet("other"));
  run(puppet("one", "", "\"other\""));
  run(puppet("again"));
  tell("one", "send other count");
  tell("again", "send other count");
  settle();
  EXPECT_EQ(report("other").messages_in, 1u);
  EXPECT_EQ(report("one").messages_out, 1u);
  EXPECT_EQ(report("again").refused, 1u);
  EXPECT_EQ(report("again").messages_out, 0u);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("denied: messaging.send default/other/main: not granted")));
}

TEST_P(Containment, PassesStandardOutputToTheLogLineByLine) {
  run(puppet("one"));
  tell("one", "print first\\nsecond");
  settle();
  EXPECT_THAT(log_.lines(), Contains("one: first"));
  EXPECT_THAT(log_.lines(), Contains("one: second"));
}

TEST_P(Containment, StopsInOrderAndCallsShutdown) {
  run(puppet("one"));
  tell("one", "count");
  EXPECT_TRUE(host_->stop().empty());
  EXPECT_EQ(report("one").handled, 1u);
  EXPECT_EQ(report("one").state, ComponentState::stopped);
  EXPECT_EQ(report("one").memory_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Lanes, Containment, ::testing::Values("puppet.wasm", "waiting-puppet.wasm"),
                         [](const auto& lane) { return lane.param == "puppet.wasm" ? "Sync" : "Fiber"; });

using HostInput = Containment;

TEST_P(HostInput, RefusesASecondComponentOfOneName) {
  run(puppet("one"));
  HostedGuest again = puppet("one");
  again.folder = "again";
  const auto second = add(again);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::already_exists);
}

TEST_P(HostInput, RefusesAMessageAboveTheLimitAndOneToNobody) {
  run(puppet("one"));
  const auto large = host_->send("one", Bytes::make((1 << 20) + 1, [](auto to) { std::ranges::fill(to, std::byte{}); }));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::too_large);
  const auto nobody = host_->send("nobody", Bytes::copy_of("x"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code(), Code::not_found);
}

INSTANTIATE_TEST_SUITE_P(Sync, HostInput, ::testing::Values("puppet.wasm"));

class Waiting : public Containment {};

TEST_P(Waiting, LetsManyWaitersOverlapOnTwoWorkers) {
  run(puppet("one", "max_execution_time_ms = 5000\n"));
  run(puppet("other", "max_execution_time_ms = 5000\n"));
  run({.name = "again", .deployment = "max_restarts = 0\n"});
  tell("one", "sleep 30");
  tell("other", "sleep 30");
  tell("again", "count");
  settle();
  EXPECT_EQ(report("one").handled, 1u);
  EXPECT_EQ(report("other").handled, 1u);
  EXPECT_EQ(report("again").handled, 1u);
}

TEST_P(Waiting, EndsACallThatWaitsPastItsTimeout) {
  run(puppet("one", "max_execution_time_ms = 20\n"));
  tell("one", "sleep 600000");
  settle();
  EXPECT_EQ(traps(report("one"), TrapKind::timeout), 1u);
  EXPECT_EQ(report("one").state, ComponentState::given_up);
}

struct OneWorker : Containment {
  OneWorker() : Containment(1) {}
};

TEST_P(OneWorker, IsSharedByACallThatMayLastLong) {
  run(puppet("other"));
  run(puppet("one", "max_fuel_per_execution = 100000000000\nmax_execution_time_ms = 500\n", "\"other\""));
  tell("one", "send other print meanwhile");
  tell("one", "spin");
  settle();
  EXPECT_EQ(traps(report("one"), TrapKind::timeout), 1u);
  const std::vector<std::string> lines = log_.lines();
  const auto meanwhile = std::ranges::find(lines, "other: meanwhile");
  const auto crashed = std::ranges::find_if(lines, [](const std::string& line) { return line.contains("crashed, timeout"); });
  EXPECT_NE(meanwhile, lines.end());
  EXPECT_LT(meanwhile, crashed);
}

INSTANTIATE_TEST_SUITE_P(Lanes, OneWorker, ::testing::Values("puppet.wasm", "waiting-puppet.wasm"),
                         [](const auto& lane) { return lane.param == "puppet.wasm" ? "Sync" : "Fiber"; });

INSTANTIATE_TEST_SUITE_P(Fiber, Waiting, ::testing::Values("waiting-puppet.wasm"));

}  // namespace
}  // namespace airssys::wasm
