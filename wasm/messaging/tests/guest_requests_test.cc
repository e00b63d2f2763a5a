#include <gmock/gmock.h>

#include "messaging_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GuestRequests : public ::testing::Test {
 protected:
  GuestRequests() {
    asker.on_message = [this](const Message& message, MessagingFunctions& messaging) {
      const std::string text(content(message.payload));
      if (text == "cancel") {
        cancelled = messaging.cancel_request(last);
        return FakeOutcome{};
      }
      sent = messaging.send_request(target, raw(text).span(), timeout_ms, last);
      reason = sent.reason;
      sent.reason = {};
      return FakeOutcome{};
    };
    worker.on_message = [this](const Message& message, MessagingFunctions&) {
      const std::string text(content(message.payload));
      if (text == "crash") return FakeOutcome::trapped(TrapKind::unreachable);
      if (text == "err") return FakeOutcome::error(6, "no such order");
      if (text == "nothing") return FakeOutcome{};
      FakeOutcome answer{.reply = raw(text + "!")};
      if (text == "wait") answer.wait = latch;
      if (text == "odd") answer.reply = Bytes::copy_of("");
      if (text == "bare") answer.reply = Bytes::copy_of("\xff");
      if (text == "json") answer.reply = Bytes::copy_of("\x80\x04{}");
      if (text == "large") answer.reply = raw(std::string(MessagingWorld::max_message_bytes, 'x'));
      return answer;
    };
  }
  void start() {
    world.start(worker);
    world.start(asker);
  }
  void ask(std::string_view text) { world.say(asker, text); }
  // Without what the guest was told to do.
  std::vector<std::string> callbacks() const {
    std::vector<std::string> found;
    for (const std::string& text : asker.heard)
      if (text.starts_with("callback: ")) found.push_back(text.substr(10));
    return found;
  }

  MessagingWorld world;
  Player& worker = world.add("worker", true);
  Player& asker = world.add("asker");
  std::shared_ptr<Gate> latch = std::make_shared<Gate>();
  std::string target = "worker";
  std::uint64_t timeout_ms = 1000;
  SendResult sent, cancelled;
  std::string reason;
  MessageId last{};
};

TEST_F(GuestRequests, AreAnsweredByWhatHandleMessageReturns) {
  start();
  MessageMetadata seen;
  std::string reply_to;
  MessageKind kind{};
  const auto before = worker.on_message;
  worker.on_message = [&](const Message& message, MessagingFunctions& messaging) {
    seen = messaging.current_metadata();
    reply_to = seen.reply_to.value_or("");
    kind = message.kind;
    return before(message, messaging);
  };
  ask("one");
  EXPECT_EQ(sent.failure, SendFailure::none);
  EXPECT_THAT(callbacks(), ElementsAre("one!"));
  EXPECT_EQ(kind, MessageKind::request);
  EXPECT_EQ(seen.correlation_id, last);
  EXPECT_EQ(reply_to, "default/asker/main");
  EXPECT_EQ(seen.deadline, Duration(1s));
  ask("nothing");
  EXPECT_THAT(callbacks(), ElementsAre("one!", ""));
  EXPECT_EQ(asker.stats.requests.value(), 2u);
  EXPECT_EQ(asker.stats.messages_out.value(), 2u);
}

TEST_F(GuestRequests, TellWhyThereIsNoAnswer) {
  start();
  for (const char* text : {"err", "crash", "wait"}) ask(text);
  world.run_for(1s);
  ASSERT_EQ(callbacks().size(), 3u);
  EXPECT_EQ(callbacks()[0], "handler-error: 'worker' answered failed: no such order");
  EXPECT_EQ(callbacks()[1], "target-crashed: 'worker' crashed: a fake guest trapped");
  EXPECT_EQ(callbacks()[2], "timeout after 1000 ms");
  EXPECT_EQ(asker.stats.timeouts.value(), 1u);
  latch->open();
  world.run();
  EXPECT_EQ(callbacks().size(), 3u) << "an answer that comes late is dropped";
  EXPECT_EQ(worker.stats.late_responses.value(), 1u);
}

