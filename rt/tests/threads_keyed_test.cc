// Keyed actors on real threads; also under ThreadSanitizer.
#include <array>
#include <atomic>
#include <string>

#include "airssys/rt/keyed.h"
#include "machine.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t keys = 64;

struct Tally {
  std::atomic<int> here{0};
  std::atomic<std::uint64_t> handled{0};
};

class Counter final : public Actor<int> {
 public:
  Counter(Tally& tally, std::atomic<int>& twice) : tally_(tally) { twice += tally_.here.fetch_add(1) != 0; }
  ~Counter() override { tally_.here.fetch_sub(1); }
  Result<Turn> handle(int, Context&) override {
    tally_.handled.fetch_add(1, std::memory_order_relaxed);
    return Turn::done;
  }

 private:
  Tally& tally_;
};

TEST(ThreadsKeyed, SendersOnManyThreadsLoseNothingWhileActorsComeAndGo) {
  std::array<Tally, keys> tallies;
  std::atomic<int> twice{0};
  std::atomic<std::uint64_t> sent{0};
  Machine machine(2);
  Keyed<int> keyed(machine.system, {.max_live = 8, .idle = 1ms}, [&](std::string_view key, const ActorRef& predecessor) {
    Tally& tally = tallies[std::stoul(std::string(key))];
    auto make = [&tally, &twice] { return std::make_unique<Counter>(tally, twice); };
    SpawnOptions how{.name = std::string(key)};
    return predecessor ? machine.system.root().spawn_after(predecessor, std::move(how), make)
                       : machine.system.spawn(std::move(how), make);
  });
  machine.on_threads(3, [&](std::size_t thread) {
    for (std::size_t n = 0; n < 6000; ++n) {
      int message = 0;
      const auto done = keyed.try_send(std::to_string((n * 7 + thread) % keys), message);
      if (done && *done == SendStatus::sent) sent.fetch_add(1, std::memory_order_relaxed);
    }
  });
  machine.wait_idle();
  std::uint64_t handled = 0;
  for (const Tally& tally : tallies) handled += tally.handled.load();
  EXPECT_EQ(handled, sent.load());
  EXPECT_GT(handled, 0u);
  EXPECT_EQ(twice.load(), 0);
  EXPECT_GT(keyed.stats().put_away, 0u);
}

}  // namespace
}  // namespace airssys::rt
