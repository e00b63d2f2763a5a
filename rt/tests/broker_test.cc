#include "airssys/rt/broker.h"

#include <map>
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Note {
  std::size_t from = 0;
  int number = 0;
};

// Keeps what it gets; parks at the first message when told so.
class Reader final : public Actor<Note> {
 public:
  explicit Reader(std::vector<Note>& into) : into_(into) {}
  Result<Turn> handle(Note note, Context&) override {
    into_.push_back(note);
    return Turn::done;
  }

 private:
  std::vector<Note>& into_;
};

Topic topic(std::string_view text) { return *Topic::parse(text); }

struct Town : World {
  explicit Town(std::uint64_t seed = 1, BrokerLimits limits = {}) : World(seed), broker(system, limits) {}
  Address<Note> reader(std::vector<Note>& into, std::uint32_t capacity = 100'000) {
    return *system.spawn({.mailbox_capacity = capacity}, [&into] { return std::make_unique<Reader>(into); });
  }
  std::vector<int> numbers(const std::vector<Note>& notes) const {
    std::vector<int> all;
    for (const Note& note : notes) all.push_back(note.number);
    return all;
  }
  Broker<Note> broker;
};

TEST(Broker, DeliversToEachMatchingSubscriptionInThePublishersOrder) {
  Town town;
  std::vector<Note> all;
  std::vector<Note> created;
  ASSERT_TRUE(town.broker.subscribe("orders.**", town.reader(all)));
  ASSERT_TRUE(town.broker.subscribe("orders.created", town.reader(created)));
  EXPECT_EQ(town.broker.publish(topic("orders.created"), {.number = 1}).delivered, 2u);
  EXPECT_EQ(town.broker.publish(topic("orders"), {.number = 2}).delivered, 1u);
  EXPECT_EQ(town.broker.publish(topic("bills.created"), {.number = 3}).delivered, 0u);
  EXPECT_EQ(town.broker.publish(topic("orders.created"), {.number = 4}).delivered, 2u);
  town.settle();
  EXPECT_EQ(town.numbers(all), (std::vector{1, 2, 4}));
  EXPECT_EQ(town.numbers(created), (std::vector{1, 4}));
}

TEST(Broker, SendsOneMessagePerSubscriptionAlsoToOneActor) {
  Town town;
  std::vector<Note> notes;
  const auto reader = town.reader(notes);
  ASSERT_TRUE(town.broker.subscribe("a.*", reader));
  ASSERT_TRUE(town.broker.subscribe("**", reader));
  ASSERT_TRUE(town.broker.subscribe("a.*", reader));
  EXPECT_EQ(town.broker.publish(topic("a.b"), {}).delivered, 3u);
}

TEST(Broker, EndsASubscriptionOnce) {
  Town town;
  std::vector<Note> notes;
  const Subscription one = *town.broker.subscribe("a", town.reader(notes));
  const Subscription two = *town.broker.subscribe("a", town.reader(notes));
  EXPECT_TRUE(town.broker.unsubscribe(one));
  EXPECT_FALSE(town.broker.unsubscribe(one));
  EXPECT_FALSE(town.broker.unsubscribe({}));
  EXPECT_EQ(town.broker.publish(topic("a"), {}).delivered, 1u);
  const Subscription three = *town.broker.subscribe("a", town.reader(notes));  // where `one` was
  EXPECT_FALSE(town.broker.unsubscribe(one));
  EXPECT_EQ(town.broker.subscriptions(), 2u);
  EXPECT_TRUE(town.broker.unsubscribe(two));
  EXPECT_TRUE(town.broker.unsubscribe(three));
  EXPECT_EQ(town.broker.publish(topic("a"), {}).delivered, 0u);
}

TEST(Broker, RefusesWhatIsNoPatternAndAnEmptyAddress) {
  Town town;
  std::vector<Note> notes;
  EXPECT_EQ(town.broker.subscribe("a..b", town.reader(notes)).error().code(), Code::invalid_argument);
  EXPECT_EQ(town.broker.subscribe("a.b", Address<Note>()).error().code(), Code::invalid_argument);
  EXPECT_EQ(town.broker.tap("A", 10).error().code(), Code::invalid_argument);
  EXPECT_EQ(town.broker.tap("a", 0).error().code(), Code::invalid_argument);
}

