// Laws that hold for every schedule: the seed chooses the order of turns, the actors' behaviour and their failures.
#include <map>
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;  // 1, 2, … for each (from, to)
};

struct Chances {  // of 1000
  std::uint64_t park = 100;
  std::uint64_t crash = 5;
  std::uint64_t stop = 0;
};

class Chatter;

// What everybody knows about everybody; the actors of one world share it because nothing of it runs at the same time.
struct Town {
  World& world;
  Chances chances;
  std::vector<Address<Numbered>> people = {};
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> accepted = {};
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> handled = {};
  std::map<std::size_t, std::uint64_t> crashes = {};
  std::uint64_t parked = 0;
  std::uint64_t resumed = 0;
  std::uint64_t to_send = 2000;
  std::vector<std::string> broken = {};

  bool chance(std::uint64_t of_1000) { return world.platform.random() % 1000 < of_1000; }
  void send(std::size_t from, std::size_t to) {
    if (to_send == 0) return;
    --to_send;
    const auto before = accepted.find({from, to});
    Numbered message{from, (before == accepted.end() ? 0 : before->second) + 1};
    if (people[to].try_send(message) == SendStatus::sent) ++accepted[{from, to}];
  }
};

class Chatter final : public Actor<Numbered> {
 public:
  Chatter(Town& town, std::size_t me) : town_(town), me_(me) {}
  Result<Turn> handle(Numbered message, Context& context) override {
    if (busy_) town_.broken.push_back("a message during a parked one");
    auto& last = town_.handled[{message.from, me_}];
    if (message.number != last + 1)
      town_.broken.push_back("message " + std::to_string(message.number) + " after " + std::to_string(last));
    last = message.number;
    if (town_.chance(town_.chances.crash)) {
      ++town_.crashes[me_];
      if (town_.chance(500)) throw std::runtime_error("crash");
      return fail(Code::internal, "crash");
    }
    if (town_.chance(town_.chances.stop)) context.ref().stop();
    talk();
    if (!town_.chance(town_.chances.park)) return Turn::done;
    return park(context);
  }
  Result<Turn> resume(Context& context) override {
    busy_ = false;
    ++town_.resumed;
    talk();
    return town_.chance(200) ? park(context) : Result<Turn>(Turn::done);
  }

 private:
  void talk() {
    for (std::uint64_t n = town_.world.platform.random() % 4; n > 0; --n)
      town_.send(me_, town_.world.platform.random() % town_.people.size());
  }
  Result<Turn> park(Context& context) {
    busy_ = true;
    ++town_.parked;
    const Waker waker = context.waker();
    switch (town_.world.platform.random() % 3) {
      case 0: waker.wake(); break;  // before it has parked
      case 1: context.executor().post_at(context.now(), [waker] { waker.wake(); }); break;
      default:
        for (int n = 0; n < 2; ++n)  // twice: the second is stale, or both count as one
          context.executor().post_at(context.now() + Duration(town_.world.platform.random() % 1000), [waker] { waker.wake(); });
    }
    return Turn::parked;
  }

  Town& town_;
  const std::size_t me_;
  bool busy_ = false;
};

struct Story {
  Story(std::uint64_t seed, Chances chances, RestartIntensity intensity)
      : world(seed, {.mailbox_capacity = static_cast<std::uint32_t>(1 + seed % 40),
                     .messages_per_turn = static_cast<std::uint32_t>(1 + seed % 5)}),
        town{world, chances} {
    for (std::size_t n = 0; n < 2 + seed % 7; ++n) {
      auto one = world.system.spawn({.intensity = intensity, .backoff = Backoff{1us, 10us}},
                                    [this, n] { return std::make_unique<Chatter>(town, n); });
      EXPECT_TRUE(one);
      town.people.push_back(*one);
    }
    for (std::size_t n = 0; n < town.people.size(); ++n) town.send(n, n);
  }
  std::uint64_t sum(const std::map<std::pair<std::size_t, std::size_t>, std::uint64_t>& counts) const {
    std::uint64_t all = 0;
    for (const auto& [who, count] : counts) all += count;
    return all;
  }
  std::string about(std::uint64_t seed) const { return replay(seed) + (town.broken.empty() ? "" : "\n" + town.broken.front()); }
  World world;
  Town town;
};

TEST(Laws, EveryAcceptedMessageIsHandledOnceAndInItsSendersOrder) {
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 0}, {});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    EXPECT_EQ(story.world.events.discarded, 0) << story.about(seed);
  }
}

TEST(Laws, NoParkedActorIsForgottenAndEachIsResumedOnce) {
  std::uint64_t parked = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.park = 400, .crash = 0}, {});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.world.system.is_idle()) << story.about(seed);
    EXPECT_EQ(story.town.parked, story.town.resumed) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    parked += story.town.parked;
  }
  EXPECT_TRUE(parked > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, ACrashLosesItsOwnMessageOnlyAndIsOneRestart) {
  std::uint64_t crashes = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 30}, {.max_restarts = 1000, .window = 1h});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.town.handled, story.town.accepted) << story.about(seed);
    for (std::size_t n = 0; n < story.town.people.size(); ++n) {
      EXPECT_EQ(story.town.people[n].stats().restarts, story.town.crashes[n]) << story.about(seed);
      crashes += story.town.crashes[n];
    }
  }
  EXPECT_TRUE(crashes > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, GivenUpAfterExactlyTheAllowedRestartsAndTheRestIsDeadLetters) {
  std::uint64_t given_up = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 30}, {.max_restarts = 2, .window = 1h});
    ASSERT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    for (std::size_t n = 0; n < story.town.people.size(); ++n) {
      EXPECT_EQ(story.town.people[n].ended(), story.town.crashes[n] == 3) << story.about(seed);
      EXPECT_LE(story.town.crashes[n], 3u) << story.about(seed);
      given_up += story.town.people[n].ended();
    }
    EXPECT_EQ(story.sum(story.town.accepted),
              story.sum(story.town.handled) + static_cast<std::uint64_t>(story.world.events.discarded))
        << story.about(seed);
  }
  EXPECT_TRUE(given_up > 0 || testing::seeds(law_seeds).size() < 10) << "no seed brought it about";
}

TEST(Laws, AShutdownAtAnyMomentLosesNothingAndEndsEverything) {
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Story story(seed, {.crash = 10, .stop = 5}, {.max_restarts = 1000, .window = 1h});
    for (std::uint64_t n = story.world.platform.random() % 1000; n > 0; --n) story.world.executor.step();
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    EXPECT_EQ(story.world.system.stats().alive, 0u) << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.sum(story.town.accepted),
              story.sum(story.town.handled) + static_cast<std::uint64_t>(story.world.events.discarded))
        << story.about(seed);
  }
}

TEST(Laws, OneSeedIsOneHistory) {
  for (const std::uint64_t seed : testing::seeds(100)) {
    const auto history = [&] {
      testing::TraceText trace;
      Story story(seed, {.stop = 2}, {});
      story.world.executor.trace_to(trace.sink());
      EXPECT_TRUE(story.world.executor.run_until_idle()) << story.about(seed);
      EXPECT_GE(trace.lines(), story.world.executor.steps()) << "a line of each step";
      story.world.executor.trace_to(nullptr);
      return trace.text();
    };
    EXPECT_EQ(history(), history()) << replay(seed);
  }
}

}  // namespace
}  // namespace airssys::rt
