#include "airssys/wasm/messaging/guest_messaging.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"
#include "airssys/wasm/core/testing/fixed_gate.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A payload in codec raw.
struct Wire {
  std::string text;
  operator std::span<const std::byte>() const { return std::as_bytes(std::span(text)); }
};
Wire bytes(std::string_view text) { return {"\x55" + std::string(text)}; }

// What it says after the codec.
std::string_view content(const Message& message) { return message.payload.text().substr(1); }

TargetPattern pattern(std::string_view text) { return *TargetPattern::parse(text); }

struct DeadLetters final : DeadLetterSink {
  std::vector<std::string> texts;
  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason, bool) noexcept override {
    texts.push_back(fmt::format("{} {} -> {}: {}", dead_letter_reason_name(reason), message.sender.text(), receiver.text(),
                                content(message)));
  }
};

// Somebody to send to: keeps what it got.
struct Receiver {
  ComponentStats stats;
  std::deque<Message> got;
  std::optional<ComponentInbox> inbox;
  rt::Address<ComponentMessage> mailbox;
  std::shared_ptr<const DirectoryEntry> entry;

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Message& message : got) all.emplace_back(content(message));
    return all;
  }
};

class Keeper final : public rt::Actor<ComponentMessage> {
 public:
  explicit Keeper(std::deque<wasm::Message>& got) : got_(got) {}
  Result<rt::Turn> handle(ComponentMessage message, rt::Context&) override {
    message.arrive();
    got_.push_back(message.take_message());
    return rt::Turn::done;
  }

 private:
  std::deque<wasm::Message>& got_;
};

// Sends no requests, so nothing is answered.
struct AsksNothing final : AnswerReceiver {
  Result<rt::Turn> on_answer(MessageId, Result<Bytes>, rt::Context&) override { return rt::Turn::done; }
};

class GuestMessagingTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t max_message_bytes = 100;

  Receiver& live(std::string_view address, MessagingGrants grants = {}, MailboxPolicy policy = {.capacity = 10},
                 CodecSet codecs = {}) {
    Receiver& receiver = receivers_.emplace_back();
    receiver.inbox.emplace(*ComponentAddress::parse(address), policy, receiver.stats, nullptr);
    auto actor = std::make_unique<Keeper>(receiver.got);
    rt::SpawnOptions options;
    apply(policy, options);
    receiver.mailbox = *system_.spawn(std::move(options), std::move(actor));
    receiver.entry = std::make_shared<const DirectoryEntry>(DirectoryEntry{*ComponentAddress::parse(address), std::move(grants),
                                                                           std::move(codecs), receiver.stats,
                                                                           ComponentMailbox(receiver.mailbox, *receiver.inbox)});
    EXPECT_TRUE(directory_.add(receiver.entry));
    return receiver;
  }
  void end(Receiver& receiver) {
    directory_.remove(receiver.entry->address);
    receiver.mailbox.kill();
    run();
  }
  GuestMessaging sender(std::vector<std::string_view> send, std::string_view self = "app/sender/main") {
    testing::FixedGate& gate = gates_.emplace_back();
    for (std::string_view target : send) gate.grant(Action::messaging_send, target);
    return GuestMessaging(
        {.self = *ComponentAddress::parse(self), .max_message_bytes = max_message_bytes, .dead_letters = &dead_letters_}, gate,
        directory_, broker_, platform_, inbox_, call_);
  }
  // Of the sender that was made last.
  testing::FixedGate& gate() { return gates_.back(); }
  void run() { ASSERT_TRUE(executor_.run_ready()); }

  SimPlatform platform_{1};
  DeadLetters dead_letters_;
  ComponentStats stats_;
  ComponentDirectory directory_;

 private:
  AsksNothing nobody_;
  const CurrentCall call_{.actor = nobody_};
  ComponentInbox inbox_{*ComponentAddress::parse("app/sender/main"), {}, stats_, nullptr};  // of every sender
  std::deque<testing::FixedGate> gates_;
  std::deque<Receiver> receivers_;
  rt::testing::SimExecutor executor_{platform_};
  rt::ActorSystem system_{executor_, null_log(), {}};
  MessageBroker broker_{system_};
};

