// What a guest asks for and was not granted: targets, functions, names, too often, in another's name, after it was taken away.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

#include "airssys/rt/actor.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/core/multicodec.h"
#include "attack_world.h"

namespace airssys::wasm::attacks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view much = "max_fuel_per_execution = 100000000000000\nmax_execution_time_ms = 600000\n";

class AskingAttacks : public Attacks {};

TEST_F(AskingAttacks, WhatIsNotGrantedIsDeniedWhetherItIsThereOrNot) {
  make_host();
  run({.name = "thief", .send = "\"neighbour\""});
  run({.name = "vault"});
  for (const char* name : {"vault", "nobody"}) {
    EXPECT_EQ(ask("thief", fmt::format("send {} x", name)),
              fmt::format("permission denied: messaging.send 'default/{}/main' is not granted; it needs [capabilities.messaging] "
                          "send in Component.toml",
                          name));
    EXPECT_EQ(audited("thief", AuditDecision::deny, "messaging.send", fmt::format("default/{}/main", name)), 1u);
  }
  for (const char* function : {"treasure", "nothing"}) {
    EXPECT_EQ(ask("thief", fmt::format("call {} x", function)),
              fmt::format("permission denied: host.call '{}' is not granted; it needs a function of the host that names this "
                          "component as a caller",
                          function));
    EXPECT_EQ(audited("thief", AuditDecision::deny, "host.call", function), 1u);
  }
  for (const char* capability : {"messaging send default/vault/main", "messaging publish a.b", "messaging publish sys.a",
                                 "storage read vault:a", "process spawn /bin/sh", "host call treasure", "no such thing"})
    EXPECT_EQ(ask("thief", fmt::format("granted {}", capability)), "no") << capability;
  EXPECT_EQ(ask("thief", "granted messaging send default/neighbour/main"), "yes");
  EXPECT_EQ(report("vault").messages_in, 0u);
  EXPECT_EQ(report("thief").refused, 4u);
}

TEST_F(AskingAttacks, AGuestThatAsksTenMillionTimesIsAnsweredAndTheLogHasTheExactNumberInAFewLines) {
  constexpr std::uint64_t times = 10'000'000, names = 20'000;
  make_host();
  run({.name = "thief", .resources = std::string(much)});
  const std::size_t before = audit().size();
  EXPECT_THAT(ask("thief", fmt::format("ask-many {} vault", times)),
              StartsWith(fmt::format("sent 0, refused {}: permission denied: ", times)));
  EXPECT_EQ(report("thief").refused, times);
  EXPECT_EQ(ask("neighbour", "echo well"), "well");
  EXPECT_THAT(ask("thief", fmt::format("ask-many {} vault-*", names)), StartsWith(fmt::format("sent 0, refused {}: ", names)));
  EXPECT_EQ(report("thief").refused, times + names);
  end();
  std::uint64_t told = 0, seconds = 0;
  const std::vector<AuditLine> lines = audit();
  for (const AuditLine& line : lines)
    if (line.component == "default/thief/main" && line.decision == AuditDecision::deny) told += line.count;
  EXPECT_EQ(told, times + names) << "every denial is in one line's number";
  seconds = static_cast<std::uint64_t>((lines.back().time - lines.front().time) / std::chrono::seconds(1));
  EXPECT_LE(lines.size() - before, 200 + 70 * seconds) << "64 a second, and what they are summed up in";
}

