// Actors of the program around the host, beside real components: the same names, grants, tree and books.
#include <gmock/gmock.h>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::patience;
using testing::puppet;
using ::testing::UnorderedElementsAre;

// What it heard, over all its incarnations, and what became of what it sent.
struct Diary {
  void add(std::string line) {
    const std::scoped_lock lock(mutex);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> read() const {
    const std::scoped_lock lock(mutex);
    return lines;
  }
  mutable std::mutex mutex;
  std::vector<std::string> lines;
};

// Does what it hears: `to TARGET TEXT` sends, `crash` crashes; all else it writes down.
class Clerk final : public rt::Actor<Message> {
 public:
  Clerk(ActorOutbox& outbox, Diary& diary) : outbox_(outbox), diary_(diary) {}
  Result<rt::Turn> handle(wasm::Message message, rt::Context&) override {
    const auto payload = decode(message.payload);
    if (!payload) return fail(Code::invalid_argument, std::string(payload.error()));
    const std::string_view text = payload->text();
    if (text == "crash") return fail(Code::internal, "told to");
    if (!text.starts_with("to ")) {
      diary_.add(fmt::format("{}: {}", message.sender.text(), text));
      return rt::Turn::done;
    }
    const std::size_t space = text.find(' ', 3);
    const auto sent = outbox_.send(text.substr(3, space - 3), {payload->content.slice(space + 1), payload->codec});
    if (!sent) diary_.add(fmt::format("{} {}", code_name(sent.error().code()), sent.error().message()));
    return rt::Turn::done;
  }

 private:
  ActorOutbox& outbox_;
  Diary& diary_;
};

class NativeActors : public testing::HostedGuests {
 protected:
  Result<> add_clerk(ActorOptions options) {
    return host_->add_actor(std::move(options), [this](ActorOutbox& outbox) { return std::make_unique<Clerk>(outbox, diary_); });
  }
  static TargetPattern pattern(std::string_view text) { return *TargetPattern::parse(text); }
  Diary diary_;
};

TEST_F(NativeActors, AndComponentsReachEachOtherByName) {
  make_host({});
  run("guest", "", puppet, "\"clerk\"");
  ASSERT_TRUE(add_clerk({.name = "clerk", .messaging = {.send = {pattern("guest")}}}));
  tell("clerk", "to guest send clerk hello");
  settle();
  EXPECT_THAT(diary_.read(), ElementsAre("default/guest/main: hello"));
  const ComponentReport clerk = report("clerk");
  EXPECT_EQ(clerk.messages_in, 2u);
  EXPECT_EQ(clerk.handled, 2u);
  EXPECT_EQ(clerk.messages_out, 1u);
  EXPECT_EQ(report("guest").messages_in, 1u);
  EXPECT_EQ(below(host_->tree(), "clerk").kind, SupervisionNode::Kind::actor);
}

TEST_F(NativeActors, AreHeldToTheirGrantsInBothDirections) {
  make_host({});
  run("guest", "", puppet, "\"clerk\", \"deaf\"");
  ASSERT_TRUE(add_clerk({.name = "clerk"}));
  ASSERT_TRUE(add_clerk({.name = "deaf", .messaging = {.receive_from = {}}}));
  tell("clerk", "to guest count");
  tell("guest", "send deaf hello");
  settle();
  ASSERT_THAT(diary_.read(),
              ElementsAre(HasSubstr("capability-denied send to 'guest': messaging.send 'default/guest/main' is not granted")));
  EXPECT_EQ(report("clerk").refused, 1u);
  EXPECT_EQ(report("guest").refused, 1u);
  EXPECT_EQ(report("guest").messages_in, 1u);
  EXPECT_EQ(report("deaf").messages_in, 0u);
}

TEST_F(NativeActors, AreToldWhatBecameOfWhatTheySend) {
  make_host({});
  ASSERT_TRUE(add_clerk({.name = "clerk", .messaging = {.send = {TargetPattern::any()}}}));
  tell("clerk", "to nobody hello");
  tell("clerk", "to NOBODY hello");
  settle();
  EXPECT_THAT(diary_.read(),
              ElementsAre(HasSubstr("not-found send to 'nobody'"), HasSubstr("invalid-argument send to 'NOBODY'")));
  ASSERT_EQ(host_->dead_letters().latest.size(), 1u);
  EXPECT_EQ(host_->dead_letters().latest[0].sender, "default/clerk/main");
}

TEST_F(NativeActors, ADeadLetterIsSentAgainOnceAsItWasToWhoHearsItsSender) {
  make_host({});
  ASSERT_TRUE(add_clerk({.name = "clerk", .messaging = {.send = {TargetPattern::any()}}}));
  tell("clerk", "to late hello");
  tell("clerk", "to deaf hello");
  settle();
  EXPECT_EQ(host_->resend(1).error().code(), Code::not_found) << "there is still nobody";
  ASSERT_TRUE(add_clerk({.name = "late"}));
  ASSERT_TRUE(add_clerk({.name = "deaf", .messaging = {.receive_from = {}}}));
  const auto sent = host_->resend(1);
  ASSERT_TRUE(sent) << sent.error().message();
  settle();
  EXPECT_THAT(diary_.read(), Contains("default/clerk/main: hello"));
  EXPECT_EQ(host_->resend(1).error().code(), Code::unavailable);
  EXPECT_EQ(host_->resend(2).error().code(), Code::denied);
  EXPECT_EQ(host_->resend(3).error().code(), Code::not_found);
  ASSERT_EQ(host_->dead_letters().latest.size(), 2u) << "what fails makes no other dead letter";
  EXPECT_TRUE(host_->dead_letters().latest[0].resent);
  EXPECT_FALSE(host_->dead_letters().latest[1].resent);
}

TEST_F(NativeActors, AreRestartedAndSoIsTheirGroup) {
  make_host({{.name = "pair", .strategy = RestartStrategy::one_for_all}});
  run("guest", "pair");
  ASSERT_TRUE(add_clerk({.name = "clerk", .deployment = {.supervisor = "pair"}}));
  tell("clerk", "crash");
  tell("clerk", "still there");
  settle();
  EXPECT_EQ(report("clerk").restarts, 1u);
  EXPECT_EQ(report("guest").restarts, 1u);
  EXPECT_THAT(diary_.read(), ElementsAre("external: still there"));
  EXPECT_EQ(report("clerk").dead_letters[static_cast<std::size_t>(DeadLetterReason::crashed)], 1u);
  tell("guest", "trap");
  settle();
  EXPECT_EQ(report("clerk").restarts, 2u);
  EXPECT_EQ(report("clerk").last_error, "told to");
  EXPECT_EQ(shape(host_->tree()), "pair(guest clerk)");
}

TEST_F(NativeActors, AreRefusedUnderANameThatIsTakenOrWrongOrASupervisorThatIsNotThere) {
  make_host({});
  run("guest", "");
  EXPECT_EQ(add_clerk({.name = "guest"}).error().code(), Code::already_exists);
  EXPECT_EQ(add_clerk({.name = "No"}).error().code(), Code::invalid_argument);
  EXPECT_EQ(add_clerk({.name = "clerk", .deployment = {.supervisor = "nobody"}}).error().code(), Code::invalid_configuration);
  const auto empty = host_->add_actor({.name = "empty"}, [](ActorOutbox&) { return nullptr; });
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message(), HasSubstr("the factory made nothing"));
  EXPECT_EQ(report("empty").state, ComponentState::failed);
}

