// Laws of watches that hold for every schedule: who watches is told exactly once, unless it unwatched or went first.
#include <map>

#include "airssys/rt/testing/seeds.h"
#include "airssys/rt/watch.h"
#include "world.h"

namespace airssys::rt {
namespace {

constexpr std::size_t mortals = 4;
constexpr std::size_t watchers = 3;

// What one object of one watcher did and was told, by mortal.
struct Record {
  bool watching = false;  // as it believes
  int told = 0;
  int wrong = 0;          // told without a watch
};

struct Village {
  explicit Village(std::uint64_t seed) : world(seed) {}
  bool chance(std::uint64_t of_100) { return world.platform.random() % 100 < of_100; }
  World world;
  std::vector<Address<int>> doomed;
  std::vector<ExitKind> expected = std::vector<ExitKind>(mortals);
  // By watcher and object, so that a restart begins a new record.
  std::map<std::pair<std::size_t, int>, std::array<Record, mortals>> records;
  std::array<int, watchers> objects{};
  std::array<bool, watchers> gone{};
  int wrong_reasons = 0;
};

class Doomed final : public Actor<int> {
 public:
  Result<Turn> handle(int way, Context& context) override {
    if (way == 0) return fail(Code::internal, "doomed");
    context.stop();
    return Turn::done;
  }
};

// Each message is a random deed.
class Villager final : public Actor<int> {
 public:
  Villager(Village& village, std::size_t me) : village_(village), me_(me), object_(++village.objects[me]) {}
  Result<Turn> handle(int, Context& context) override {
    const std::size_t whom = village_.world.platform.random() % mortals;
    Record& record = village_.records[{me_, object_}][whom];
    if (village_.chance(60)) {
      AIRSSYS_TRY_VOID(context.watch(village_.doomed[whom]));
      record.watching = true;
    } else if (village_.chance(50)) {
      const bool was = context.unwatch(village_.doomed[whom]);
      record.wrong += was != record.watching;
      record.watching = false;
    } else if (village_.chance(30)) {
      return fail(Code::internal, "restart me");
    }
    return Turn::done;
  }
  Result<Turn> on_terminated(Context&, const Terminated& gone) override {
    for (std::size_t n = 0; n < mortals; ++n) {
      if (gone.actor != village_.doomed[n]) continue;
      Record& record = village_.records[{me_, object_}][n];
      record.wrong += !record.watching;
      record.watching = false;
      ++record.told;
      village_.wrong_reasons += gone.reason.kind != village_.expected[n];
    }
    return Turn::done;
  }

 private:
  Village& village_;
  const std::size_t me_;
  const int object_;
};

TEST(WatchLaws, EveryWatchIsToldExactlyOnceUnlessItEndedFirst) {
  int told = 0;
  for (const std::uint64_t seed : testing::seeds(1000)) {
    Village village(seed);
    World& world = village.world;
    for (std::size_t n = 0; n < mortals; ++n)
      village.doomed.push_back(
          *world.system.spawn({.restart = RestartPolicy::temporary}, [] { return std::make_unique<Doomed>(); }));
    std::vector<Address<int>> people;
    for (std::size_t n = 0; n < watchers; ++n)
      people.push_back(*world.system.spawn({.intensity = RestartIntensity{1000, 1h}, .backoff = Backoff{0ns, 0ns}},
                                           [&village, n] { return std::make_unique<Villager>(village, n); }));
    std::size_t to_die = mortals;
    for (int n = 0; n < 60; ++n) {
      ASSERT_TRUE(people[world.platform.random() % watchers].send(n));
      if (to_die > 0 && village.chance(10)) {
        --to_die;
        switch (world.platform.random() % 4) {
          case 0:
            village.expected[to_die] = ExitKind::error;
            ASSERT_TRUE(village.doomed[to_die].send(0));
            break;
          case 1:
            village.expected[to_die] = ExitKind::normal;
            ASSERT_TRUE(village.doomed[to_die].send(1));
            break;
          case 2:
            village.expected[to_die] = ExitKind::shutdown;
            village.doomed[to_die].stop();
            break;
          default: village.expected[to_die] = ExitKind::killed; village.doomed[to_die].kill();
        }
      }
      for (std::uint64_t steps = world.platform.random() % 3; steps > 0; --steps) world.executor.step();
    }
    ASSERT_TRUE(world.executor.run_until_idle()) << "AIRSSYS_SEED=" << seed;
    EXPECT_EQ(village.wrong_reasons, 0) << "AIRSSYS_SEED=" << seed;
    for (const auto& [who, records] : village.records)
      for (std::size_t n = 0; n < mortals; ++n) {
        const Record& record = records[n];
        EXPECT_EQ(record.wrong, 0) << "AIRSSYS_SEED=" << seed << " told without a watch, or an unwatch that lied";
        const bool is_latest = who.second == village.objects[who.first];
        if (is_latest && village.doomed[n].ended()) {
          EXPECT_FALSE(record.watching) << "AIRSSYS_SEED=" << seed << " a watch that is never told";
        }
        told += record.told;
      }
  }
  EXPECT_TRUE(told > 0 || testing::seeds(1000).size() == 1) << "no seed brought it about";
}

// Random links, random ends: in the end nobody lives who is linked to one that failed, and everybody else does.
TEST(WatchLaws, FailuresReachExactlyThoseWhoAreLinked) {
  constexpr std::size_t count = 8;
  for (const std::uint64_t seed : testing::seeds(1000)) {
    World world(seed);
    std::vector<Address<Act>> all;
    for (std::size_t n = 0; n < count; ++n)
      all.push_back(*world.system.spawn({.restart = RestartPolicy::temporary}, world.puppet(world.strings())));
    std::array<std::array<bool, count>, count> linked{};
    for (int n = 0; n < 6; ++n) {
      const std::size_t one = world.platform.random() % count;
      const std::size_t two = world.platform.random() % count;
      if (one == two) continue;
      ASSERT_TRUE(all[one].send([&all, &linked, one, two](Context& context) -> Result<Turn> {
        AIRSSYS_TRY_VOID(context.link(all[two]));
        linked[one][two] = linked[two][one] = true;
        return Turn::done;
      }));
    }
    if (world.platform.random() % 2 == 0) world.settle();  // else the links race with the end
    const std::size_t first = world.platform.random() % count;
    ASSERT_TRUE(all[first].send(fails()));
    ASSERT_TRUE(world.executor.run_until_idle()) << "AIRSSYS_SEED=" << seed;
    std::array<bool, count> reached{};
    reached[first] = true;
    for (std::size_t round = 0; round < count; ++round)
      for (std::size_t a = 0; a < count; ++a)
        for (std::size_t b = 0; b < count; ++b)
          if (reached[a] && linked[a][b]) reached[b] = true;
    for (std::size_t n = 0; n < count; ++n) EXPECT_EQ(all[n].ended(), reached[n]) << "AIRSSYS_SEED=" << seed << " actor " << n;
  }
}

}  // namespace
}  // namespace airssys::rt
