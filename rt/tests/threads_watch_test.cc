// Watches, links, periodic timers and the watchdog on real threads; also under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "airssys/rt/watch.h"
#include "machine.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;
using Deed = std::function<Result<Turn>(Context&)>;

class Doer : public Actor<Deed> {
 public:
  Result<Turn> handle(Deed deed, Context& context) override { return deed(context); }
};

class Counting final : public Doer {
 public:
  explicit Counting(std::atomic<std::uint32_t>& told) : told_(told) {}
  Result<Turn> on_terminated(Context& context, const Terminated&) override {
    told_.fetch_add(1);
    context.executor().notify(told_);
    return Turn::done;
  }

 private:
  std::atomic<std::uint32_t>& told_;
};

// Lets long turns end once the watchdog has named them.
struct Names final : EventSink {
  void on_actor_event(const ActorEvent& event) noexcept override {
    const std::scoped_lock lock(mutex);
    lines.push_back(std::string(event_name(event.kind)) + " " + std::string(event.name));
    if (event.kind == ActorEvent::Kind::long_turn)
      named.count_down();
    else
      over.count_down();
  }
  std::mutex mutex;
  std::vector<std::string> lines;
  std::latch named{1};
  std::latch over{1};
};

TEST(WatchOnThreads, EveryWatchIsToldOnceWhileTheWatchedEnd) {
  constexpr std::uint32_t count = 2'000;
  std::atomic<std::uint32_t> told{0};
  Machine machine(2);
  std::vector<Address<Deed>> watchers;
  for (int n = 0; n < 3; ++n) watchers.push_back(*machine.system.spawn({}, std::make_unique<Counting>(told)));
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto mortal = *machine.system.spawn({}, std::make_unique<Doer>());
    while (!watchers[n % 3].send([mortal](Context& context) -> Result<Turn> {
      AIRSSYS_TRY_VOID(context.watch(mortal));
      return Turn::done;
    })) {
      machine.system.wait_idle(Instant::max());
    }
    mortal.stop();
  }
  for (std::uint32_t now = 0; (now = told.load()) != count;) machine.executor.wait(told, now, Instant::max());
  ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
  EXPECT_EQ(told, count);
}

TEST(WatchOnThreads, LinkedActorsEndTogetherWhoeverEndsFirst) {
  Machine machine(2);
  std::vector<Address<Deed>> all;
  for (int n = 0; n < 500; ++n) {
    const auto one = *machine.system.spawn({}, std::make_unique<Doer>());
    const auto two = *machine.system.spawn({}, std::make_unique<Doer>());
    all.insert(all.end(), {one, two});
    ASSERT_TRUE(one.send([two](Context& context) -> Result<Turn> {
      AIRSSYS_TRY_VOID(context.link(two));
      return Turn::done;
    }));
    const Deed fails = [](Context&) -> Result<Turn> { return fail(Code::internal, "broken"); };
    EXPECT_TRUE(n % 3 == 0 || two.send(fails));  // the first of three: one alone; the second: two alone; the third: both
    EXPECT_TRUE(n % 3 == 1 || one.send(fails) || one.ended());
  }
  ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
  for (const auto& one : all) EXPECT_TRUE(one.ended());
}

TEST(PeriodicTimerOnThreads, TicksAndEndsWithItsActor) {
  std::atomic<std::uint32_t> ticks{0};
  Machine machine(2);
  const auto actor = *machine.system.spawn({}, std::make_unique<Doer>());
  const Deed tick = [&](Context& context) -> Result<Turn> {
    ticks.fetch_add(1);
    context.executor().notify(ticks);
    return Turn::done;
  };
  ASSERT_TRUE(actor.send([tick](Context& context) -> Result<Turn> {
    AIRSSYS_TRY(const auto timer, context.send_every(100us, context.self<Deed>(), tick));
    return timer ? Turn::done : Turn::parked;
  }));
  for (std::uint32_t now = 0; (now = ticks.load()) < 20;) machine.executor.wait(ticks, now, Instant::max());
  actor.stop();
  EXPECT_TRUE(machine.system.shutdown(1h).empty());
}

TEST(Watchdog, NamesTheActorInALongTurnWhileOthersGoOn) {
  Names names;
  std::atomic<std::uint32_t> others{0};
  Machine machine(2, {.long_turn = 20ms}, &names);
  const auto slow = *machine.system.spawn({.name = "slow"}, std::make_unique<Doer>());
  const auto other = *machine.system.spawn({.name = "other"}, std::make_unique<Doer>());
  ASSERT_TRUE(slow.send([&](Context&) -> Result<Turn> {
    names.named.wait();
    return Turn::done;
  }));
  names.named.wait();
  for (int n = 0; n < 10; ++n)
    ASSERT_TRUE(other.send([&](Context& context) -> Result<Turn> {
      others.fetch_add(1);
      context.executor().notify(others);
      return Turn::done;
    }));
  for (std::uint32_t now = 0; (now = others.load()) != 10;) machine.executor.wait(others, now, Instant::max());
  names.over.wait();
  const std::scoped_lock lock(names.mutex);
  EXPECT_EQ(names.lines.front(), "long-turn slow");
  EXPECT_NE(std::find(names.lines.begin(), names.lines.end(), "long-turn-over slow"), names.lines.end());
}

TEST(Watchdog, SaysThatALongTurnIsOverAlsoWhenItsActorEndsWithIt) {
  Names names;
  {
    Machine machine(1, {.long_turn = 20ms}, &names);
    const auto slow = *machine.system.spawn({.name = "slow"}, std::make_unique<Doer>());
    ASSERT_TRUE(slow.send([&](Context&) -> Result<Turn> {
      names.named.wait();
      return fail(Code::internal, "tired");
    }));
    ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
    EXPECT_TRUE(slow.ended());
  }
  const std::scoped_lock lock(names.mutex);
  EXPECT_EQ(names.lines, (std::vector<std::string>{"long-turn slow", "long-turn-over slow"}));
}

}  // namespace
}  // namespace airssys::rt