TEST_F(GuestMessagingTest, PutsACopyIntoTheMailboxOfItsTarget) {
  Receiver& receiver = live("app/store/main");
  GuestMessaging sut = sender({"app/store"});
  std::string payload = "hello";
  platform_.advance(5s);
  EXPECT_EQ(sut.send_message("app/store", bytes(payload)).failure, SendFailure::none);
  payload = "XXXXX";
  run();
  ASSERT_THAT(receiver.texts(), ElementsAre("hello"));
  const Message& message = receiver.got.front();
  EXPECT_EQ(message.sender.text(), "app/sender/main");
  EXPECT_EQ(message.kind, MessageKind::fire_and_forget);
  EXPECT_EQ(message.sent_at, platform_.wall_now());
  EXPECT_EQ(stats_.messages_out.value(), 1u);
  EXPECT_THAT(gate().refusals, IsEmpty());
}

TEST_F(GuestMessagingTest, TakesAnAddressInEachOfItsForms) {
  Receiver& receiver = live("default/store/main");
  GuestMessaging sut = sender({"store"});
  for (const char* form : {"store", "default/store", "default/store/main"})
    EXPECT_EQ(sut.send_message(form, bytes(form)).failure, SendFailure::none);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("store", "default/store", "default/store/main"));
}

TEST_F(GuestMessagingTest, KeepsTheOrderOfOneSender) {
  Receiver& one = live("one");
  Receiver& two = live("two");
  GuestMessaging sut = sender({"*"});
  for (const char* text : {"1", "2", "3"})
    for (const char* target : {"one", "two"}) EXPECT_EQ(sut.send_message(target, bytes(text)).failure, SendFailure::none);
  run();
  EXPECT_THAT(one.texts(), ElementsAre("1", "2", "3"));
  EXPECT_THAT(two.texts(), ElementsAre("1", "2", "3"));
}

TEST_F(GuestMessagingTest, GivesEveryMessageAnIdOfItsOwn) {
  Receiver& receiver = live("store", {}, {.capacity = 1000});
  GuestMessaging one = sender({"*"});
  GuestMessaging two = sender({"*"});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(one.send_message("store", bytes("")).failure, SendFailure::none);
    EXPECT_EQ(two.send_message("store", bytes("")).failure, SendFailure::none);
  }
  run();
  std::set<std::pair<std::uint64_t, std::uint64_t>> ids;
  for (const Message& message : receiver.got) ids.emplace(message.id.high, message.id.low);
  EXPECT_EQ(ids.size(), 200u);
}

TEST_F(GuestMessagingTest, SaysItsOwnAddress) {
  EXPECT_EQ(sender({}).self_id(), "app/sender/main");
  EXPECT_EQ(sender({}, "solo").self_id(), "default/solo/main");
}

// --- refusals

TEST_F(GuestMessagingTest, RefusesAMessageOverTheLimitAndNoSmallerOne) {
  Receiver& receiver = live("store");
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes(std::string(max_message_bytes - 1, 'x'))).failure, SendFailure::none);
  const SendResult refused = sut.send_message("store", bytes(std::string(max_message_bytes, 'x')));
  EXPECT_EQ(refused.failure, SendFailure::message_too_large);
  EXPECT_EQ(refused.number, max_message_bytes);
  run();
  EXPECT_EQ(receiver.got.size(), 1u);
  EXPECT_THAT(gate().refusals, ElementsAre("messaging.send store"));
}

TEST_F(GuestMessagingTest, RefusesAPayloadThatDoesNotSayItsCodec) {
  Receiver& receiver = live("store");
  GuestMessaging sut = sender({"store"});
  for (const std::string& text : {std::string(), std::string("\x81", 1), std::string("\x80\x00", 2), std::string(12, '\xff')}) {
    const SendResult refused = sut.send_message("store", Wire{text});
    EXPECT_EQ(refused.failure, SendFailure::invalid_message);
    EXPECT_THAT(refused.reason, HasSubstr("does not say its codec"));
  }
  const SendResult unknown = sut.send_message("store", Wire{"\x03?"});
  EXPECT_EQ(unknown.failure, SendFailure::unknown_codec);
  EXPECT_EQ(unknown.number, 3u);
  EXPECT_EQ(sut.send_message("store", Wire{"\x71?"}).failure, SendFailure::unknown_codec) << "dag-cbor is only recognised";
  EXPECT_EQ(gate().refusals.size(), 6u);
  EXPECT_EQ(sut.send_message("store", bytes("fine")).failure, SendFailure::none);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("fine"));
}

