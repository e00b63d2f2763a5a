#include <gmock/gmock.h>

#include "messaging_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GuestTopics : public ::testing::Test {
 protected:
  // Says "topic text" to whoever should publish it.
  Player& publisher(std::string name) {
    Player& player = world.add(std::move(name));
    player.on_message = [this](const Message& message, MessagingFunctions& messaging) {
      const std::string_view said = content(message.payload);
      if (message.kind != MessageKind::external) return FakeOutcome{};
      published = messaging.publish(said.substr(0, said.find(' ')), raw(said.substr(said.find(' ') + 1)).span());
      reason = published.reason;
      return FakeOutcome{};
    };
    return player;
  }
  Player& subscriber(std::string name, std::vector<std::string> patterns) {
    Player& player = world.add(std::move(name));
    player.on_init = [this, patterns](MessagingFunctions& messaging) {
      for (const std::string& pattern : patterns) subscribed = messaging.subscribe(pattern);
    };
    return player;
  }

  MessagingWorld world;
  SendResult published, subscribed;
  std::string reason;
};

TEST_F(GuestTopics, ReachWhoeverSubscribedToAPatternThatMatches) {
  Player& one = world.start(subscriber("one", {"orders.*"}));
  Player& rest = world.start(subscriber("rest", {"orders.**"}));
  Player& exact = world.start(subscriber("exact", {"orders.created"}));
  Player& shop = world.start(publisher("shop"));
  for (const char* said : {"orders a", "orders.created b", "orders.eu.created c", "other d"}) world.say(shop, said);
  EXPECT_THAT(one.heard, ElementsAre("orders.created: b"));
  EXPECT_THAT(rest.heard, ElementsAre("orders: a", "orders.created: b", "orders.eu.created: c"));
  EXPECT_THAT(exact.heard, ElementsAre("orders.created: b"));
  EXPECT_EQ(shop.stats.published.value(), 4u);
  EXPECT_EQ(shop.stats.messages_out.value(), 5u);
}

TEST_F(GuestTopics, AreNotHeardByWhoPublishes) {
  Player& shop = publisher("shop");
  shop.on_init = [](MessagingFunctions& messaging) { EXPECT_EQ(messaging.subscribe("**").failure, SendFailure::none); };
  world.start(shop);
  world.say(shop, "orders a");
  EXPECT_THAT(shop.heard, ElementsAre("orders a"));
}

TEST_F(GuestTopics, EndWithTheSubscriptionAndWithTheInstance) {
  Player& one = subscriber("one", {"a"});
  one.on_message = [&](const Message& message, MessagingFunctions& messaging) {
    if (content(message.payload) == "crash") return FakeOutcome::trapped(TrapKind::unreachable);
    if (content(message.payload) == "leave") {
      EXPECT_EQ(messaging.unsubscribe(subscribed.number).failure, SendFailure::none);
      EXPECT_EQ(messaging.unsubscribe(subscribed.number).failure, SendFailure::unknown_request);
      EXPECT_THAT(one.gate->refusals, ElementsAre("messaging.subscribe subscription 1"));
    }
    return FakeOutcome{};
  };
  world.start(one);
  Player& shop = world.start(publisher("shop"));
  world.say(shop, "a 1");
  world.say(one, "crash");
  world.say(shop, "a 2");
  world.say(one, "leave");
  world.say(shop, "a 3");
  EXPECT_THAT(one.heard, ElementsAre("a: 1", "crash", "a: 2", "leave")) << "init subscribes anew, and once";
  world.end(one);
  world.run();
  world.say(shop, "a 4");
  EXPECT_EQ(published.failure, SendFailure::none);
}

TEST_F(GuestTopics, KeepTheOrderOfOnePublisher) {
  Player& one = world.start(subscriber("one", {"**"}));
  Player& shop = publisher("shop");
  shop.on_message = [](const Message&, MessagingFunctions& messaging) {
    for (const char* text : {"1", "2", "3"}) EXPECT_EQ(messaging.publish("a", raw(text).span()).failure, SendFailure::none);
    return FakeOutcome{};
  };
  world.start(shop);
  world.say(shop, "go");
  EXPECT_THAT(one.heard, ElementsAre("a: 1", "a: 2", "a: 3"));
}

TEST_F(GuestTopics, AreHeardOnceHoweverManyPatternsOfASubscriberMatch) {
  Player& one = subscriber("one", {"a.*", "**", "a.b"});
  world.start(one);
  Player& twice = world.start(subscriber("twice", {"a.b", "a.b"}));
  Player& only_twice = world.start(subscriber("only-twice", {"c", "c"}));
  Player& shop = world.start(publisher("shop"));
  world.say(shop, "a.b 1");
  world.say(shop, "c 2");
  EXPECT_THAT(one.heard, ElementsAre("a.b: 1", "c: 2"));
  EXPECT_THAT(twice.heard, ElementsAre("a.b: 1"));
  EXPECT_THAT(only_twice.heard, ElementsAre("c: 2"));
  EXPECT_EQ(shop.stats.messages_out.value(), 4u);
}

TEST_F(GuestTopics, EndWhereTheirGrantIsRevoked) {
  Player& one = world.start(subscriber("one", {"a.*", "b.*"}));
  Player& other = world.start(subscriber("other", {"a.*"}));
  Player& shop = world.start(publisher("shop"));
  CapabilitySet left;
  ASSERT_TRUE(left.grant(*Capability::parse(Action::messaging_subscribe, "b.**")));
  world.broker.unsubscribe_ungranted(one.entry->address, left);
  for (const char* said : {"a.x 1", "b.x 2"}) world.say(shop, said);
  EXPECT_THAT(one.heard, ElementsAre("b.x: 2"));
  EXPECT_THAT(other.heard, ElementsAre("a.x: 1"));
}