TEST_F(NativeActors, ButNotOnlyTheyMayAskAComponentTheProgramItselfMayToo) {
  make_host({});
  run("guest", "");
  const auto ask = [&](std::string_view what) { return host_->request("guest", Bytes::copy_of(what), patience); };
  EXPECT_EQ(ask("echo hello").value().text(), "hello");
  EXPECT_EQ(ask("nothing").value(), Payload());
  const auto failed = ask("fail out of paper");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::execution_failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("out of paper"));
  EXPECT_EQ(ask("trap").error().code(), Code::trapped);
  EXPECT_EQ(ask("echo again").value().text(), "again");
  EXPECT_THAT(host_->invoke("guest", Bytes::copy_of("dance"), patience).error().message(), HasSubstr("knows no operations"));
  EXPECT_EQ(host_->request("nobody", {}, patience).error().code(), Code::not_found);
  ASSERT_TRUE(add_clerk({.name = "clerk"}));
  EXPECT_EQ(host_->request("clerk", Bytes::copy_of("hello"), patience).value(), Payload()) << "handled, and nothing said";
}

TEST_F(NativeActors, ATapShowsWhatTheyAndComponentsAreSent) {
  make_host({});
  run("guest", "", puppet, "\"clerk\"");
  ASSERT_TRUE(add_clerk({.name = "clerk"}));
  auto all = host_->tap("**", 10);
  auto clerks = host_->tap("default.clerk.*", 10);
  ASSERT_TRUE(all && clerks);
  tell("guest", "send clerk hello");
  settle();
  std::vector<std::string> seen;
  while (const auto one = all->take())
    seen.push_back(fmt::format("{} -> {}: {}", one->message.message.sender.text(), one->message.receiver,
                               decode(one->message.message.payload).value_or(Payload()).text()));
  EXPECT_THAT(seen, UnorderedElementsAre("external -> default/guest/main: send clerk hello",
                                         "default/guest/main -> default/clerk/main: hello"));
  ASSERT_TRUE(clerks->take());
  EXPECT_FALSE(clerks->take());
}

}  // namespace
}  // namespace airssys::wasm
