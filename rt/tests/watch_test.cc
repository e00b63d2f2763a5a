#include "airssys/rt/watch.h"

#include <algorithm>

#include "world.h"

namespace airssys::rt {
namespace {

// A puppet that notes what it is told of others' ends.
class Watcher final : public Actor<Act> {
 public:
  explicit Watcher(std::vector<std::string>& told) : told_(told) {}
  Result<Turn> handle(Act act, Context& context) override { return act(context); }
  Result<Turn> on_terminated(Context&, const Terminated& gone) override {
    told_.push_back(std::string(gone.actor.name()) + " " + std::string(exit_kind_name(gone.reason.kind)) +
                    (gone.reason.error ? ": " + gone.reason.error->message() : ""));
    EXPECT_TRUE(gone.actor.ended());
    return Turn::done;
  }

 private:
  std::vector<std::string>& told_;
};

using Told = std::vector<std::string>;

struct Town : World {
  using World::World;
  Address<Act> watcher(std::string name, SpawnOptions options = {}) {
    options.name = std::move(name);
    auto address = *system.spawn(std::move(options), [this] { return std::make_unique<Watcher>(told); });
    settle();
    return address;
  }
  // One that is given up at its first failure.
  Address<Act> mortal(std::string name) {
    return start({.name = std::move(name), .intensity = RestartIntensity{0, 1s}}, strings());
  }
  void does(const Address<Act>& who, std::function<void(Context&)> what) {
    ASSERT_TRUE(who.send([what](Context& context) -> Result<Turn> {
      what(context);
      return Turn::done;
    }));
    settle();
  }
  void watches(const Address<Act>& who, const ActorRef& whom) {
    does(who, [whom](Context& context) { EXPECT_TRUE(context.watch(whom)); });
  }
  void links(const Address<Act>& who, const ActorRef& whom) {
    does(who, [whom](Context& context) { EXPECT_TRUE(context.link(whom)); });
  }
  Told told;
};

TEST(Watch, TellsOfTheEndAndItsReason) {
  Town town;
  const auto watcher = town.watcher("w");
  for (const char* name : {"stops", "crashes", "killed", "leaves"}) town.watches(watcher, town.mortal(name));
  town.system.find<Act>("stops")->stop();
  town.settle();
  ASSERT_TRUE(town.system.find<Act>("crashes")->send(fails("no")));
  town.settle();
  town.system.find<Act>("killed")->kill();
  town.settle();
  town.does(*town.system.find<Act>("leaves"), [](Context& context) { context.stop(); });
  EXPECT_EQ(town.told, (Told{"stops shutdown", "crashes error: no", "killed killed", "leaves normal"}));
}

TEST(Watch, TellsAtOnceOfOneThatHasEndedAlready) {
  Town town;
  const auto watcher = town.watcher("w");
  const auto gone = town.mortal("gone");
  const auto quiet = town.mortal("quiet");
  ASSERT_TRUE(gone.send(fails("why")));
  quiet.stop();
  town.settle();
  town.watches(watcher, gone);
  town.watches(watcher, quiet);
  EXPECT_EQ(town.told, (Told{"gone error: why", "quiet shutdown"}));
  town.watches(watcher, gone);
  EXPECT_EQ(town.told.size(), 3u) << "a new watch, a new notice";
}

TEST(Watch, ARestartIsNoEnd) {
  Town town;
  const auto watcher = town.watcher("w");
  const auto lively = town.start({.name = "lively"}, town.strings());
  town.watches(watcher, lively);
  ASSERT_TRUE(lively.send(fails()));
  town.settle();
  EXPECT_EQ(lively.stats().restarts, 1u);
  EXPECT_TRUE(town.told.empty());
  lively.stop();
  town.settle();
  EXPECT_EQ(town.told, Told{"lively shutdown"});
}

TEST(Watch, WatchingTwiceIsToldOnce) {
  Town town;
  const auto watcher = town.watcher("w");
  const auto mortal = town.mortal("m");
  town.watches(watcher, mortal);
  town.watches(watcher, mortal);
  mortal.stop();
  town.settle();
  EXPECT_EQ(town.told.size(), 1u);
}

TEST(Watch, EveryWatcherIsTold) {
  Town town;
  const auto mortal = town.mortal("m");
  for (int n = 0; n < 5; ++n) town.watches(town.watcher("w" + std::to_string(n)), mortal);
  mortal.stop();
  town.settle();
  EXPECT_EQ(town.told.size(), 5u);
}

TEST(Watch, UnwatchedIsNotToldAlsoWhenTheNoticeIsOnItsWay) {
  Town town;
  const auto watcher = town.watcher("w");
  const auto early = town.mortal("early");
  const auto late = town.mortal("late");
  town.watches(watcher, early);
  town.watches(watcher, late);
  std::vector<bool> unwatched;
  town.does(watcher, [&](Context& context) {
    unwatched.push_back(context.unwatch(early));
    unwatched.push_back(context.unwatch(early));
  });
  early.stop();
  town.settle();
  ASSERT_TRUE(watcher.send([&](Context& context) -> Result<Turn> {
    unwatched.push_back(context.unwatch(late));
    return Turn::done;
  }));
  late.kill();
  while (!late.ended() && town.executor.step()) continue;
  town.settle();
  EXPECT_LE(town.told.size(), unwatched.back() ? 0u : 1u);
  EXPECT_EQ(unwatched[0], true);
  EXPECT_EQ(unwatched[1], false);
}

TEST(Watch, BelongsToTheObjectThatWatches) {
  Town town;
  const auto watcher = town.watcher("w");
  const auto mortal = town.mortal("m");
  town.watches(watcher, mortal);
  ASSERT_TRUE(watcher.send(fails()));
  town.settle();
  mortal.stop();
  town.settle();
  EXPECT_TRUE(town.told.empty());
}

TEST(Watch, PassesAFullMailboxAndWaitsForAParkedWatcher) {
  Town town;
  const auto watcher = town.watcher("w", {.mailbox_capacity = 1});
  const auto mortal = town.mortal("m");
  town.watches(watcher, mortal);
  Waker waker;
  ASSERT_TRUE(watcher.send([&](Context& context) -> Result<Turn> {
    waker = context.waker();
    return Turn::parked;
  }));
  town.settle();
  ASSERT_TRUE(watcher.send(nothing()));
  ASSERT_FALSE(watcher.send(nothing()));
  mortal.stop();
  town.settle();
  EXPECT_TRUE(town.told.empty());
  waker.wake();
  town.settle();
  EXPECT_EQ(town.told, Told{"m shutdown"});
}

TEST(Watch, TheNameIsFreeWhenTheWatcherIsTold) {
  Town town;
  const auto mortal = town.mortal("m");
  bool reused = false;
  struct Heir final : Actor<Act> {
    Heir(World& world, bool& reused) : world_(world), reused_(reused) {}
    Result<Turn> handle(Act act, Context& context) override { return act(context); }
    Result<Turn> on_terminated(Context&, const Terminated& gone) override {
      reused_ = world_.system.spawn({.name = std::string(gone.actor.name())}, world_.puppet(world_.strings())).has_value();
      return Turn::done;
    }
    World& world_;
    bool& reused_;
  };
  const auto heir = *town.system.spawn({}, [&] { return std::make_unique<Heir>(town, reused); });
  town.watches(heir, mortal);
  mortal.stop();
  town.settle();
  EXPECT_TRUE(reused);
}

TEST(Watch, HasBoundsAndRefusesItself) {
  Town town;
  const auto watcher = town.watcher("w");
  std::vector<Code> codes;
  town.does(watcher, [&](Context& context) {
    codes.push_back(context.watch(context.ref()).error().code());
    codes.push_back(context.watch(ActorRef()).error().code());
    codes.push_back(context.link(context.ref()).error().code());
    codes.push_back(context.link(ActorRef()).error().code());
    EXPECT_FALSE(context.unwatch(ActorRef()));
    EXPECT_FALSE(context.unlink(ActorRef()));
  });
  EXPECT_EQ(codes, std::vector(4, Code::invalid_argument));
  World small(1, {.max_watches = 1, .max_links = 1});
  const auto one = small.start({}, small.strings());
  const auto two = small.start({}, small.strings());
  const auto three = small.start({}, small.strings());
  codes.clear();
  ASSERT_TRUE(one.send([&](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(context.watch(two));
    AIRSSYS_TRY_VOID(context.link(two));
    codes.push_back(context.watch(three).error().code());
    codes.push_back(context.link(three).error().code());
    EXPECT_TRUE(context.unwatch(two));
    EXPECT_TRUE(context.unlink(two));
    AIRSSYS_TRY_VOID(context.watch(three));
    AIRSSYS_TRY_VOID(context.link(three));
    return Turn::done;
  }));
  small.settle();
  EXPECT_EQ(codes, std::vector(2, Code::exhausted));
  EXPECT_EQ(one.stats().restarts, 0u);
}

TEST(Link, CrashesTheOtherOneWhoeverOfTheTwoFails) {
  for (const bool initiator_fails : {true, false}) {
    Town town;
    const auto a = town.mortal("a");
    const auto b = town.mortal("b");
    town.links(a, b);
    ASSERT_TRUE((initiator_fails ? a : b).send(fails("lost")));
    town.settle();
    EXPECT_TRUE(a.ended() && b.ended());
    const std::string who = initiator_fails ? "a" : "b";
    const std::string other = initiator_fails ? "b" : "a";
    const ActorId id = (initiator_fails ? a : b).id();
    EXPECT_EQ(std::ranges::count(town.events.lines, "crashed " + other + ": linked actor " + std::to_string(id.value()) + " '" +
                                                        who + "' has ended: error: lost"),
              1)
        << initiator_fails;
  }
}

TEST(Link, AnEndInOrderHarmsNobody) {
  Town town;
  const auto a = town.mortal("a");
  const auto b = town.mortal("b");
  const auto c = town.mortal("c");
  town.links(a, b);
  town.links(c, a);
  b.stop();
  town.settle();
  EXPECT_FALSE(a.ended());
  a.stop();
  town.settle();
  EXPECT_FALSE(c.ended());
}

TEST(Link, ToOneThatFailedBeforeCrashesAtOnce) {
  Town town;
  const auto a = town.mortal("a");
  const auto b = town.mortal("b");
  b.kill();
  town.settle();
  town.links(a, b);
  EXPECT_TRUE(a.ended());
}

TEST(Link, LinkingTwiceFromEitherSideIsOneCrash) {
  Town town;
  const auto a = town.mortal("a");
  const auto b = town.start({.name = "b"}, town.strings());
  town.links(a, b);
  town.links(a, b);
  town.links(b, a);
  a.kill();
  town.settle();
  EXPECT_EQ(b.stats().restarts, 1u);
  EXPECT_FALSE(b.ended());
}

TEST(Link, UnlinkedByEitherSideHarmsNobody) {
  for (const bool by_initiator : {true, false}) {
    Town town;
    const auto a = town.mortal("a");
    const auto b = town.mortal("b");
    town.links(a, b);
    town.does(by_initiator ? a : b, [&](Context& context) {
      EXPECT_TRUE(context.unlink(by_initiator ? b : a));
      EXPECT_FALSE(context.unlink(by_initiator ? b : a));
    });
    a.kill();
    town.settle();
    EXPECT_FALSE(b.ended());
  }
}

TEST(Link, SurvivesARestartOfBoth) {
  Town town;
  const auto a = town.start({.name = "a"}, town.strings());
  const auto b = town.start({.name = "b"}, town.strings());
  town.links(a, b);
  ASSERT_TRUE(a.send(fails()));
  ASSERT_TRUE(b.send(fails()));
  town.settle();
  a.kill();
  town.settle();
  EXPECT_EQ(b.stats().restarts, 2u);
}

TEST(Link, AChainEndsFromOneEndToTheOther) {
  Town town;
  std::vector<Address<Act>> chain;
  for (int n = 0; n < 20; ++n) {
    chain.push_back(town.mortal("n" + std::to_string(n)));
    if (n > 0) town.links(chain[static_cast<std::size_t>(n)], chain[static_cast<std::size_t>(n) - 1]);
  }
  chain[10].kill();
  town.settle();
  for (const auto& one : chain) EXPECT_TRUE(one.ended()) << one.name();
}

TEST(Link, ACycleEndsEachOnce) {
  Town town;
  std::vector<Address<Act>> ring;
  for (int n = 0; n < 7; ++n) ring.push_back(town.mortal("n" + std::to_string(n)));
  for (std::size_t n = 0; n < ring.size(); ++n) town.links(ring[n], ring[(n + 1) % ring.size()]);
  ASSERT_TRUE(ring[3].send(fails()));
  town.settle();
  for (const auto& one : ring) EXPECT_TRUE(one.ended()) << one.name();
  EXPECT_EQ(std::ranges::count_if(town.events.lines, [](const std::string& line) { return line.starts_with("crashed"); }), 7);
}

TEST(Link, OfTheShortLivedLeavesNothingBehind) {
  Town town(1, {.max_links = 2});
  const auto steady = town.start({.name = "steady"}, town.strings());
  for (int n = 0; n < 50; ++n) {
    const auto brief = town.mortal("brief");
    town.links(brief, steady);
    brief.stop();
    town.settle();
  }
  EXPECT_EQ(steady.stats().restarts, 0u);
}

}  // namespace
}  // namespace airssys::rt
