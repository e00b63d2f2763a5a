// What a guest does wrong with messages, and what comes of it: a typed error to the guest, a counter, a line of the audit log,
// and nothing for the others. What is not granted at all is in tests/integration/security.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <future>

#include "airssys/wasm/core/dead_letter.h"
#include "attack_world.h"

namespace airssys::wasm::attacks {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view much = "max_fuel_per_execution = 100000000000000\nmax_execution_time_ms = 600000\n";
constexpr std::string_view news = "publish = [\"news.*\"]\nsubscribe = [\"news.*\"]\n";

class BadInput : public Attacks {
 protected:
  BadInput() {
    config_.audit_messages = 1;
    config_.max_message_bytes = 10'000;
    config_.mailbox_capacity = 2000;
    // Holds one of two workers while its caller is to be busy; a test may.
    config_.functions.push_back({.name = "hold", .callers = {TargetPattern::any()}, .call = [this](const EmbedderCall&) {
                                   held_.set_value();
                                   released_.get_future().wait();
                                   return Result<Bytes>(Bytes());
                                 }});
  }
  // From here to release() it handles one message.
  void hold(std::string_view name) {
    ASSERT_TRUE(host_->send(name, Bytes::copy_of("call hold x")));
    held_.get_future().wait();
  }
  void release() { released_.set_value(); }
  void settle() { ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest"; }
  static std::string address(std::string_view name) { return fmt::format("default/{}/main", name); }
  // How many events of messages there are of that component about that peer.
  std::uint64_t events(std::string_view name, std::string_view event, std::string_view peer) {
    std::uint64_t count = 0;
    for (const AuditLine& line : audit())
      if (line.component == address(name) && line.action == fmt::format("message.{}", event) && line.resource == peer)
        count += line.count;
    return count;
  }
  std::uint64_t dead_letters(std::string_view name, DeadLetterReason reason) const {
    return report(name).dead_letters[static_cast<std::size_t>(reason)];
  }

 private:
  std::promise<void> held_, released_;
};

TEST_F(BadInput, AnUnknownTargetIsAnsweredSoByEveryPattern) {
  make_host();
  run({.name = "guest", .send = R"("nobody", "neighbour")"});
  EXPECT_EQ(ask("guest", "send nobody x"), "target not found");
  EXPECT_EQ(ask("guest", "ask nobody 1000 x"), "target not found");
  EXPECT_EQ(ask("guest", "broadcast neighbour,nobody nothing"), "sent\ntarget not found\n");
  EXPECT_THAT(ask("guest", "send no/such/place/at/all x"), StartsWith("delivery failed: no address: "));
  EXPECT_EQ(dead_letters("guest", DeadLetterReason::unresolved), 3u);
  EXPECT_EQ(report("guest").refused, 1u);
  EXPECT_EQ(events("guest", "rejected", address("nobody")), 3u);
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.send", "no/such/place/at/all"), 1u);
}

TEST_F(BadInput, WhatIsNotGrantedIsDeniedByEveryPattern) {
  make_host();
  run({.name = "guest", .further = std::string(news)});
  EXPECT_THAT(ask("guest", "ask neighbour 1000 x"), StartsWith("permission denied: messaging.request '"));
  EXPECT_THAT(ask("guest", "broadcast neighbour x"), StartsWith("permission denied: messaging.send '"));
  EXPECT_THAT(ask("guest", "publish other.a x"), StartsWith("permission denied: messaging.publish '"));
  EXPECT_THAT(ask("guest", "subscribe other.*"), StartsWith("permission denied: messaging.subscribe '"));
  EXPECT_THAT(ask("guest", "publish sys.a x"), StartsWith("permission denied: "));
  EXPECT_EQ(report("guest").refused, 5u);
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.request", address("neighbour")), 1u);
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.send", address("neighbour")), 1u);
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.publish", "other.a"), 1u);
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.subscribe", "other.*"), 1u);
}

TEST_F(BadInput, APayloadThatIsNoneIsRefusedWithWhatIsWrongWithIt) {
  make_host();
  run({.name = "guest", .send = R"("neighbour", "picky", "sink")"});
  run({.name = "sink"});
  run({.name = "picky", .further = "[serialization]\nsupported_codecs = [\"borsh\"]\n"});
  struct Wrong {
    std::string command, answer, resource, rule;
  };
  const std::string seven_bits(20, 'f');
  for (const Wrong& wrong : {
           Wrong{"huge neighbour 10001", "message too large, the limit is 10000 bytes", "neighbour", "max_message_bytes"},
           Wrong{"wire neighbour ", "invalid message: its payload does not say its codec: ", "neighbour",
                 "does not say its codec"},
           Wrong{"wire neighbour 80", "invalid message: its payload does not say its codec: ", "neighbour", "does not say"},
           Wrong{"wire neighbour d500", "invalid message: its payload does not say its codec: ", "neighbour", "does not say"},
           Wrong{"wire neighbour " + seven_bits, "invalid message: its payload does not say its codec: ", "neighbour", "not say"},
           Wrong{"wire neighbour 7f78", "unknown codec 127", "neighbour", "codec 0x7f"},
           Wrong{"send picky x", "the receiver does not understand codec 85; both understand borsh", "default/picky/main",
                 "supported_codecs"},
       }) {
    SCOPED_TRACE(wrong.command);
    const std::uint64_t refused = report("guest").refused;
    EXPECT_THAT(ask("guest", wrong.command), StartsWith(wrong.answer));
    EXPECT_EQ(report("guest").refused, refused + 1);
    const std::vector<AuditLine> lines = audit();
    const auto denial =
        std::find_if(lines.rbegin(), lines.rend(), [](const AuditLine& line) { return line.decision == AuditDecision::deny; });
    ASSERT_NE(denial, lines.rend());
    EXPECT_EQ(denial->component, address("guest"));
    EXPECT_EQ(denial->action, "messaging.send");
    EXPECT_EQ(denial->resource, wrong.resource);
    EXPECT_THAT(denial->rule, HasSubstr(wrong.rule));
  }
  EXPECT_EQ(ask("guest", "huge sink 10000"), "sent") << "the largest that may be";
  settle();
  EXPECT_EQ(report("picky").messages_in, 0u);
}

TEST_F(BadInput, AFullMailboxIsToldToWhoeverSends) {
  constexpr std::uint64_t room = 4, sent = 100;
  make_host();
  run({.name = "guest", .resources = std::string(much), .send = R"("sink", "neighbour")"});
  run({.name = "sink", .resources = std::string(much), .mailbox = fmt::format("capacity = {}\n", room)});
  hold("sink");
  EXPECT_EQ(ask("guest", fmt::format("ask-many {} sink", sent)),
            fmt::format("sent {}, refused {}: queue full", room, sent - room));
  EXPECT_EQ(ask("guest", "ask sink 1000 echo x"), "queue full");
  EXPECT_EQ(ask("guest", "broadcast sink,neighbour nothing"), "queue full\nsent\n");
  EXPECT_EQ(report("sink").mailbox_full, sent - room + 2);
  EXPECT_EQ(events("guest", "rejected", address("sink")), sent - room + 2);
  release();
  settle();
  EXPECT_EQ(report("sink").handled, 1 + room) << "what was taken is handled";
}

TEST_F(BadInput, TheThousandAndFirstCallOfAMinuteIsRefused) {
  make_host();
  run({.name = "guest",
       .resources = std::string(much),
       .send = R"("sink")",
       .limits = "calls_per_minute = 1000\nburst = 1000\n"});
  run({.name = "sink", .mailbox = "max_bytes = \"1MiB\"\n"});
  const std::string answer = ask("guest", "ask-many 1500 sink");
  EXPECT_THAT(answer, HasSubstr(": rate limited"));
  settle();
  const std::uint64_t sent = report("sink").handled;
  EXPECT_GE(sent, 1000u);
  EXPECT_LT(sent, 1500u) << "some more by the time that passed";
  EXPECT_EQ(report("guest").refused, 1500 - sent);
  end();
  std::uint64_t denied = 0;
  for (const AuditLine& line : audit())
    if (line.component == address("guest") && line.decision == AuditDecision::deny) denied += line.count;
  EXPECT_EQ(denied, 1500 - sent);
}

TEST_F(BadInput, ATimeoutThatIsNoneAndACancelOfWhatIsOverAreRefused) {
  make_host();
  run({.name = "guest", .send = R"("neighbour")"});
  for (const char* timeout : {"0", "600001"})
    EXPECT_EQ(ask("guest", fmt::format("ask neighbour {} echo x", timeout)),
              "invalid timeout, 1 to 600000 milliseconds are allowed");
  EXPECT_EQ(report("guest").refused, 2u);
  EXPECT_EQ(ask("guest", "ask neighbour 60000 echo well"), "asked");
  settle();
  EXPECT_TRUE(log_.contain("guest: outcome well"));
  EXPECT_EQ(ask("guest", "cancel"), "unknown request");
  EXPECT_EQ(report("guest").refused, 3u);
  EXPECT_EQ(report("guest").requests, 1u);
  end();
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.request", "neighbour"), 2u);
  std::string id;
  for (const AuditLine& line : audit())
    if (line.action == "message.request-sent") id = line.rule;
  EXPECT_EQ(audited("guest", AuditDecision::deny, "messaging.request", id), 1u) << id;
  EXPECT_EQ(events("guest", "cancelled", address("neighbour")), 0u);
}

TEST_F(BadInput, AnAnswerAfterTheDeadlineIsDroppedAndCounted) {
  make_host();
  run({.name = "guest", .send = R"("slow")"});
  run({.name = "slow", .waits = true, .resources = std::string(much)});
  EXPECT_EQ(ask("guest", "ask slow 1000 sleep 3000"), "asked");
  settle();
  EXPECT_TRUE(log_.contain("guest: outcome no answer within 1000 ms"));
  EXPECT_FALSE(log_.contain("guest: outcome slept"));
  EXPECT_EQ(report("guest").timeouts, 1u);
  EXPECT_EQ(report("slow").late_responses, 1u);
  EXPECT_EQ(events("guest", "timed-out", address("slow")), 1u);
  EXPECT_EQ(events("guest", "callback-delivered", address("slow")), 1u);
  EXPECT_EQ(events("slow", "late-response", address("guest")), 1u);
}

TEST_F(BadInput, RequestsToOneselfAndInACircleAreAnswered) {
  make_host();
  run({.name = "guest", .send = R"("guest", "other")"});
  run({.name = "other", .send = R"("guest")"});
  EXPECT_EQ(ask("guest", "ask guest 60000 echo myself"), "asked");
  EXPECT_EQ(ask("guest", "ask other 60000 ask guest 60000 ask other 60000 echo round"), "asked");
  settle();
  EXPECT_TRUE(log_.contain("guest: outcome myself"));
  EXPECT_TRUE(log_.contain("guest: outcome round"));
  EXPECT_TRUE(log_.contain("other: outcome asked"));
  EXPECT_EQ(report("guest").requests, 3u);
  EXPECT_EQ(report("other").requests, 1u);
  EXPECT_EQ(events("guest", "callback-delivered", address("other")), 2u);
  EXPECT_EQ(events("guest", "callback-delivered", address("guest")), 1u);
  EXPECT_EQ(events("other", "callback-delivered", address("guest")), 1u);
}

TEST_F(BadInput, ASubscriptionEndsWithItsGrant) {
  make_host();
  run({.name = "guest", .further = std::string(news)});
  run({.name = "keen", .further = std::string(news)});
  ASSERT_EQ(ask("keen", "subscribe news.*"), "sent");
  ASSERT_EQ(ask("guest", "publish news.a log info before"), "sent");
  settle();
  ASSERT_TRUE(*host_->revoke("keen", Action::messaging_subscribe, "news.*"));
  ASSERT_EQ(ask("guest", "publish news.a log info after"), "sent");
  settle();
  EXPECT_TRUE(log_.contain("keen: before"));
  EXPECT_FALSE(log_.contain("keen: after"));
  EXPECT_THAT(ask("keen", "subscribe news.*"), StartsWith("permission denied: messaging.subscribe '"));
  EXPECT_EQ(audited("keen", AuditDecision::allow, "revoke", "messaging.subscribe news.*"), 1u);
}

TEST_F(BadInput, ASubscriberThatNeverDrainsLosesForItselfAlone) {
  constexpr std::uint64_t published = 50, room = 4;
  make_host();
  run({.name = "guest", .further = std::string(news)});
  run({.name = "stuck",
       .resources = std::string(much),
       .mailbox = fmt::format("capacity = {}\n", room),
       .further = std::string(news)});
  run({.name = "keen", .further = std::string(news)});
  for (const char* name : {"stuck", "keen"}) ASSERT_EQ(ask(name, "subscribe news.*"), "sent");
  hold("stuck");
  for (std::uint64_t n = 0; n < published; ++n)
    ASSERT_EQ(ask("guest", fmt::format("publish news.a log info news {}", n)), "sent");
  EXPECT_EQ(ask("keen", "echo after them"), "after them");
  for (std::uint64_t n = 0; n < published; ++n) EXPECT_TRUE(log_.contain(fmt::format("keen: news {}", n)));
  EXPECT_EQ(report("keen").mailbox_full, 0u);
  EXPECT_EQ(report("guest").published, published);
  EXPECT_EQ(report("stuck").mailbox_full, published - room);
  EXPECT_EQ(dead_letters("stuck", DeadLetterReason::overflow), published - room);
  EXPECT_EQ(events("guest", "published", "news.a"), published);
  EXPECT_EQ(events("guest", "rejected", "news.a"), published - room);
  release();
  settle();
  EXPECT_TRUE(log_.contain(fmt::format("stuck: news {}", room - 1)));
  EXPECT_FALSE(log_.contain(fmt::format("stuck: news {}", room)));
}

}  // namespace
}  // namespace airssys::wasm::attacks