TEST_F(GuestRequests, TimeOutAtTheirDeadlineAndNotBefore) {
  start();
  timeout_ms = 5;
  ask("wait");
  world.run_for(5ms - 1ns);
  EXPECT_THAT(callbacks(), IsEmpty());
  world.run_for(1ns);
  EXPECT_THAT(callbacks(), ElementsAre("timeout after 5 ms"));
}

TEST_F(GuestRequests, HaveNoCallbackOnceTheyAreCancelled) {
  start();
  ask("wait");
  ask("cancel");
  EXPECT_EQ(cancelled.failure, SendFailure::none);
  ask("cancel");
  EXPECT_EQ(cancelled.failure, SendFailure::unknown_request) << "it is no request any more";
  latch->open();
  world.run_for(2s);
  EXPECT_THAT(callbacks(), IsEmpty());
  EXPECT_EQ(worker.stats.late_responses.value(), 1u);
  ask("one");
  ask("cancel");
  EXPECT_EQ(cancelled.failure, SendFailure::unknown_request) << "it has ended";
}

TEST_F(GuestRequests, AreNobodysButTheInstanceThatMadeThem) {
  start();
  ask("wait");
  asker.on_message = [](const Message&, MessagingFunctions&) { return FakeOutcome::trapped(TrapKind::unreachable); };
  ask("crash");
  world.run_for(1s);
  EXPECT_EQ(asker.incarnation, 2);
  latch->open();
  world.run_for(2s);
  EXPECT_THAT(callbacks(), IsEmpty());
}

TEST_F(GuestRequests, AreOverAtOnceWhenWhoWasAskedIsGoneForGood) {
  start();
  ask("wait");
  world.end(worker);
  world.run();
  ASSERT_EQ(callbacks().size(), 1u);
  EXPECT_THAT(callbacks()[0], HasSubstr("target-crashed"));
  ask("again");
  EXPECT_EQ(sent.failure, SendFailure::target_not_found);
}

TEST_F(GuestRequests, ToOneselfAndInACircleAreAnsweredLikeAllOthers) {
  start();
  Player& one = world.add("one");
  Player& two = world.add("two");
  for (Player* player : {&one, &two})
    player->on_message = [player](const Message& message, MessagingFunctions& messaging) {
      MessageId ignored;
      const std::string text(content(message.payload));
      if (message.kind == MessageKind::external) {
        EXPECT_EQ(messaging.send_request(text, raw("ask " + player->name).span(), 1000, ignored).failure, SendFailure::none);
      }
      if (text == "ask one") {
        EXPECT_EQ(messaging.send_request("one", raw("round").span(), 1000, ignored).failure, SendFailure::none);
      }
      return FakeOutcome{.reply = raw("by " + player->name)};
    };
  world.start(one);
  world.start(two);
  world.say(one, "one");
  world.say(one, "two");
  world.run_for(5s);
  EXPECT_EQ(std::ranges::count(one.heard, "callback: by one"), 2) << ::testing::PrintToString(one.heard);
  EXPECT_EQ(std::ranges::count(one.heard, "callback: by two"), 1);
  EXPECT_EQ(std::ranges::count(two.heard, "callback: by one"), 1);
}

TEST_F(GuestRequests, RefuseATimeoutThatIsNone) {
  start();
  for (const std::uint64_t wrong : {std::uint64_t{0}, GuestMessaging::max_request_timeout_ms + 1, UINT64_MAX}) {
    timeout_ms = wrong;
    ask("one");
    EXPECT_EQ(sent.failure, SendFailure::invalid_timeout);
    EXPECT_EQ(sent.number, GuestMessaging::max_request_timeout_ms);
  }
  EXPECT_THAT(callbacks(), IsEmpty());
}

TEST_F(GuestRequests, NeedAGrantOfTheirOwn) {
  start();
  asker.gate->revoke_all();
  asker.gate->grant(Action::messaging_send, "worker");
  ask("one");
  EXPECT_EQ(sent.failure, SendFailure::permission_denied);
  EXPECT_THAT(reason, HasSubstr("messaging.request 'default/worker/main' is not granted"));
}

