#include "airssys/wasm/messaging/message_broker.h"

#include <gmock/gmock.h>

#include <deque>
#include <string>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"

namespace airssys::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Keeper final : public rt::Actor<ComponentMessage> {
 public:
  explicit Keeper(std::vector<std::string>& got) : got_(got) {}
  Result<rt::Turn> handle(ComponentMessage message, rt::Context&) override {
    message.arrive();
    got_.emplace_back(message.message().payload.text());
    return rt::Turn::done;
  }

 private:
  std::vector<std::string>& got_;
};

class MessageBrokerTest : public ::testing::Test {
 protected:
  std::shared_ptr<const DirectoryEntry> live(std::string_view address, std::uint32_t capacity = 100) {
    auto mailbox = system_.spawn({.mailbox_capacity = capacity}, std::make_unique<Keeper>(got_));
    auto& inbox = inboxes_.emplace_back(*ComponentAddress::parse(address), MailboxPolicy{}, stats_, nullptr);
    return std::make_shared<const DirectoryEntry>(
        DirectoryEntry{*ComponentAddress::parse(address), {}, {}, stats_, ComponentMailbox(*mailbox, inbox)});
  }
  rt::SendStatus deliver(const std::shared_ptr<const DirectoryEntry>& to, std::string_view text) {
    return sut_.deliver(to, {.sender = {}, .payload = Bytes::copy_of(text)});
  }
  static std::vector<std::string> taken(MessageTap& tap) {
    std::vector<std::string> all;
    while (auto seen = tap.take())
      all.push_back(seen->message.receiver + " " + std::string(seen->message.message.payload.text()));
    return all;
  }

  SimPlatform platform_{1};
  ComponentStats stats_;
  std::deque<ComponentInbox> inboxes_;
  std::vector<std::string> got_;
  rt::testing::SimExecutor executor_{platform_};
  rt::ActorSystem system_{executor_, null_log(), {}};
  MessageBroker sut_{system_};
};

TEST_F(MessageBrokerTest, DeliversToTheMailboxWithAndWithoutATap) {
  const auto store = live("app/store/main");
  EXPECT_EQ(deliver(store, "before"), rt::SendStatus::sent);
  auto tap = sut_.tap("**", 10);
  ASSERT_TRUE(tap);
  EXPECT_EQ(deliver(store, "after"), rt::SendStatus::sent);
  ASSERT_TRUE(executor_.run_ready());
  EXPECT_THAT(got_, ElementsAre("before", "after"));
  EXPECT_THAT(taken(*tap), ElementsAre("app/store/main after"));
}

TEST_F(MessageBrokerTest, ShowsWhatMatchesAndWasAccepted) {
  const auto store = live("app/store/main", 1);
  const auto echo = live("echo");
  auto tap = sut_.tap("app.*.main", 10);
  ASSERT_TRUE(tap);
  EXPECT_EQ(deliver(echo, "other"), rt::SendStatus::sent);
  EXPECT_EQ(deliver(store, "fits"), rt::SendStatus::sent);
  EXPECT_EQ(deliver(store, "does not"), rt::SendStatus::full);
  EXPECT_THAT(taken(*tap), ElementsAre("app/store/main fits"));
  EXPECT_EQ(tap->dropped(), 0u);
}

TEST_F(MessageBrokerTest, ATapThatIsFullLosesMessagesAndNobodyElseDoes) {
  const auto store = live("store");
  auto tap = sut_.tap("**", 4);
  ASSERT_TRUE(tap);
  for (int n = 0; n < 10; ++n) EXPECT_EQ(deliver(store, std::to_string(n)), rt::SendStatus::sent);
  ASSERT_TRUE(executor_.run_ready());
  EXPECT_EQ(got_.size(), 10u);
  EXPECT_EQ(taken(*tap).size(), 4u);
  EXPECT_EQ(tap->dropped(), 6u);
}

TEST_F(MessageBrokerTest, BoundsTapsAndRefusesAWrongPattern) {
  EXPECT_EQ(sut_.tap("a..b", 4).error().code(), Code::invalid_argument);
  EXPECT_EQ(sut_.tap("**", 0).error().code(), Code::invalid_argument);
  std::vector<MessageTap> taps;
  for (int n = 0; n < 16; ++n) taps.push_back(sut_.tap("**", 2).value());
  EXPECT_EQ(sut_.tap("**", 2).error().code(), Code::exhausted);
  taps.pop_back();
  EXPECT_TRUE(sut_.tap("**", 2));
  EXPECT_THAT(taken(taps.front()), IsEmpty());
}

}  // namespace
}  // namespace airssys::wasm
