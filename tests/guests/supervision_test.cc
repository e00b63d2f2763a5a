// Real components below supervisors of the host: who is restarted with whom, what follows when that does not help, and what
// becomes of the messages.
#include <gmock/gmock.h>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::patience;
using testing::fs::path;

class SupervisionOfGuests : public testing::HostedGuests {};

TEST_F(SupervisionOfGuests, OneForAllRestartsTheWholeGroupAndNobodyElse) {
  make_host({{.name = "pair", .strategy = RestartStrategy::one_for_all}});
  run("looper", "pair", path(AIRSSYS_HOSTILE) / "looper/target/looper.wasm");
  run("third", "pair", path(AIRSSYS_HOSTILE) / "third/target/third.wasm");
  run("alone", "");
  for (const char* name : {"third", "third", "alone"}) tell(name, "count");
  settle();
  tell("looper", "spin");
  settle();
  EXPECT_EQ(report("looper").restarts, 1u);
  EXPECT_EQ(report("third").restarts, 1u);
  EXPECT_EQ(report("alone").restarts, 0u);
  // Its count began anew with its instance: the third message since the restart crashes it, and both again.
  for (int n = 0; n < 3; ++n) tell("third", "count");
  settle();
  EXPECT_EQ(report("third").handled, 4u);
  EXPECT_EQ(report("looper").restarts, 2u);
  EXPECT_EQ(report("alone").restarts, 0u);
  EXPECT_EQ(shape(host_->tree()), "pair(looper third) alone");
  const SupervisionNode pair = below(host_->tree(), "pair");
  EXPECT_EQ(pair.strategy, RestartStrategy::one_for_all);
  EXPECT_EQ(pair.state, ComponentState::running);
  EXPECT_EQ(below(pair, "third").restarts, 2u);
  EXPECT_THAT(log_.ending("third: restarting with others below pair"), ::testing::SizeIs(1));
}

TEST_F(SupervisionOfGuests, RestForOneRestartsWhoWasStartedLater) {
  make_host({{.name = "chain", .strategy = RestartStrategy::rest_for_one}});
  for (const char* name : {"first", "second", "third"}) run(name, "chain");
  tell("second", "trap");
  tell("second", "count");  // waits, and survives
  settle();
  EXPECT_EQ(report("first").restarts, 0u);
  EXPECT_EQ(report("second").restarts, 1u);
  EXPECT_EQ(report("third").restarts, 1u);
  EXPECT_EQ(report("second").handled, 1u);
}

TEST_F(SupervisionOfGuests, EscalatesAndIsGivenUpWithAllBelowWhileOthersGoOn) {
  make_host({{.name = "outer", .max_restarts = 1},
             {.name = "inner", .parent = "outer", .strategy = RestartStrategy::one_for_all, .max_restarts = 0}});
  run("weak", "inner");
  run("brother", "inner");
  run("cousin", "outer");
  run("stranger", "");
  tell("weak", "trap");  // inner fails: outer restarts it
  settle();
  EXPECT_EQ(below(below(host_->tree(), "outer"), "inner").restarts, 1u);
  EXPECT_EQ(report("brother").restarts, 1u);
  EXPECT_EQ(report("cousin").restarts, 0u);
  // The second failure is one too many for outer. The root restarts that three times, and then lets it go.
  for (int n = 0; n < 20 && below(host_->tree(), "outer").state != ComponentState::given_up; ++n) {
    if (!host_->send("weak", Bytes::copy_of(fmt::format("trap {}", n)))) break;  // the same again would be set aside as poison
    settle();
  }
  const SupervisionNode outer = below(host_->tree(), "outer");
  EXPECT_EQ(outer.state, ComponentState::given_up);
  EXPECT_EQ(outer.restarts, 3u);
  EXPECT_EQ(report("cousin").state, ComponentState::stopped);
  EXPECT_EQ(report("stranger").state, ComponentState::running);
  EXPECT_EQ(report("stranger").restarts, 0u);
  const auto late = host_->send("cousin", Bytes::copy_of("count"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::unavailable);
  EXPECT_EQ(host_->dead_letters().latest.back().receiver, "default/cousin/main");
  EXPECT_EQ(host_->dead_letters().latest.back().reason, DeadLetterReason::unresolved);
}

TEST_F(SupervisionOfGuests, StopsInReverseOrderOfStartThroughTheTree) {
  make_host({{.name = "group", .strategy = RestartStrategy::one_for_all}, {.name = "nested", .parent = "group"}});
  run("a", "");
  run("b", "nested");
  run("c", "group");
  run("d", "");
  EXPECT_THAT(host_->stop(), ::testing::IsEmpty());
  EXPECT_THAT(log_.ending(": stopped"), ElementsAre("d: stopped", "c: stopped", "b: stopped", "a: stopped"));
  EXPECT_EQ(host_->tree().state, ComponentState::stopped);
  EXPECT_EQ(shape(host_->tree()), "a group(nested(b) c) d");
}

TEST_F(SupervisionOfGuests, RefusesASupervisorThatIsNotThereWithItsPlace) {
  make_host({{.name = "pipeline"}});
  const auto added = add("one", "pipelin");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code(), Code::invalid_configuration);
  EXPECT_THAT(added.error().message(), HasSubstr("one/Component.toml:12:14: this host has no supervisor 'pipelin'; did you"));
  const auto host = Host::create({.supervisors = {{.name = "a", .parent = "b"}}}, *platform_, log_);
  ASSERT_FALSE(host);
  EXPECT_THAT(host.error().message(), HasSubstr("its parent 'b' is no supervisor"));
}

TEST_F(SupervisionOfGuests, KeepsWhatNobodyHandled) {
  make_host({});
  const path puppet = path(AIRSSYS_PUPPETS) / "puppet.wasm";
  run("one", "", puppet, "\"nobody\"");
  tell("one", "send nobody hello");
  settle();
  for (int n = 0; n < 4; ++n) tell("one", fmt::format("trap {}", n));
  ASSERT_TRUE(host_->wait_idle(patience));
  const auto late = host_->send("one", Bytes::copy_of("late"));
  EXPECT_FALSE(late);
  std::vector<std::string> texts;
  for (const DeadLetter& letter : host_->dead_letters().latest)
    texts.push_back(fmt::format("{} {} -> {} {} {}", dead_letter_reason_name(letter.reason), letter.sender, letter.receiver,
                                message_kind_name(letter.kind), letter.beginning));
  EXPECT_THAT(texts, Contains("unresolved default/one/main -> default/nobody/main fire-and-forget hello"));
  EXPECT_THAT(texts, Contains("unresolved external -> default/one/main external late"));
  EXPECT_EQ(report("one").dead_letters[static_cast<std::size_t>(DeadLetterReason::unresolved)], 1u);  // that it sent
}

}  // namespace
}  // namespace airssys::wasm