// R5.15: from whoever prefers what, to whom.
TEST_F(GuestMessagingTest, TellsInWhichCodecTheReceiverWouldUnderstand) {
  Receiver& receiver = live("store", {}, {.capacity = 10}, CodecSet({0x0200, 0x0701}));
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", Wire{"\x81\x0e"
                                           "borsh"})
                .failure,
            SendFailure::none);
  EXPECT_EQ(sut.send_message("store", Wire{"\x81\x8e\xc0\x01"
                                           "alias"})
                .failure,
            SendFailure::none);
  for (int time = 0; time < 2; ++time) {
    const SendResult refused = sut.send_message("store", bytes("raw"));
    EXPECT_EQ(refused.failure, SendFailure::codec_incompatible);
    EXPECT_EQ(refused.number, 0x55u);
    EXPECT_EQ(refused.reason, "borsh");
    EXPECT_THAT(sut.codecs_of_receiver(), ElementsAre(0x0200u, 0x0701u));
  }
  EXPECT_EQ(sut.send_message("store", Wire{"\x81\x0e"
                                           "again"})
                .failure,
            SendFailure::none);
  run();
  EXPECT_EQ(receiver.got.size(), 3u);
  EXPECT_THAT(gate().refusals, ElementsAre("messaging.send default/store/main", "messaging.send default/store/main"));
}

TEST_F(GuestMessagingTest, BroadcastsWithAnAnswerForEachTargetAndOneCopyForAll) {
  Receiver& one = live("one");
  Receiver& two = live("two");
  GuestMessaging sut = sender({"one"});
  gate().grant(Action::messaging_broadcast, "*");
  const std::vector<std::string_view> targets{"one", "nobody", "two", "UP"};
  std::vector<SendFailure> answers;
  sut.broadcast(targets, bytes("all"), &answers, [](void* to, const SendResult& sent) noexcept {
    static_cast<std::vector<SendFailure>*>(to)->push_back(sent.failure);
  });
  EXPECT_THAT(answers,
              ElementsAre(SendFailure::none, SendFailure::target_not_found, SendFailure::none, SendFailure::delivery_failed));
  run();
  EXPECT_THAT(one.texts(), ElementsAre("all"));
  EXPECT_EQ(two.got.at(0).kind, MessageKind::broadcast);
  EXPECT_EQ(one.got.at(0).payload.data(), two.got.at(0).payload.data());
}

TEST_F(GuestMessagingTest, BroadcastsToWhomItMaySendAnyway) {
  live("one");
  live("two");
  GuestMessaging sut = sender({"one"});
  const std::vector<std::string_view> targets{"one", "two"};
  std::vector<SendFailure> answers;
  sut.broadcast(targets, bytes("all"), &answers, [](void* to, const SendResult& sent) noexcept {
    static_cast<std::vector<SendFailure>*>(to)->push_back(sent.failure);
  });
  EXPECT_THAT(answers, ElementsAre(SendFailure::none, SendFailure::permission_denied));
  EXPECT_THAT(gate().refusals, ElementsAre("messaging.send default/two/main"));
}

TEST_F(GuestMessagingTest, BroadcastsToSoManyAndNoMore) {
  Receiver& receiver = live("store", {}, {.capacity = 5000, .max_bytes = 1 << 20});
  GuestMessaging sut = sender({});
  gate().grant(Action::messaging_broadcast, "store");
  const std::vector<std::string_view> targets(GuestMessaging::max_broadcast_targets + 2, "store");
  std::map<SendFailure, std::size_t> answers;
  sut.broadcast(targets, bytes("x"), &answers, [](void* to, const SendResult& sent) noexcept {
    ++(*static_cast<std::map<SendFailure, std::size_t>*>(to))[sent.failure];
  });
  EXPECT_EQ(answers[SendFailure::none], GuestMessaging::max_broadcast_targets);
  EXPECT_EQ(answers[SendFailure::delivery_failed], 2u);
  run();
  EXPECT_EQ(receiver.got.size(), GuestMessaging::max_broadcast_targets);
}

TEST_F(GuestMessagingTest, RefusesEverythingWithoutAGrant) {
  Receiver& receiver = live("store");
  GuestMessaging sut = sender({});
  const SendResult refused = sut.send_message("store", bytes("x"));
  EXPECT_EQ(refused.failure, SendFailure::permission_denied);
  EXPECT_EQ(refused.reason, "messaging.send 'default/store/main' is not granted");
  run();
  EXPECT_THAT(receiver.texts(), IsEmpty());
  EXPECT_THAT(gate().refusals, ElementsAre("messaging.send default/store/main"));
}

