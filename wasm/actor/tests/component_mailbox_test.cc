// What [mailbox] says, as senders and the receiver's numbers see it.
#include "airssys/wasm/actor/component_mailbox.h"

#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

using rt::SendStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fake& define(World& world, const MailboxPolicy& policy) {
  Fake& fake = world.define("one", Calls::finish_at_once, test_limits, policy);
  world.spawn(fake);
  return fake;
}

TEST(ComponentMailbox, RefusesWhatExceedsItsCapacityAndSaysSo) {
  World world;
  Fake& fake = define(world, {.capacity = 2});
  EXPECT_EQ(fake.send("a"), SendStatus::sent);
  EXPECT_EQ(fake.send("b"), SendStatus::sent);
  EXPECT_EQ(fake.send("c"), SendStatus::full);
  EXPECT_EQ(fake.stats.overflows.value(), 1u);
  EXPECT_EQ(fake.mailbox.result(SendStatus::full).error().code(), Code::exhausted);
  EXPECT_EQ(fake.mailbox.result(SendStatus::full).error().message(),
            "the mailbox of 'one' is full: 2 messages, 2 B of 100 KiB; send later, or raise [mailbox] capacity or max_bytes");
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "a", "b"));
}

TEST(ComponentMailbox, RefusesWhatExceedsItsBytesUntilSomethingWasTaken) {
  World world;
  Fake& fake = define(world, {.max_bytes = 10});
  EXPECT_EQ(fake.send("123456"), SendStatus::sent);
  EXPECT_EQ(fake.send("12345"), SendStatus::full);
  EXPECT_EQ(fake.send("1234"), SendStatus::sent);
  EXPECT_EQ(fake.stats.overflows.value(), 1u);
  world.run();
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
  EXPECT_EQ(fake.send("12345"), SendStatus::sent);
}

TEST(ComponentMailbox, TakesOneMessageOfAnySizeWhenNothingWaits) {
  World world;
  Fake& fake = define(world, {.max_bytes = 3});
  EXPECT_EQ(fake.send("large message"), SendStatus::sent);
  EXPECT_EQ(fake.send("x"), SendStatus::full);
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "large message"));
}

TEST(ComponentMailbox, DropsTheNewestInNumberAndInBytesWhenItsPolicySaysSo) {
  World world;
  Fake& fake = define(world, {.capacity = 2, .max_bytes = 4, .overload = MailboxOverload::drop_newest});
  EXPECT_EQ(fake.send("aa"), SendStatus::sent);
  EXPECT_EQ(fake.send("bbb"), SendStatus::dropped);
  EXPECT_EQ(fake.send("b"), SendStatus::sent);
  EXPECT_EQ(fake.send("c"), SendStatus::dropped);
  EXPECT_TRUE(fake.mailbox.result(SendStatus::dropped));
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "aa", "b"));
  EXPECT_THAT(world.letters.texts, ElementsAre("overflow one: bbb"));  // by its bytes; rt tells of the other one
  EXPECT_EQ(world.events.overflown["one"], 1u);
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
}

TEST(ComponentMailbox, DropsTheOldestAndGivesItsBytesBack) {
  World world;
  Fake& fake = define(world, {.capacity = 2, .max_bytes = 6, .overload = MailboxOverload::drop_oldest});
  for (const char* text : {"aa", "bb", "cc"}) EXPECT_EQ(fake.send(text), SendStatus::sent);
  EXPECT_EQ(fake.inbox->bytes().waiting(), 4u);
  EXPECT_EQ(fake.send("ddd"), SendStatus::full);  // bytes drop nothing
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "bb", "cc"));
  EXPECT_EQ(world.events.overflown["one"], 1u);
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
}

TEST(ComponentMailbox, DropsWhatHasWaitedLongerThanItsTtl) {
  World world;
  Fake& fake = world.define("one", Calls::may_wait, test_limits, {.message_ttl = 20ms});
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message& message) {
    return message.payload.text() == "wait" ? FakeOutcome{.wait = latch} : FakeOutcome{};
  };
  world.spawn(fake);
  fake.send("wait");
  world.run();
  fake.send("old");
  world.run_for(20ms);
  fake.send("new");
  latch->open();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait", "new"));
  EXPECT_EQ(world.events.expired["one"], 1u);
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
}

// Sends "0", "1", … to another component when it is told to.
class Sender final : public rt::Actor<int> {
 public:
  Sender(const ComponentMailbox& to, std::vector<SendStatus>& got) : to_(to), got_(got) {}
  Result<rt::Turn> handle(int count, rt::Context&) override {
    for (; count > 0; --count)
      got_.push_back(to_.send({.sender = {}, .payload = Bytes::copy_of(std::to_string(sent_++))}, rt::WhenFull::wait));
    return rt::Turn::done;
  }

 private:
  const ComponentMailbox& to_;
  std::vector<SendStatus>& got_;
  int sent_ = 0;
};

TEST(ComponentMailbox, HoldsUpASendingActorWhenItsPolicySaysSoAndRefusesOthers) {
  World world;
  std::vector<SendStatus> got;
  Fake& fake = world.define("one", Calls::may_wait, test_limits, {.capacity = 2, .overload = MailboxOverload::block});
  const auto latch = std::make_shared<Latch>();
  fake.script.on_message = [&](const Message& message) {
    return message.payload.text() == "wait" ? FakeOutcome{.wait = latch} : FakeOutcome{};
  };
  world.spawn(fake);
  fake.send("wait");
  world.run();
  const rt::Address<int> sender = *world.system.spawn({}, std::make_unique<Sender>(fake.mailbox, got));
  ASSERT_TRUE(sender.send(3));
  ASSERT_TRUE(sender.send(1));
  world.run();
  EXPECT_THAT(got, ElementsAre(SendStatus::sent, SendStatus::sent, SendStatus::sent));  // and not the fourth
  EXPECT_EQ(fake.send("mine"), SendStatus::full);
  latch->open();
  world.run();
  EXPECT_THAT(fake.script.calls, ElementsAre("new", "init", "wait", "0", "1", "2", "3"));
  EXPECT_THAT(got, ElementsAre(SendStatus::sent, SendStatus::sent, SendStatus::sent, SendStatus::sent));
}

TEST(ComponentMailbox, GivesTheBytesBackOfWhatIsLeftAtTheEndOrComesAfterIt) {
  World world;
  Fake& fake = define(world, {});
  fake.send("left");
  fake.address.kill();
  world.run();
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
  EXPECT_EQ(fake.send("late"), SendStatus::ended);
  EXPECT_EQ(fake.inbox->bytes().waiting(), 0u);
  EXPECT_EQ(fake.mailbox.result(SendStatus::ended).error().code(), Code::unavailable);
  EXPECT_EQ(fake.stats.overflows.value(), 0u);
  EXPECT_THAT(world.letters.texts, IsEmpty());
}

}  // namespace
}  // namespace airssys::wasm::testing
