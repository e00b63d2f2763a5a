// Laws of full mailboxes, for every schedule: order of each sender, exact bounds, exact counts, nothing lost or doubled.
#include <map>
#include <tuple>

#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;
  Priority priority = Priority::normal;
};
using Way = std::tuple<std::size_t, std::size_t, Priority>;  // from, to

struct Market {
  World& world;
  Overload overload;
  bool with_priorities;
  std::uint64_t crashes;  // of 1000
  std::vector<Address<Numbered>> people = {};
  std::vector<std::uint64_t> accepted = {};
  std::map<Way, std::uint64_t> sent = {};
  std::map<Way, std::uint64_t> seen = {};
  std::uint64_t to_send = 150;
  std::uint64_t handled = 0;
  std::uint64_t refused = 0;
  std::vector<std::string> broken = {};

  std::uint64_t random(std::uint64_t below) { return world.platform.random() % below; }
  void send(std::size_t from) {
    --to_send;
    const std::size_t to = random(people.size());
    const auto priority = with_priorities ? static_cast<Priority>(random(priorities)) : Priority::normal;
    auto& number = sent[{from, to, priority}];
    const Result<> outcome = priority == Priority::normal ? people[to].send({from, number + 1, priority})
                                                          : people[to].send({from, number + 1, priority}, {.priority = priority});
    if (!outcome) {
      if (outcome.error().code() == Code::exhausted) ++refused;
      return;
    }
    ++number;
    ++accepted[to];
    const ActorStats stats = people[to].stats();
    const std::uint64_t held = overload == Overload::block ? 16 * people.size() : 0;
    if (accepted[to] - stats.handled - stats.dropped > 3 + held) broken.push_back("more than the capacity wait");
  }
};

class Trader final : public Actor<Numbered> {
 public:
  Trader(Market& market, std::size_t me) : market_(market), me_(me) {}
  Result<Turn> handle(Numbered message, Context& context) override {
    ++market_.handled;
    auto& last = market_.seen[{message.from, me_, message.priority}];
    const bool may_drop = market_.overload == Overload::drop_newest || market_.overload == Overload::drop_oldest;
    if (may_drop ? message.number <= last : message.number != last + 1)
      market_.broken.push_back("lost, doubled, or out of order");
    last = message.number;
    for (std::uint64_t n = market_.random(6); n > 0 && market_.to_send > 0; --n) market_.send(me_);
    if (market_.random(1000) < market_.crashes) return fail(Code::internal, "crash");
    if (market_.random(4) != 0) return Turn::done;
    context.executor().post_at(context.now() + Duration(market_.random(100)), [waker = context.waker()] { waker.wake(); });
    return Turn::parked;
  }

 private:
  Market& market_;
  const std::size_t me_;
};

// One story; `ends`: by a shutdown in its midst.
void trade(std::uint64_t seed, Overload overload, bool ends, std::uint64_t& full) {
  const std::string about = "AIRSSYS_SEED=" + std::to_string(seed) + " overload " + std::to_string(static_cast<int>(overload));
  World world(seed, {.mailbox_capacity = 3, .overload = overload, .messages_per_turn = static_cast<std::uint32_t>(1 + seed % 3)});
  Market market{world, overload, seed % 2 == 0, ends ? 30u : 5u};
  for (std::size_t n = 0; n < 2 + seed % 4; ++n) {
    market.accepted.push_back(1);
    market.people.push_back(*world.system.spawn({.intensity = RestartIntensity{1000, 1h}, .backoff = Backoff{0s, 0s}},
                                                [&market, n] { return std::make_unique<Trader>(market, n); }));
  }
  for (std::size_t n = 0; n < market.people.size(); ++n) ASSERT_TRUE(market.people[n].send({99, 1})) << about;
  if (ends)
    for (std::uint64_t n = market.random(150); n > 0; --n) world.executor.step();
  else
    ASSERT_TRUE(world.executor.run_until_idle()) << about;
  const bool at_rest = world.system.is_idle();
  EXPECT_TRUE(world.system.shutdown(1h).empty()) << about;
  EXPECT_TRUE(market.broken.empty()) << about << ": " << market.broken.front();
  std::uint64_t accepted = 0;
  std::uint64_t dropped = 0;
  std::uint64_t refused = 0;
  for (std::size_t n = 0; n < market.people.size(); ++n) {
    const ActorStats stats = market.people[n].stats();
    accepted += market.accepted[n];
    dropped += stats.dropped;
    refused += stats.refused;
    EXPECT_EQ(stats.waiting, 0u) << about;
  }
  EXPECT_EQ(accepted, market.handled + dropped + static_cast<std::uint64_t>(world.events.discarded)) << about;
  EXPECT_EQ(dropped, static_cast<std::uint64_t>(world.events.overflow)) << about;
  EXPECT_EQ(dropped, world.system.stats().dropped) << about;
  EXPECT_EQ(refused, market.refused) << about;
  EXPECT_TRUE(overload != Overload::block || ends || !at_rest || market.handled == accepted) << about;
  full += dropped + refused + (overload == Overload::block && !at_rest);
}

TEST(OverloadLaws, EachStrategyKeepsItsBoundItsOrderAndItsCounts) {
  for (const Overload overload : {Overload::error, Overload::block, Overload::drop_newest, Overload::drop_oldest}) {
    std::uint64_t full = 0;
    for (const std::uint64_t seed : testing::seeds(1000)) trade(seed, overload, false, full);
    EXPECT_TRUE(full > 0 || testing::seeds(1000).size() == 1) << "no seed brought it about";
  }
}

TEST(OverloadLaws, AShutdownAtAnyMomentLosesNothing) {
  std::uint64_t full = 0;
  for (const Overload overload : {Overload::block, Overload::drop_newest, Overload::drop_oldest})
    for (const std::uint64_t seed : testing::seeds(300)) trade(seed, overload, true, full);
}

}  // namespace
}  // namespace airssys::rt