TEST_F(GuestMessagingTest, TellsNobodyWithoutAGrantWhetherATargetExists) {
  live("store");
  GuestMessaging sut = sender({"other"});
  const SendResult there = sut.send_message("store", bytes(""));
  const std::string reason(there.reason);
  const SendResult not_there = sut.send_message("stork", bytes(""));
  EXPECT_EQ(there.failure, SendFailure::permission_denied);
  EXPECT_EQ(not_there.failure, SendFailure::permission_denied);
  EXPECT_EQ(reason.size(), not_there.reason.size());
}

TEST_F(GuestMessagingTest, NeedsTheReceiversConsentToo) {
  Receiver& receiver = live("store", {.receive_from = {pattern("app/friend")}});
  GuestMessaging stranger = sender({"store"});
  const testing::FixedGate& stranger_gate = gate();
  GuestMessaging friendly = sender({"store"}, "app/friend/7");
  const SendResult refused = stranger.send_message("store", bytes(""));
  EXPECT_EQ(refused.failure, SendFailure::permission_denied);
  EXPECT_THAT(refused.reason, HasSubstr("'store' does not receive from this component"));
  EXPECT_THAT(stranger_gate.refusals, ElementsAre("messaging.receive-from default/store/main"));
  EXPECT_EQ(friendly.send_message("store", bytes("hi")).failure, SendFailure::none);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("hi"));
}

TEST_F(GuestMessagingTest, SaysThatAGrantedTargetIsNotThereUntilItIs) {
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::target_not_found);
  Receiver& receiver = live("store");
  EXPECT_EQ(sut.send_message("store", bytes("now")).failure, SendFailure::none);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("now"));
}

TEST_F(GuestMessagingTest, MakesADeadLetterOfWhatGoesWhereNobodyLives) {
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("early")).failure, SendFailure::target_not_found);
  EXPECT_EQ(sut.send_message("secret", bytes("not granted")).failure, SendFailure::permission_denied);
  Receiver& closed = live("store", {.receive_from = {}});
  EXPECT_EQ(sut.send_message("store", bytes("refused")).failure, SendFailure::permission_denied);
  end(closed);
  EXPECT_EQ(sut.send_message("store", bytes("late")).failure, SendFailure::target_not_found);
  EXPECT_THAT(dead_letters_.texts, ElementsAre("unresolved app/sender/main -> default/store/main: early",
                                               "unresolved app/sender/main -> default/store/main: late"));
}

TEST_F(GuestMessagingTest, SaysWhatIsWrongWithATargetThatIsNoAddress) {
  GuestMessaging sut = sender({"*"});
  for (const std::string& target :
       {std::string(), std::string("a/b/c/d"), std::string("UP"), std::string("x\n"), std::string(100'000, 'a')}) {
    const SendResult refused = sut.send_message(target, bytes(""));
    EXPECT_EQ(refused.failure, SendFailure::delivery_failed) << target;
    EXPECT_TRUE(refused.reason.starts_with("no address: ")) << refused.reason;
    EXPECT_LT(refused.reason.size(), 400u);
    EXPECT_EQ(refused.reason.find('\n'), std::string_view::npos);
  }
}

TEST_F(GuestMessagingTest, CountsAFullMailboxAtItsOwner) {
  Receiver& receiver = live("store", {}, {.capacity = 3});
  GuestMessaging sut = sender({"store"});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::none);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::queue_full);
  EXPECT_EQ(receiver.stats.overflows.value(), 2u);
  EXPECT_EQ(stats_.overflows.value(), 0u);
  EXPECT_EQ(stats_.messages_out.value(), 3u);
  run();
  EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::none);
}

TEST_F(GuestMessagingTest, TellsItsGuestOfAFullMailboxInBytesToo) {
  Receiver& receiver = live("store", {}, {.max_bytes = 5});
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("1234")).failure, SendFailure::none);
  EXPECT_EQ(sut.send_message("store", bytes("12")).failure, SendFailure::queue_full);
  EXPECT_EQ(receiver.stats.overflows.value(), 1u);
  run();
  EXPECT_EQ(sut.send_message("store", bytes("12")).failure, SendFailure::none);
}

TEST_F(GuestMessagingTest, DoesNotTellItsGuestOfWhatTheReceiverDropsOnPurpose) {
  Receiver& receiver = live("store", {}, {.capacity = 1, .overload = MailboxOverload::drop_newest});
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("1")).failure, SendFailure::none);
  EXPECT_EQ(sut.send_message("store", bytes("2")).failure, SendFailure::none);
  EXPECT_EQ(stats_.messages_out.value(), 1u);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("1"));
}