TEST_F(AskingAttacks, WhoAsksTooOftenIsRefusedAndTheNumbersOfTheLogAreTheirs) {
  make_host();
  run({.name = "flooder", .resources = std::string(much), .send = "\"sink\"", .limits = "calls_per_minute = 1\nburst = 10\n"});
  run({.name = "sink"});
  const std::string answer = ask("flooder", "ask-many 1000 sink");
  EXPECT_THAT(answer, HasSubstr(": rate limited"));
  ASSERT_TRUE(host_->wait_idle(patience));
  const std::uint64_t sent = report("sink").messages_in;
  EXPECT_GE(sent, 10u);
  EXPECT_LT(sent, 100u) << "one a minute more";
  EXPECT_THAT(answer, StartsWith(fmt::format("sent {}, refused {}: ", sent, 1000 - sent)));
  EXPECT_EQ(report("flooder").refused, 1000 - sent);
  end();
  std::uint64_t allowed = 0, denied = 0;
  for (const AuditLine& line : audit())
    if (line.component == "default/flooder/main" && line.action != "trust.admit")
      (line.decision == AuditDecision::allow ? allowed : denied) += line.count;
  EXPECT_EQ(allowed, sent);
  EXPECT_EQ(denied, 1000 - sent);
}

TEST_F(AskingAttacks, HugeAndMalformedNamesAreDeniedAndKeptOnlyByTheirBeginning) {
  make_host();
  run({.name = "thief", .resources = std::string(much), .deployment = "max_restarts = 3\n", .send = "\"*\""});
  const std::string huge(500'000, 'a');
  EXPECT_THAT(ask("thief", fmt::format("call {} x", huge)), StartsWith("permission denied: host.call of a name of more than"));
  EXPECT_EQ(audited("thief", AuditDecision::deny, "host.call", huge.substr(0, AuditEvent::max_text_bytes)), 1u);
  for (const std::string& name :
       {huge, std::string("../vault"), std::string("a/b/c/d"), std::string("a//b"), std::string("UPPER"), std::string("a\x1b[2J"),
        std::string("a:b"), std::string("a|b"), std::string("caf\xc3\xa9")})
    EXPECT_THAT(ask("thief", fmt::format("send {} x", name)), StartsWith("delivery failed: no address: ")) << name;
  EXPECT_THAT(ask("thief", "call \x1b[2J x"), StartsWith("permission denied: host.call '\\x1b[2J' is not granted"));
  EXPECT_EQ(report("thief").restarts, 0u);
  // What is no UTF-8 is no string: the guest that says so ends by that.
  EXPECT_THAT(ask("thief", "call \xff\xfe x"), HasSubstr("thief"));
  EXPECT_EQ(ask("thief", "echo again"), "again");
  EXPECT_EQ(report("thief").restarts, 1u);
}

// Notes who sent what.
class Judge final : public rt::Actor<Message> {
 public:
  explicit Judge(std::vector<std::string>& heard) : heard_(heard) {}
  Result<rt::Turn> handle(Message message, rt::Context&) override {
    const auto payload = decode(message.payload);
    heard_.push_back(fmt::format("{}: {}", message.sender.text(), payload ? payload->text() : payload.error()));
    return rt::Turn::done;
  }

 private:
  std::vector<std::string>& heard_;
};

TEST_F(AskingAttacks, NobodySpeaksInTheNameOfAnother) {
  std::vector<std::string> heard;
  make_host();
  run({.name = "thief", .send = "\"judge\""});
  const auto judge = host_->add_actor({.name = "judge"}, [&](ActorOutbox&) { return std::make_unique<Judge>(heard); });
  ASSERT_TRUE(judge) << judge.error().message();
  EXPECT_EQ(ask("thief", "send judge default/owner/main: open the vault"), "sent");
  EXPECT_EQ(ask("thief", "self"), "default/thief/main");
  EXPECT_EQ(ask("thief", "sender"), "external");
  EXPECT_EQ(
      ask("thief", "call treasure default/owner/main"),
      "permission denied: host.call 'treasure' is not granted; it needs a function of the host that names this component as a "
      "caller");
  ASSERT_TRUE(host_->wait_idle(patience));
  EXPECT_THAT(heard, ElementsAre("default/thief/main: default/owner/main: open the vault"));
  EXPECT_EQ(audited("thief", AuditDecision::allow, "messaging.send", "default/judge/main"), 1u);
}

// What is promised: a component acts by its own grants and under its own name, also when another asks it to. What is not: that it
// does not do what it is asked. A function of the host acts by the grants of its caller.
TEST_F(AskingAttacks, AProxyActsInItsOwnNameAndAFunctionOfTheHostInItsCallers) {
  make_host();
  run({.name = "proxy",
       .send = "\"vault\"",
       .further = fmt::format("[capabilities.filesystem]\nread = [\"{}/closed/*\"]\n", files_.native())});
  run({.name = "vault"});
  run({.name = "thief", .send = "\"proxy\""});
  EXPECT_THAT(ask("thief", "send vault x"), StartsWith("permission denied: "));
  EXPECT_THAT(ask("thief", "call read-file " + at("closed/secret")), StartsWith("permission denied: "));
  EXPECT_EQ(ask("proxy", "call read-file " + at("closed/secret")), "secret");
  EXPECT_EQ(ask("thief", "send proxy send vault x"), "sent");
  ASSERT_TRUE(host_->wait_idle(patience));
  EXPECT_EQ(report("vault").messages_in, 1u) << "a proxy that obeys is the author's choice";
  EXPECT_EQ(audited("thief", AuditDecision::allow, "messaging.send", "default/vault/main"), 0u);
  EXPECT_EQ(audited("thief", AuditDecision::deny, "messaging.send", "default/vault/main"), 1u);
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", at("closed/secret")), 1u);
  EXPECT_EQ(audited("proxy", AuditDecision::allow, "messaging.send", "default/vault/main"), 1u);
}

// Both within one call of the guest: while it is suspended, and while it is in a function of the host.
TEST_F(AskingAttacks, AGrantThatIsRevokedWhileACallIsSuspendedIsGoneForTheRestOfIt) {
  std::promise<void> reached, revoked;
  auto may_go_on = revoked.get_future().share();
  config_.functions.push_back({.name = "reached", .callers = {TargetPattern::any()}, .call = [&](const EmbedderCall&) {
                                 reached.set_value();
                                 return Result<Bytes>(Bytes());
                               }});
  // Holds one of two workers for the moment that the revocation takes; a test may.
  config_.functions.push_back({.name = "revoked", .callers = {TargetPattern::any()}, .call = [&](const EmbedderCall&) {
                                 may_go_on.wait();
                                 return Result<Bytes>(Bytes());
                               }});
  make_host();
  run({.name = "thief",
       .waits = true,
       .resources = std::string(much),
       .send = "\"sink\"",
       .further = fmt::format("[capabilities.filesystem]\nread = [\"{}/open/*\"]\n", files_.native())});
  run({.name = "sink"});
  const std::string work = fmt::format("send sink x;call read-file {}", at("open/mine"));
  std::string said;
  auto asking = platform_->start_thread(
      "test", [&] { said = ask("thief", fmt::format("seq {0};call reached x;sleep 100;call revoked x;{0}", work)); });
  reached.get_future().wait();
  EXPECT_TRUE(*host_->revoke("thief", Action::messaging_send, "sink"));
  EXPECT_TRUE(*host_->revoke("thief", Action::filesystem_read, at("open/*")));
  revoked.set_value();
  asking.reset();  // joins
  EXPECT_THAT(said, StartsWith("sent\nmine\n\nslept\n\npermission denied: messaging.send 'default/sink/main' is not granted"));
  EXPECT_THAT(said, HasSubstr("permission denied: filesystem.read"));
  ASSERT_TRUE(host_->wait_idle(patience));
  EXPECT_EQ(report("sink").messages_in, 1u);
  EXPECT_EQ(audited("thief", AuditDecision::allow, "revoke", "messaging.send sink"), 1u);
  EXPECT_EQ(audited("thief", AuditDecision::deny, "messaging.send", "default/sink/main"), 1u);
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", at("open/mine")), 1u);
}

}  // namespace
}  // namespace airssys::wasm::attacks
