// Laws of supervision, for every schedule: the seed draws a tree, what its children do, and what is done to them meanwhile.
#include <algorithm>
#include <map>
#include <set>

#include "airssys/rt/testing/seeds.h"
#include "world.h"

namespace airssys::rt {
namespace {

constexpr std::uint64_t worlds = 1000;

struct Task {
  std::uint64_t number = 0;  // 1, 2, … for each receiver
};

// One child, over all its objects.
struct Record {
  std::string name;
  SpawnOptions options;
  Address<Task> address;
  std::uint64_t accepted = 0;
  std::uint64_t handled = 0;  // taken in hand, crash or not
  std::uint64_t last = 0;
  int made = 0;
  int living = 0;
  bool is_object = false;
};

struct Chances {  // of 1000, for each message
  std::uint64_t crash = 60;
  std::uint64_t exit = 20;
  std::uint64_t park = 100;
  std::uint64_t refuse_start = 60;  // of each start after the first
  std::uint64_t park_in_hooks = 200;
};

struct Town {
  World& world;
  Chances chances;
  std::deque<Record> people = {};
  std::vector<std::string> journal = {};  // "+name" an object has started, "-name" it is gone
  std::vector<std::string> broken = {};

  bool chance(std::uint64_t of_1000) { return world.platform.random() % 1000 < of_1000; }
  std::uint64_t up_to(std::uint64_t most) { return world.platform.random() % (most + 1); }
  // Now, soon, or twice.
  void wake_somehow(Context& context) {
    const Waker waker = context.waker();
    if (chance(300)) return waker.wake();
    for (std::uint64_t n = 1 + up_to(1); n > 0; --n)
      context.executor().post_at(context.now() + Duration(up_to(3000)), [waker] { waker.wake(); });
  }
};

class Person final : public Actor<Task>, public Child {
 public:
  Person(Town& town, Record& me) : town_(town), me_(me) {
    if (me_.living++ != 0) town_.broken.push_back(me_.name + " has two objects");
    first_ = me_.made++ == 0;
  }
  ~Person() override {
    --me_.living;
    if (started_) town_.journal.push_back("-" + me_.name);
  }
  Result<Turn> start(Context& context) override {
    if (!std::exchange(parked_, false) && town_.chance(town_.chances.park_in_hooks)) return park(context);
    if (!first_ && town_.chance(town_.chances.refuse_start)) return fail(Code::io, "not today");
    return Turn::done;
  }
  Result<Turn> pre_start(Context&) override {
    started_ = true;
    town_.journal.push_back("+" + me_.name);
    return Turn::done;
  }
  Result<Turn> handle(Task task, Context& context) override {
    if (parked_) town_.broken.push_back(me_.name + " got a message during another");
    ++me_.handled;
    if (me_.last == UINT64_MAX) {  // the test wants a crash
      me_.last = task.number;
      return fail(Code::execution_failed, "on demand");
    }
    if (task.number <= me_.last) town_.broken.push_back(me_.name + " got a message again or out of order");
    me_.last = task.number;
    if (town_.chance(town_.chances.crash)) return fail(Code::execution_failed, "crash");
    if (town_.chance(town_.chances.exit)) context.stop();
    if (town_.chance(town_.chances.park)) return park(context);
    return Turn::done;
  }
  Result<Turn> resume(Context&) override {
    parked_ = false;
    if (town_.chance(town_.chances.crash)) return fail(Code::execution_failed, "crash while parked");
    return Turn::done;
  }
  Result<Turn> stop(Context& context, const ExitReason&) override {
    if (!std::exchange(parked_, false) && town_.chance(town_.chances.park_in_hooks)) return park(context);
    return Turn::done;
  }
  Health health_check() override {
    if (town_.chance(100)) return Failed{"ill"};
    return Healthy{};
  }
  Child* as_child() noexcept override { return this; }

 private:
  Result<Turn> park(Context& context) {
    parked_ = true;
    town_.wake_somehow(context);
    return Turn::parked;
  }
  Town& town_;
  Record& me_;
  bool parked_ = false;
  bool first_ = false;
  bool started_ = false;
};

struct Story {
  Story(std::uint64_t seed, Chances chances)
      : town{world, chances},
        world(seed, {.mailbox_capacity = 50,
                     .messages_per_turn = static_cast<std::uint32_t>(1 + seed % 5),
                     .intensity = {3, 1ms},
                     .backoff = {1us, 50us}}) {}