TEST_F(GuestRequests, AreBoundedInTheirNumber) {
  start();
  for (std::size_t n = 0; n < GuestMessaging::max_open_requests; ++n) {
    ask("wait");
    ASSERT_EQ(sent.failure, SendFailure::none) << n;
  }
  ask("wait");
  EXPECT_EQ(sent.failure, SendFailure::rate_limited);
  ask("cancel");
  ask("wait");
  EXPECT_EQ(sent.failure, SendFailure::none) << "a cancelled one makes room";
}

TEST_F(GuestRequests, ToAFullMailboxAreRefusedAtOnce) {
  worker.mailbox.capacity = 1;
  start();
  ask("wait");
  ask("fills the mailbox");
  ask("too much");
  EXPECT_EQ(sent.failure, SendFailure::queue_full);
  EXPECT_EQ(worker.stats.overflows.value(), 1u);
}

TEST_F(GuestRequests, CheckTheResponseLikeAnyOtherPayload) {
  asker.codecs = CodecSet({0x55});
  start();
  for (const char* text : {"bare", "json", "large", "odd"}) ask(text);
  ASSERT_EQ(callbacks().size(), 4u);
  EXPECT_THAT(callbacks()[0], HasSubstr("handler-error: its response does not say its codec"));
  EXPECT_EQ(callbacks()[1], "rejected: its response is in json, which this component does not understand");
  EXPECT_EQ(callbacks()[2], "handler-error: its response has 1001 bytes, 1000 are allowed");
  EXPECT_EQ(callbacks()[3], "");
}

// R5.6: what a request causes has the time that its asker has left, and no more.
TEST_F(GuestRequests, PassTheirDeadlineOnToWhatTheyCause) {
  start();
  Player& middle = world.add("middle", true);
  std::optional<Duration> left, left_of_message;
  auto pause = std::make_shared<Gate>();
  middle.on_message = [&](const Message&, MessagingFunctions& messaging) {
    MessageId ignored;
    EXPECT_EQ(messaging.send_request("worker", raw("wait").span(), 60'000, ignored).failure, SendFailure::none);
    EXPECT_EQ(messaging.send_message("worker", raw("hello").span()).failure, SendFailure::none);
    return FakeOutcome{};
  };
  const auto before = worker.on_message;
  worker.on_message = [&](const Message& message, MessagingFunctions& messaging) {
    (message.kind == MessageKind::request ? left : left_of_message) = messaging.current_metadata().deadline;
    return before(message, messaging);
  };
  world.start(middle);
  target = "middle";
  timeout_ms = 300;
  ask("go");
  EXPECT_EQ(left, Duration(300ms));
  world.run_for(100ms);
  EXPECT_THAT(middle.heard, ElementsAre("go"));
  world.run_for(200ms);
  EXPECT_THAT(middle.heard, ElementsAre("go", "callback: timeout after 300 ms"));
  latch->open();
  world.run();
  EXPECT_EQ(left_of_message, Duration(0)) << "nobody waits any more";
}

TEST_F(GuestRequests, AreRefusedToWhomNobodyWaitsForAnyMore) {
  start();
  Player& middle = world.add("middle", true);
  middle.on_message = [&](const Message&, MessagingFunctions& messaging) {
    world.platform.advance(300ms);  // that is how long it has taken
    MessageId ignored;
    sent = messaging.send_request("worker", raw("hello").span(), 60'000, ignored);
    reason = sent.reason;
    return FakeOutcome{};
  };
  world.start(middle);
  target = "middle";
  timeout_ms = 300;
  ask("go");
  EXPECT_EQ(sent.failure, SendFailure::delivery_failed);
  EXPECT_EQ(reason, "whoever asked for what this component is doing has stopped waiting");
  EXPECT_THAT(worker.heard, IsEmpty());
  EXPECT_THAT(middle.gate->refusals, ElementsAre("messaging.request default/worker/main"));
}

TEST_F(GuestRequests, AreNotHandledOnceNobodyWaitsForThem) {
  start();
  ask("wait");
  timeout_ms = 10;
  ask("too late");
  world.run_for(100ms);
  latch->open();
  world.run();
  EXPECT_THAT(worker.heard, ElementsAre("wait"));
  EXPECT_THAT(world.letters.texts, ElementsAre("expired default/asker/main -> worker: too late"));
}

}  // namespace
}  // namespace airssys::wasm::testing
