// Laws of keyed actors that hold for every schedule: never two of one key, and nothing accepted is lost or out of order.
#include <map>
#include <set>

#include "airssys/rt/keyed.h"
#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Shop;

// Message n of a key is its n-th that was accepted.
class Clerk final : public Actor<std::uint64_t>, public Child {
 public:
  Clerk(Shop& shop, std::string key) : shop_(shop), key_(std::move(key)) {}
  ~Clerk() override;
  Child* as_child() noexcept override { return this; }
  Result<Turn> start(Context& context) override;
  Result<Turn> stop(Context& context, const ExitReason&) override;
  Result<Turn> handle(std::uint64_t number, Context& context) override;
  Health health_check() override { return Healthy{}; }

 private:
  Result<Turn> maybe_wait(Context& context);
  Shop& shop_;
  const std::string key_;
  bool waited_ = false;
  bool here_ = false;
};

struct Shop {
  explicit Shop(std::uint64_t seed, KeyedOptions options)
      : world(seed),
        keyed(world.system, options, [this](std::string_view key, const ActorRef& predecessor) {
          auto make = [this, key = std::string(key)] { return std::make_unique<Clerk>(*this, key); };
          const SpawnOptions how{.name = std::string(key), .intensity = RestartIntensity{1, 1s}};
          return predecessor ? world.system.root().spawn_after(predecessor, how, make) : world.system.spawn(how, make);
        }) {}
  bool chance(std::uint64_t of_100) { return world.platform.random() % 100 < of_100; }
  World world;
  std::set<std::string> here;
  std::map<std::string, std::uint64_t> accepted, last;
  std::uint64_t handled = 0, lost = 0, twice_here = 0, out_of_order = 0, waits = 0, refused = 0;
  Keyed<std::uint64_t> keyed;
};

Clerk::~Clerk() {
  if (here_) shop_.here.erase(key_);
}
Result<Turn> Clerk::maybe_wait(Context& context) {
  if (std::exchange(waited_, true) || !shop_.chance(30)) return Turn::done;
  ++shop_.waits;
  shop_.world.executor.post_at(context.now() + std::chrono::milliseconds(shop_.world.platform.random() % 900),
                               [waker = context.waker()] { waker.wake(); });
  return Turn::parked;
}
Result<Turn> Clerk::start(Context& context) {
  if (!here_) {
    shop_.twice_here += !shop_.here.insert(key_).second;
    here_ = true;
  }
  AIRSSYS_TRY(const Turn turn, maybe_wait(context));
  if (turn == Turn::done) waited_ = false;
  return turn;
}
Result<Turn> Clerk::stop(Context& context, const ExitReason&) { return maybe_wait(context); }
Result<Turn> Clerk::handle(std::uint64_t number, Context&) {
  shop_.out_of_order += number <= shop_.last[key_];
  shop_.last[key_] = number;
  if (shop_.chance(2)) {
    ++shop_.lost;
    return fail(Code::internal, "crash");
  }
  ++shop_.handled;
  return Turn::done;
}

TEST(KeyedLaw, NeverTwoOfOneKeyAndWhatWasAcceptedIsHandledInOrderOrLostWithACrash) {
  std::uint64_t put_away = 0, waits = 0, refused = 0, lost = 0;
  for (const std::uint64_t seed : testing::seeds(law_seeds)) {
    Shop shop(seed, {.max_live = 4, .idle = 2s, .rest = 3s});
    for (int step = 0; step < 80; ++step) {
      const std::string key = "k" + std::to_string(shop.world.platform.random() % 12);
      std::uint64_t number = shop.accepted[key] + 1;
      const auto sent = shop.keyed.try_send(key, number);
      if (sent && *sent == SendStatus::sent)
        ++shop.accepted[key];
      else
        ++shop.refused;
      if (shop.chance(60)) shop.world.pass(std::chrono::milliseconds(shop.world.platform.random() % 700));
      if (shop.chance(3)) shop.world.pass(5s);
      ASSERT_LE(shop.keyed.stats().live, 4u + 12u) << replay(seed);
    }
    shop.world.pass(30s);
    std::uint64_t accepted = 0;
    for (const auto& [key, count] : shop.accepted) accepted += count;
    EXPECT_EQ(shop.twice_here, 0u) << replay(seed);
    EXPECT_EQ(shop.out_of_order, 0u) << replay(seed);
    EXPECT_EQ(accepted, shop.handled + shop.lost + static_cast<std::uint64_t>(shop.world.events.discarded)) << replay(seed);
    EXPECT_EQ(shop.keyed.stats().live, 0u) << replay(seed);
    EXPECT_EQ(shop.world.system.stats().alive, 0u) << replay(seed);
    EXPECT_TRUE(shop.here.empty()) << replay(seed);
    put_away += shop.keyed.stats().put_away;
    waits += shop.waits;
    refused += shop.refused;
    lost += shop.lost;
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  for (const std::uint64_t happened : {put_away, waits, refused, lost}) EXPECT_GT(happened, 0u);
}

}  // namespace
}  // namespace airssys::rt