  Result<Supervisor> nest(Supervisor& above, SupervisorOptions options) {
    options.name = "s" + std::to_string(nodes.size());
    AIRSSYS_TRY(Supervisor node, above.spawn_supervisor(std::move(options)));
    nodes.push_back(node);
    return node;
  }
  void add(const Supervisor& above, SpawnOptions options, bool is_object = false) {
    Record& record = town.people.emplace_back();
    record.name = "p" + std::to_string(town.people.size() - 1);
    options.name = record.name;
    record.options = options;
    record.is_object = is_object;
    Supervisor at = above;
    auto made = is_object ? at.spawn(std::move(options), std::make_unique<Person>(town, record))
                          : at.spawn(std::move(options), [this, &record] { return std::make_unique<Person>(town, record); });
    if (made) record.address = *made;
  }
  void send() {
    Record& to = town.people[town.up_to(town.people.size() - 1)];
    Task task{to.accepted + 1};
    if (to.address && to.address.try_send(task) == SendStatus::sent) ++to.accepted;
  }
  SupervisorOptions some_supervisor() {
    return {.strategy = static_cast<Strategy>(town.up_to(2)),
            .intensity = {.max_restarts = static_cast<std::uint32_t>(town.up_to(4)), .window = 5ms},
            .backoff = {town.chance(500) ? 0us : 1us, 50us},
            .exhausted = town.chance(700) ? Exhausted::escalate : Exhausted::give_up};
  }
  SpawnOptions some_child() {
    const ShutdownPolicy shutdown[] = {ShutdownPolicy::graceful(2us), ShutdownPolicy::immediate(), ShutdownPolicy::infinity()};
    SpawnOptions options{.restart = static_cast<RestartPolicy>(town.up_to(9) < 6 ? 0 : 1 + town.up_to(1)),
                         .shutdown = shutdown[town.up_to(2)],
                         .start_timeout = town.chance(300) ? Duration(2us) : Duration(1s)};
    if (town.chance(200)) options.health = HealthPolicy{20us, 5us, 1 + static_cast<std::uint32_t>(town.up_to(2))};
    return options;
  }
  // What a user may do to a tree at any moment.
  void disturb() {
    const std::uint64_t what = town.up_to(99);
    if (what < 70) return send();
    Record& one = town.people[town.up_to(town.people.size() - 1)];
    if (what < 74 && one.address) return one.address.stop();
    if (what < 77 && one.address) return one.address.kill();
    if (what < 84 && town.people.size() < 40) return add(nodes[town.up_to(nodes.size() - 1)], some_child(), town.chance(200));
    if (what < 86 && nodes.size() < 10) return (void)nest(nodes[town.up_to(nodes.size() - 1)], some_supervisor());
    if (what < 87) return nodes[1 + town.up_to(nodes.size() - 2)].stop();
  }
  void run_disturbed(std::uint64_t steps) {
    for (; steps > 0; --steps) {
      if (town.chance(400)) disturb();
      world.executor.step();
    }
  }
  // Where nobody checks health, nothing is left to do.
  void settle() {
    town.chances = {.crash = 0, .exit = 0, .park = 0, .refuse_start = 0, .park_in_hooks = 0};
    for (int n = 0; n < 100'000 && !world.system.is_idle(); ++n) world.executor.step();
  }
  std::uint64_t accepted() const {
    std::uint64_t all = 0;
    for (const auto& one : town.people) all += one.accepted;
    return all;
  }
  std::uint64_t handled() const {
    std::uint64_t all = 0;
    for (const auto& one : town.people) all += one.handled;
    return all;
  }
  std::string about(std::uint64_t seed) const {
    return "AIRSSYS_SEED=" + std::to_string(seed) + (town.broken.empty() ? "" : ": " + town.broken.front());
  }
  Town town;  // outlives the actors
  World world;
  std::vector<Supervisor> nodes{world.system.root()};
};

// A tree of everything.
void grow(Story& story) {
  for (std::uint64_t n = 2 + story.town.up_to(3); n > 0; --n)
    (void)story.nest(story.nodes[story.town.up_to(story.nodes.size() - 1)], story.some_supervisor());
  for (std::uint64_t n = 4 + story.town.up_to(8); n > 0; --n)
    story.add(story.nodes[story.town.up_to(story.nodes.size() - 1)], story.some_child(), story.town.chance(100));
}

std::string picture(const TreeView& view, std::size_t depth = 0) {
  std::string text = std::string(2 * depth, ' ') + view.name + ' ' + std::string(state_name(view.state)) + '\n';
  for (const auto& child : view.children) text += picture(child, depth + 1);
  return text;
}

void find_unsettled(const TreeView& view, std::vector<std::string>& into) {
  if (view.state != ChildState::running) into.push_back(view.name + " is " + std::string(state_name(view.state)));
  for (const auto& child : view.children) find_unsettled(child, into);
}

TEST(SupervisionLaws, NothingIsForgottenInATreeThatIsDisturbedAtAnyMoment) {
  std::uint64_t restarts = 0;
  for (const std::uint64_t seed : testing::seeds(worlds)) {
    Story story(seed, {});
    grow(story);
    story.run_disturbed(300);
    story.settle();
    ASSERT_TRUE(story.world.system.is_idle())
        << story.world.executor.timers() << " timers " << story.world.platform.now().time_since_epoch().count() << " steps "
        << story.world.executor.steps() << picture(story.world.system.root().tree()) << story.about(seed);
    std::vector<std::string> unsettled;
    find_unsettled(story.world.system.root().tree(), unsettled);
    ASSERT_TRUE(unsettled.empty()) << unsettled.front() << ' ' << story.about(seed);
    ASSERT_TRUE(story.town.broken.empty()) << story.about(seed);
    for (const auto& one : story.town.people) {
      if (!one.address) continue;
      EXPECT_EQ(one.living, one.address.ended() ? 0 : 1) << one.name << ' ' << story.about(seed);
      restarts += one.address.stats().restarts;
    }
    EXPECT_EQ(story.accepted(), story.handled() + static_cast<std::uint64_t>(story.world.events.discarded)) << story.about(seed);
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    EXPECT_EQ(story.world.system.stats().alive, 0u);
  }
  EXPECT_TRUE(restarts > 0 || testing::seeds(worlds).size() == 1) << "no seed brought it about";
}

TEST(SupervisionLaws, AShutdownAtAnyMomentEndsTheTreeAndLosesNothing) {
  for (const std::uint64_t seed : testing::seeds(worlds)) {
    Story story(seed, {});
    grow(story);
    story.run_disturbed(story.world.platform.random() % 300);
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    ASSERT_EQ(story.world.system.stats().alive, 0u) << story.about(seed);
    for (const auto& one : story.town.people) EXPECT_EQ(one.living, 0) << one.name << ' ' << story.about(seed);
    for (std::size_t n = 1; n < story.nodes.size(); ++n) EXPECT_TRUE(story.nodes[n].ended()) << n << ' ' << story.about(seed);
    EXPECT_TRUE(story.town.broken.empty()) << story.about(seed);
    EXPECT_EQ(story.accepted(), story.handled() + static_cast<std::uint64_t>(story.world.events.discarded)) << story.about(seed);
  }
}

TEST(SupervisionLaws, AKillAtAnyMomentEndsTheTree) {
  for (const std::uint64_t seed : testing::seeds(worlds / 4)) {
    auto story = std::make_unique<Story>(seed, Chances{});
    grow(*story);
    story->run_disturbed(story->world.platform.random() % 300);
    (void)story->world.system.shutdown(Duration::zero());
    story->settle();
    EXPECT_EQ(story->world.system.stats().alive, 0u) << story->about(seed);
  }
}

// A group under one supervisor, whose only failures are those of the test.
struct Group : Story {
  Group(std::uint64_t seed, SupervisorOptions options) : Story(seed, {.crash = 0, .exit = 0, .refuse_start = 0}) {
    node = *nest(nodes[0], std::move(options));
    for (std::uint64_t n = 2 + town.up_to(6); n > 0; --n) add(node, {});
    EXPECT_TRUE(world.executor.run_until_idle());
  }
  std::size_t size() const { return town.people.size(); }
  // The next message is one too many for it.
  void fail_at(std::size_t victim) {
    Record& one = town.people[victim];
    one.last = UINT64_MAX;
    Task task{one.accepted + 1};
    ASSERT_EQ(one.address.try_send(task), SendStatus::sent);
    ++one.accepted;
  }
  Supervisor node = world.system.root();
};

TEST(SupervisionLaws, AStrategyTakesExactlyWhomItShouldInOrder) {
  for (const std::uint64_t seed : testing::seeds(worlds)) {
    const auto strategy = static_cast<Strategy>(seed % 3);
    Group group(seed, {.strategy = strategy, .intensity = {.max_restarts = 1, .window = 1h}});
    const auto victim = static_cast<std::size_t>(group.town.up_to(group.size() - 1));
    for (int n = 0; n < 20; ++n) group.send();
    for (std::uint64_t n = group.town.up_to(10); n > 0; --n) group.world.executor.step();
    group.town.journal.clear();
    group.fail_at(victim);
    for (int n = 0; n < 20; ++n) group.send();
    ASSERT_TRUE(group.world.executor.run_until_idle()) << group.about(seed);

    const std::size_t from = strategy == Strategy::one_for_all ? 0 : victim;
    const std::size_t to = strategy == Strategy::one_for_one ? victim + 1 : group.size();
    std::vector<std::string> expected{"-" + group.town.people[victim].name};
    for (std::size_t n = to; n > from; --n)
      if (n - 1 != victim) expected.push_back("-" + group.town.people[n - 1].name);
    for (std::size_t n = from; n < to; ++n) expected.push_back("+" + group.town.people[n].name);
    EXPECT_EQ(group.town.journal, expected) << group.about(seed);
    for (std::size_t n = 0; n < group.size(); ++n) {
      const Record& one = group.town.people[n];
      EXPECT_EQ(one.made, n >= from && n < to ? 2 : 1) << n << ' ' << group.about(seed);
      EXPECT_EQ(one.address.stats().restarts + 1, static_cast<std::uint32_t>(one.made)) << n << ' ' << group.about(seed);
      EXPECT_EQ(one.accepted, one.handled) << n << ' ' << group.about(seed);
    }
  }
}

TEST(SupervisionLaws, EachFailureIsOneRestartOfTheGroupUpToTheIntensity) {
  for (const std::uint64_t seed : testing::seeds(worlds)) {
    const std::uint64_t allowed = seed % 5;
    const bool all = seed % 2 == 0;
    Group group(seed, {.strategy = all ? Strategy::one_for_all : Strategy::rest_for_one,
                       .intensity = {.max_restarts = static_cast<std::uint32_t>(allowed), .window = 1h},
                       .backoff = {1us, 10us},
                       .exhausted = Exhausted::give_up});
    std::vector<int> expected(group.size(), 1);
    for (std::uint64_t n = 0; n <= allowed; ++n) {
      const auto victim = static_cast<std::size_t>(group.town.up_to(group.size() - 1));
      group.fail_at(victim);
      ASSERT_TRUE(group.world.executor.run_until_idle()) << group.about(seed);
      for (std::size_t k = all ? 0 : victim; k < group.size(); ++k) {
        if (n < allowed) ++expected[k];
        EXPECT_EQ(group.town.people[k].address.ended(), n == allowed) << k << ' ' << group.about(seed);
      }
      for (std::size_t k = 0; k < group.size(); ++k)
        EXPECT_EQ(group.town.people[k].made, expected[k]) << k << ' ' << group.about(seed);
    }
    EXPECT_EQ(group.world.system.stats().gave_up, 1u) << group.about(seed);
  }
}

void list_names(const TreeView& view, std::vector<std::string>& into) {
  if (view.actor != ActorId{}) into.push_back("-" + view.name);
  for (const auto& child : view.children) list_names(child, into);
}

TEST(SupervisionLaws, ACalmTreeStopsInReverseStartOrder) {
  for (const std::uint64_t seed : testing::seeds(worlds / 2)) {
    Story story(seed, {.crash = 0, .exit = 0, .refuse_start = 0});
    grow(story);
    ASSERT_TRUE(story.world.executor.run_for(100us)) << story.about(seed);
    story.settle();
    std::vector<std::string> expected;
    list_names(story.world.system.root().tree(), expected);
    std::reverse(expected.begin(), expected.end());
    story.town.journal.clear();
    EXPECT_TRUE(story.world.system.shutdown(1h).empty()) << story.about(seed);
    EXPECT_EQ(story.town.journal, expected) << story.about(seed);
  }
}

}  // namespace
}  // namespace airssys::rt