TEST_F(GuestTopics, AreLostToASubscriberThatNeverDrainsAndToNobodyElse) {
  Player& slow = subscriber("slow", {"a"});
  slow.mailbox.capacity = 2;
  slow.waits = true;
  auto never = std::make_shared<Gate>();
  slow.on_message = [never](const Message&, MessagingFunctions&) { return FakeOutcome{.wait = never}; };
  world.start(slow);
  Player& one = world.start(subscriber("one", {"a"}));
  Player& shop = world.start(publisher("shop"));
  for (const char* said : {"a 1", "a 2", "a 3", "a 4"}) world.say(shop, said);
  EXPECT_THAT(one.heard, ElementsAre("a: 1", "a: 2", "a: 3", "a: 4"));
  EXPECT_EQ(published.failure, SendFailure::none);
  EXPECT_THAT(world.letters.texts, ElementsAre("overflow default/shop/main -> slow: 4"));
  EXPECT_EQ(slow.stats.overflows.value(), 1u);
}

TEST_F(GuestTopics, AreOneAndTheSameForAllAndWholeForEachWhateverTheOthersDo) {
  Player& again = subscriber("again", {"a"});
  again.mailbox.on_crash = OnCrash::retry_once;
  again.on_message = [](const Message&, MessagingFunctions&) { return FakeOutcome::trapped(TrapKind::unreachable); };
  world.start(again);
  const std::byte* seen = nullptr;
  Player& one = subscriber("one", {"a"});
  one.on_message = [&](const Message& message, MessagingFunctions&) {
    seen = message.payload.data();
    return FakeOutcome{};
  };
  world.start(one);
  Player& other = subscriber("other", {"**"});
  other.on_message = [&](const Message& message, MessagingFunctions&) {
    EXPECT_EQ(message.payload.data(), seen);
    return FakeOutcome{};
  };
  world.start(other);
  Player& shop = world.start(publisher("shop"));
  world.say(shop, "a 1");
  EXPECT_THAT(again.heard, ElementsAre("a: 1", "a: 1"));
  EXPECT_THAT(one.heard, ElementsAre("a: 1"));
  EXPECT_THAT(other.heard, ElementsAre("a: 1"));
  EXPECT_THAT(world.letters.texts, ElementsAre("crashed default/shop/main -> again: 1"));
}

TEST_F(GuestTopics, AreDeadLettersForWhoDoesNotUnderstandTheirCodec) {
  Player& picky = subscriber("picky", {"a"});
  picky.codecs = CodecSet({0x0200});
  world.start(picky);
  Player& shop = world.start(publisher("shop"));
  world.say(shop, "a raw");
  EXPECT_EQ(published.failure, SendFailure::none);
  EXPECT_THAT(picky.heard, IsEmpty());
  EXPECT_THAT(world.letters.texts, ElementsAre("incompatible default/shop/main -> picky: raw"));
}

TEST_F(GuestTopics, AreRefusedWhereTheyAreNoneAndWhereTheyAreTheHosts) {
  Player& shop = world.start(publisher("shop"));
  for (const char* said : {"UP a", "a..b a", ".a a"}) {
    world.say(shop, said);
    EXPECT_EQ(published.failure, SendFailure::invalid_message) << said;
    EXPECT_THAT(reason, HasSubstr("no topic: "));
  }
  world.say(shop, "sys.host.started a");
  EXPECT_EQ(published.failure, SendFailure::permission_denied);
  shop.gate->revoke_all();
  world.say(shop, "a b");
  EXPECT_EQ(published.failure, SendFailure::permission_denied);
  world.start(subscriber("one", {"a.**.b"}));
  EXPECT_EQ(subscribed.failure, SendFailure::invalid_message);
}

TEST_F(GuestTopics, NeedAGrantThatCoversThePattern) {
  Player& one = world.add("one");
  std::vector<SendFailure> answers;
  one.on_message = [&](const Message&, MessagingFunctions& messaging) {
    for (const char* pattern : {"orders.eu.*", "orders.**", "**"}) answers.push_back(messaging.subscribe(pattern).failure);
    return FakeOutcome{};
  };
  world.start(one);
  one.gate->revoke_all();
  one.gate->grant(Action::messaging_subscribe, "orders.**");
  world.say(one, "go");
  EXPECT_THAT(answers, ElementsAre(SendFailure::none, SendFailure::none, SendFailure::permission_denied));
}

TEST_F(GuestTopics, AreSubscribedToASoManyTimesAndNoMore) {
  world.start(subscriber("one", std::vector<std::string>(GuestMessaging::max_subscriptions, "a")));
  EXPECT_EQ(subscribed.failure, SendFailure::none);
  EXPECT_EQ(subscribed.number, GuestMessaging::max_subscriptions);
  world.start(subscriber("two", std::vector<std::string>(GuestMessaging::max_subscriptions + 1, "a")));
  EXPECT_EQ(subscribed.failure, SendFailure::delivery_failed);
}

TEST_F(GuestTopics, AreSeenByWhoWatches) {
  Player& shop = world.start(publisher("shop"));
  auto tap = world.broker.watch("orders.**", 10);
  ASSERT_TRUE(tap);
  world.say(shop, "orders.created a");
  world.say(shop, "other b");
  const auto seen = tap->take();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->message.topic, "orders.created");
  EXPECT_EQ(content(seen->message.message.payload), "a");
  EXPECT_FALSE(tap->take());
}

}  // namespace
}  // namespace airssys::wasm::testing