// --- what is remembered

TEST_F(GuestMessagingTest, AsksTheGateOnceForEachMessage) {
  live("store");
  GuestMessaging sut = sender({"store"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::none);
  EXPECT_EQ(gate().uses, 4u) << "the first was checked";
}

TEST_F(GuestMessagingTest, NoticesWithTheNextMessageThatItsGrantIsGone) {
  Receiver& receiver = live("store");
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("1")).failure, SendFailure::none);
  gate().revoke_all();
  EXPECT_EQ(sut.send_message("store", bytes("2")).failure, SendFailure::permission_denied);
  gate().grant(Action::messaging_send, "store");
  EXPECT_EQ(sut.send_message("store", bytes("3")).failure, SendFailure::none);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("1", "3"));
}

TEST_F(GuestMessagingTest, TellsItsGuestOfTooManyCallsAndOfAnAuditLogThatFails) {
  Receiver& receiver = live("store");
  GuestMessaging sut = sender({"store", "stork"});
  EXPECT_EQ(sut.send_message("store", bytes("1")).failure, SendFailure::none);
  gate().refuse_all({Code::exhausted, "too many"});
  EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::rate_limited);
  EXPECT_EQ(sut.send_message("stork", bytes("")).failure, SendFailure::rate_limited);
  gate().refuse_all({Code::unavailable, "no audit log"});
  const SendResult refused = sut.send_message("store", bytes(""));
  EXPECT_EQ(refused.failure, SendFailure::delivery_failed);
  EXPECT_EQ(refused.reason, "no audit log");
  gate().refuse_all({Code::forbidden, "nobody may"});
  EXPECT_EQ(sut.send_message("stork", bytes("")).failure, SendFailure::permission_denied);
  run();
  EXPECT_THAT(receiver.texts(), ElementsAre("1"));
}

TEST_F(GuestMessagingTest, ReachesMoreTargetsThanItRemembers) {
  constexpr std::size_t targets = 3 * GuestMessaging::max_routes / 2;
  std::vector<Receiver*> receivers;
  for (std::size_t i = 0; i < targets; ++i) receivers.push_back(&live("t" + std::to_string(i)));
  GuestMessaging sut = sender({"t*"});
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < targets; ++i)
      EXPECT_EQ(sut.send_message("t" + std::to_string(i), bytes(std::to_string(i))).failure, SendFailure::none);
  run();
  for (std::size_t i = 0; i < targets; ++i)
    EXPECT_THAT(receivers[i]->texts(), ElementsAre(std::to_string(i), std::to_string(i), std::to_string(i)));
}

TEST_F(GuestMessagingTest, FindsWhoTookThePlaceOfATargetThatEnded) {
  Receiver& first = live("store");
  Receiver& other = live("other");
  GuestMessaging sut = sender({"*"});
  EXPECT_EQ(sut.send_message("store", bytes("1")).failure, SendFailure::none);
  EXPECT_EQ(sut.send_message("other", bytes("1")).failure, SendFailure::none);
  run();
  end(first);
  Receiver& second = live("store");
  EXPECT_EQ(sut.send_message("store", bytes("2")).failure, SendFailure::target_not_found);
  EXPECT_EQ(sut.send_message("store", bytes("3")).failure, SendFailure::none);
  EXPECT_EQ(sut.send_message("other", bytes("2")).failure, SendFailure::none);
  run();
  EXPECT_THAT(first.texts(), ElementsAre("1"));
  EXPECT_THAT(second.texts(), ElementsAre("3"));
  EXPECT_THAT(other.texts(), ElementsAre("1", "2"));
}

TEST_F(GuestMessagingTest, AsksTheReceiverAnewOnceTheOneThatRefusedHasEnded) {
  Receiver& closed = live("store", {.receive_from = {}});
  GuestMessaging sut = sender({"store"});
  EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::permission_denied);
  end(closed);
  EXPECT_EQ(sut.send_message("store", bytes("")).failure, SendFailure::target_not_found);
  Receiver& open = live("store");
  EXPECT_EQ(sut.send_message("store", bytes("hi")).failure, SendFailure::none);
  run();
  EXPECT_THAT(open.texts(), ElementsAre("hi"));
}

}  // namespace
}  // namespace airssys::wasm