TEST(Broker, TakesTheEndedOutAtThePublishThatMeetsThem) {
  Town town;
  std::vector<Note> notes;
  const auto mortal = town.reader(notes);
  ASSERT_TRUE(town.broker.subscribe("a", mortal));
  ASSERT_TRUE(town.broker.subscribe("a", town.reader(notes)));
  town.settle();
  mortal.kill();
  town.settle();
  const FanOut first = town.broker.publish(topic("a"), {});
  EXPECT_EQ(first.ended, 1u);
  EXPECT_EQ(first.delivered, 1u);
  EXPECT_EQ(town.broker.publish(topic("a"), {}).ended, 0u) << "it was met twice";
  EXPECT_EQ(town.events.late, 1);
  EXPECT_EQ(town.broker.subscriptions(), 1u);
}

TEST(Broker, KeepsASubscriptionThroughARestart) {
  Town town;
  struct Fragile final : Actor<Note> {
    explicit Fragile(int& got) : got_(got) {}
    Result<Turn> handle(Note note, Context&) override {
      if (note.number == 0) return fail(Code::internal, "broken");
      ++got_;
      return Turn::done;
    }
    int& got_;
  };
  int got = 0;
  const auto fragile = *town.system.spawn({}, [&got] { return std::make_unique<Fragile>(got); });
  ASSERT_TRUE(town.broker.subscribe("a", fragile));
  town.broker.publish(topic("a"), {.number = 0});
  town.broker.publish(topic("a"), {.number = 1});
  town.settle();
  EXPECT_EQ(got, 1);
  EXPECT_EQ(fragile.stats().restarts, 1u);
}

TEST(Broker, AFullSubscriberConcernsItselfOnly) {
  Town town;
  std::vector<Note> little;
  std::vector<Note> much;
  const auto small = town.reader(little, 2);
  ASSERT_TRUE(town.broker.subscribe("a", small));
  ASSERT_TRUE(town.broker.subscribe("a", town.reader(much)));
  std::uint32_t refused = 0;
  for (int n = 0; n < 5; ++n) refused += town.broker.publish(topic("a"), {.number = n}).refused;
  town.settle();
  EXPECT_EQ(refused, 3u);
  EXPECT_EQ(small.stats().refused, 3u);
  EXPECT_EQ(town.numbers(little), (std::vector{0, 1}));
  EXPECT_EQ(town.numbers(much), (std::vector{0, 1, 2, 3, 4}));
}

TEST(Broker, HoldsAtMostItsSubscriptionsAndTheEndedMakeRoom) {
  Town town(1, {.max_subscriptions = 3});
  std::vector<Note> notes;
  const auto mortal = town.reader(notes);
  ASSERT_TRUE(town.broker.subscribe("a", town.reader(notes)));
  ASSERT_TRUE(town.broker.subscribe("b", mortal));
  ASSERT_TRUE(town.broker.subscribe("c", town.reader(notes)));
  const auto fourth = town.broker.subscribe("d", town.reader(notes));
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code(), Code::exhausted);
  EXPECT_EQ(fourth.error().message(), "max_subscriptions: the broker has 3; raise the limit or unsubscribe");
  town.settle();
  mortal.kill();
  town.settle();
  EXPECT_TRUE(town.broker.subscribe("d", town.reader(notes)));
  EXPECT_EQ(town.broker.subscriptions(), 3u);
}

TEST(Broker, AForgottenPatternDoesNotGatherTheEnded) {
  Town town;
  std::vector<Note> notes;
  for (int n = 0; n < 200; ++n) {
    const auto mortal = town.reader(notes);
    ASSERT_TRUE(town.broker.subscribe("nobody.publishes.here", mortal));
    town.settle();
    mortal.kill();
    town.settle();
  }
  EXPECT_LT(town.broker.subscriptions(), 100u);
}

