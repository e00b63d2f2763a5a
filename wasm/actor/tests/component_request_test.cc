// Requests, operations and callbacks (R3.4): who asked gets the answer, or why there is none.
#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;

// Asks a component for what it is told, and keeps the outcomes: "answer: x", or the error's code and message.
class Asker final : public rt::Actor<std::string> {
 public:
  Asker(const ComponentMailbox& to, std::vector<std::string>& outcomes) : to_(to), outcomes_(outcomes) {}
  Result<rt::Turn> handle(std::string text, rt::Context& context) override {
    wasm::Message request{.sender = Bytes::copy_of("asker"), .payload = Bytes::copy_of(text), .kind = MessageKind::request};
    const auto note = [this](Result<Bytes> answer, rt::Context&) -> Result<rt::Turn> {
      outcomes_.push_back(answer ? fmt::format("answer: {}", answer->text())
                                 : fmt::format("{}, {}: {}", code_name(answer.error().code()),
                                               answer.error().field("request-error"), answer.error().message()));
      return rt::Turn::done;
    };
    const bool is_operation = text.starts_with("op ");
    auto asked =
        is_operation ? to_.execute(context, std::move(request), 1s, note) : to_.request(context, std::move(request), 1s, note);
    if (!asked) outcomes_.push_back(asked.error().message());
    return rt::Turn::done;
  }

 private:
  const ComponentMailbox& to_;
  std::vector<std::string>& outcomes_;
};

struct Requests : ::testing::TestWithParam<Calls> {
  Fake& define(const MailboxPolicy& policy = {}) {
    Fake& fake = world.define("one", GetParam(), test_limits, policy);
    fake.options.backoff = rt::Backoff{.base = 0s, .cap = 0s};
    fake.script.on_message = [this](const Message& message) {
      const std::string_view text = message.payload.text();
      if (text == "crash" && crashes-- > 0) return FakeOutcome::trapped(TrapKind::unreachable);
      if (text == "err") return FakeOutcome::error(3, "no");
      if (text == "silent") return FakeOutcome{};
      return FakeOutcome::answer(fmt::format("{}!", text));
    };
    fake.script.on_operation = [](const Bytes& operation, const ExecutionContext& context) {
      if (operation.text() == "op bad") return FakeOutcome::error(0, "no such operation");
      return FakeOutcome::answer(fmt::format("{} by {} within {} ms", operation.text(), context.caller.text(),
                                             context.timeout / std::chrono::milliseconds(1)));
    };
    world.spawn(fake);
    world.run();
    asker = *world.system.spawn({}, std::make_unique<Asker>(fake.mailbox, outcomes));
    return fake;
  }
  void ask(std::string text) {
    ASSERT_TRUE(asker.send(std::move(text)));
    world.run();
  }
  World world;
  int crashes = 1000;
  std::vector<std::string> outcomes;
  rt::Address<std::string> asker;
};

TEST_P(Requests, AreAnsweredByWhatHandleMessageReturns) {
  Fake& fake = define();
  for (const char* text : {"a", "silent"}) ask(text);
  EXPECT_THAT(outcomes, ElementsAre("answer: a!", "answer: "));
  EXPECT_EQ(fake.stats.handled.value(), 2u);
}

TEST_P(Requests, AreToldOfAnErrorOfTheGuest) {
  Fake& fake = define();
  ask("err");
  EXPECT_THAT(outcomes, ElementsAre("execution-failed, handler-error: 'one' answered invalid-message: no"));
  EXPECT_EQ(fake.stats.guest_errors.value(), 1u);
  EXPECT_THAT(fake.lines, ElementsAre("handle-message answered invalid-message: no"));
}

TEST_P(Requests, AreToldThatTheComponentCrashed) {
  define();
  ask("crash");
  EXPECT_THAT(outcomes, ElementsAre("trapped, target-crashed: 'one' crashed: a fake guest trapped"));
}

TEST_P(Requests, AreAnsweredByTheSecondAttempt) {
  Fake& fake = define({.on_crash = OnCrash::retry_once});
  crashes = 1;
  ask("crash");
  EXPECT_THAT(outcomes, ElementsAre("answer: crash!"));
  EXPECT_EQ(fake.stats.retried.value(), 1u);
}

TEST_P(Requests, ThatArePoisonAreRejected) {
  define({.poison_after = 1});
  for (int i = 0; i < 2; ++i) ask("crash");
  EXPECT_THAT(outcomes,
              ElementsAre("trapped, target-crashed: 'one' crashed: a fake guest trapped",
                          "unavailable, rejected: 'one' has crashed 1 times at a message like this, and is not given it "
                          "any more"));
}

TEST_P(Requests, ThatDoNotFitAreRefusedAtOnce) {
  define({.max_bytes = 4});
  ASSERT_TRUE(asker.send("a"));
  ASSERT_TRUE(asker.send("too long"));
  world.run();
  EXPECT_THAT(outcomes.size(), 2u);
  EXPECT_THAT(outcomes, ::testing::Contains("answer: a!"));
}

TEST_P(Requests, ToOneThatHasEndedHaveAnOutcome) {
  Fake& fake = define();
  fake.address.kill();
  world.run();
  ask("a");
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(outcomes[0].contains("has ended")) << outcomes[0];
}

TEST_P(Requests, OfOperationsGoToExecute) {
  Fake& fake = define();
  for (const char* text : {"op sum", "op bad"}) ask(text);
  EXPECT_THAT(outcomes, ElementsAre("answer: op sum by asker within 1000 ms",
                                    "execution-failed, handler-error: 'one' answered invalid-operation: no such operation"));
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "execute op sum", "execute op bad"));
}

TEST(RequestsThatWait, TimeOutAndTheAnswerThatComesLaterIsCountedByTheRuntime) {
  World world;
  ResourceLimits limits = test_limits;
  limits.call_timeout = 10s;
  Fake& fake = world.define("one", Calls::may_wait, limits);
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message&) {
    FakeOutcome outcome = FakeOutcome::answer("late");
    outcome.wait = latch;
    return outcome;
  };
  world.spawn(fake);
  std::vector<std::string> outcomes;
  const auto asker = *world.system.spawn({}, std::make_unique<Asker>(fake.mailbox, outcomes));
  ASSERT_TRUE(asker.send("a"));
  world.run_for(2s);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_TRUE(outcomes[0].starts_with("timeout")) << outcomes[0];
  latch->open();
  world.run();
  EXPECT_EQ(fake.stats.handled.value(), 1u);
  EXPECT_EQ(world.system.stats().late_replies, 1u);
}

INSTANTIATE_TEST_SUITE_P(OfBothLanes, Requests, ::testing::Values(Calls::finish_at_once, Calls::may_wait),
                         [](const auto& lane) { return lane.param == Calls::may_wait ? "Waiting" : "Sync"; });

}  // namespace
}  // namespace airssys::wasm::testing