TEST(Broker, SendsToANameThroughTheSystemOrTellsOfADeadLetter) {
  Town town;
  std::vector<Note> notes;
  ASSERT_TRUE(town.system.spawn({.name = "reader"}, [&notes] { return std::make_unique<Reader>(notes); }));
  town.start({.name = "other"}, town.strings());
  EXPECT_TRUE(town.broker.send_to("reader", {.number = 7}));
  EXPECT_EQ(town.broker.send_to("nobody", {}).error().code(), Code::not_found);
  EXPECT_EQ(town.broker.send_to("other", {}).error().code(), Code::invalid_argument);
  town.settle();
  EXPECT_EQ(town.numbers(notes), std::vector{7});
  EXPECT_EQ(town.system.stats().dead_letters, 2u);
}

TEST(Broker, ATapSeesWhatFitsAndCountsTheRest) {
  Town town;
  auto tap = *town.broker.tap("orders.**", 4);
  for (int n = 0; n < 10; ++n) {
    town.broker.publish(topic("orders.created"), {.number = n});
    town.broker.publish(topic("bills"), {.number = n});
  }
  for (int n = 0; n < 4; ++n) {
    const auto seen = tap.take();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->message.number, n);
    EXPECT_EQ(seen->topic.text(), "orders.created");
    EXPECT_EQ(seen->publisher, ActorId{});
  }
  EXPECT_FALSE(tap.take());
  EXPECT_EQ(tap.dropped(), 6u);
  town.broker.publish(topic("orders"), {.number = 11});
  EXPECT_EQ(tap.take()->message.number, 11) << "it goes on when there is room again";
}

TEST(Broker, TheSmallestTapHoldsTwo) {
  Town town;
  auto tap = *town.broker.tap("**", 1);
  for (int n = 0; n < 5; ++n) town.broker.publish(topic("a"), {.number = n});
  EXPECT_EQ(tap.take()->message.number, 0);
  EXPECT_EQ(tap.take()->message.number, 1);
  EXPECT_FALSE(tap.take());
  EXPECT_EQ(tap.dropped(), 3u);
}

TEST(Broker, HasAsManyTapsAsAllowedAndAnEndedOneMakesRoom) {
  Town town(1, {.max_taps = 1});
  {
    auto tap = town.broker.tap("a", 2);
    ASSERT_TRUE(tap);
    EXPECT_EQ(town.broker.tap("a", 2).error().code(), Code::exhausted);
  }
  EXPECT_TRUE(town.broker.tap("a", 2));
}

// Subscribes, unsubscribes and publishes by chance, and asks an obvious table who must have got what.
TEST(Broker, AgreesWithAnObviousTable) {
  const std::vector<std::string> patterns{"a", "a.b", "a.*", "*.b", "**", "a.**", "*.*", "a.b.*", "a.b.**", "b", "*"};
  const std::vector<std::string> topics{"a", "b", "a.b", "b.b", "a.b.c", "a.c", "c.c.c.c"};
  for (const std::uint64_t seed : testing::seeds(200)) {
    Town town(seed);
    std::mt19937_64 random(seed);
    std::vector<Note> unread;
    std::vector<std::pair<Subscription, TopicPattern>> living;
    for (int n = 0; n < 100; ++n) {
      if (random() % 3 == 0) {
        const std::string& pattern = patterns[random() % patterns.size()];
        living.emplace_back(*town.broker.subscribe(pattern, town.reader(unread)), *TopicPattern::parse(pattern));
      } else if (!living.empty() && random() % 3 == 0) {
        const auto gone = living.begin() + static_cast<std::ptrdiff_t>(random() % living.size());
        ASSERT_TRUE(town.broker.unsubscribe(gone->first)) << "AIRSSYS_SEED=" << seed;
        living.erase(gone);
      } else {
        const Topic to = topic(topics[random() % topics.size()]);
        const auto expected = std::ranges::count_if(living, [&](const auto& one) { return one.second.matches(to); });
        ASSERT_EQ(town.broker.publish(to, {}).delivered, expected) << "AIRSSYS_SEED=" << seed << " " << to.text();
      }
    }
    EXPECT_EQ(town.broker.subscriptions(), living.size());
    town.settle();
  }
}

}  // namespace
}  // namespace airssys::rt
