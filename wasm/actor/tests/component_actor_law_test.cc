// Over many seeds: whatever a component does, every message that was accepted is handled, lost with one crash, or a dead letter.
#include <cctype>
#include <random>

#include "actor_world.h"
#include "airssys/rt/testing/seeds.h"

namespace airssys::wasm::testing {
namespace {

// One component and what is known of it from outside.
struct Subject {
  Fake& fake;
  std::uint64_t accepted = 0;
  bool killed = false;
  int worst = 0;  // of 100 messages, this many trap
};

// What happened in all worlds together: a law about nothing would hold as well.
struct Tally {
  std::uint64_t handled = 0, lost = 0, discarded = 0, errors = 0, timeouts = 0, given_up = 0, killed_in_hand = 0;
};

FakeOutcome misbehave(World& world, std::mt19937_64& random, int worst) {
  const auto dice = static_cast<int>(random() % 100);
  if (dice < worst) return FakeOutcome::trapped(static_cast<TrapKind>(random() % trap_kind_count));
  if (dice < worst + 10) return FakeOutcome::error(6, "no");
  if (dice < worst + 30) {
    const auto latch = std::make_shared<Latch>();
    // Some outlast the timeout; some are never opened at all.
    if (random() % 8 != 0)
      world.executor.post_at(world.platform.now() + std::chrono::milliseconds(random() % 130), [latch] { latch->open(); });
    return {.state = random() % 5 == 0 ? CallState::guest_error : CallState::done, .fuel = 3, .wait = latch};
  }
  return {};
}

void act(World& world, Subject& subject, std::mt19937_64& random) {
  const std::uint64_t dice = random() % 100;
  if (dice < 70) {
    for (std::uint64_t n = random() % 6; n > 0; --n)
      if (subject.fake.send(std::to_string(subject.accepted)) == rt::SendStatus::sent) ++subject.accepted;
  } else if (dice < 97) {
    ASSERT_TRUE(world.executor.run_for(std::chrono::milliseconds(random() % 50)));
  } else if (dice < 98) {
    subject.fake.address.stop();
  } else if (dice < 99) {
    subject.fake.address.kill();
    subject.killed = true;
  }
}

std::uint64_t sum_of_traps(const ComponentStats& stats) {
  std::uint64_t sum = 0;
  for (const Counter& kind : stats.traps) sum += kind.value();
  return sum;
}

// Each message once at most, in the order they were sent.
bool in_order(const std::vector<std::string>& calls) {
  long last = -1;
  for (const std::string& call : calls) {
    if (!std::isdigit(static_cast<unsigned char>(call.front()))) continue;
    const long number = std::stol(call);
    if (number <= last) return false;
    last = number;
  }
  return true;
}

void check(const World& world, const Subject& subject, Tally& tally) {
  const ComponentStats& stats = subject.fake.stats;
  const auto found = world.events.discarded.find(subject.fake.options.name);
  const std::uint64_t discarded = found == world.events.discarded.end() ? 0 : found->second;
  EXPECT_EQ(subject.accepted, stats.messages_in.value() + discarded);
  const std::uint64_t lost = stats.messages_in.value() - stats.handled.value();
  const std::uint64_t traps = sum_of_traps(stats);
  EXPECT_GE(lost, traps);
  EXPECT_LE(lost, traps + (subject.killed ? 1 : 0));
  EXPECT_EQ(subject.fake.script.alive, 0);
  EXPECT_EQ(stats.memory_bytes.load(), 0u);
  EXPECT_TRUE(in_order(subject.fake.script.calls));
  EXPECT_EQ(stats.handling_time.count(), stats.handled.value() + traps);
  tally.handled += stats.handled.value();
  tally.lost += lost;
  tally.discarded += discarded;
  tally.errors += stats.guest_errors.value();
  tally.timeouts += subject.fake.traps(TrapKind::timeout);
  tally.given_up += world.events.count(subject.fake.options.name, rt::SupervisionEvent::Kind::gave_up);
  tally.killed_in_hand += lost - traps;
}

void run_world(std::uint64_t seed, Tally& tally) {
  std::mt19937_64 random(seed);
  World world(seed, {.mailbox_capacity = 8});
  std::deque<Subject> subjects;
  for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
    Fake& fake = world.define("c" + std::to_string(n), Calls::may_wait);
    fake.options.intensity = rt::RestartIntensity{.max_restarts = static_cast<std::uint32_t>(random() % 6), .window = 10s};
    fake.script.on_memory = [] { return MemoryUse{.bytes = 7, .peak_bytes = 9}; };
    Subject& subject = subjects.emplace_back(Subject{.fake = fake, .worst = static_cast<int>(random() % 30)});
    fake.script.on_message = [&](const Message&) { return misbehave(world, random, subject.worst); };
    world.spawn(fake);
  }
  for (int i = 0; i < 60; ++i) act(world, subjects[random() % subjects.size()], random);
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_TRUE(world.system.is_idle());
  for (const Subject& subject : subjects) EXPECT_EQ(subject.fake.address.stats().waiting, 0u);
  EXPECT_TRUE(world.system.shutdown(30s).empty());
  ASSERT_TRUE(world.executor.run_until_idle());
  EXPECT_EQ(world.executor.timers(), 0u);
  for (const Subject& subject : subjects) check(world, subject, tally);
}

TEST(ComponentActorLaw, EveryAcceptedMessageIsHandledLostWithItsCrashOrADeadLetter) {
  Tally tally;
  const std::vector<std::uint64_t> seeds = rt::testing::seeds(300);
  for (const std::uint64_t seed : seeds) {
    run_world(seed, tally);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "AIRSSYS_SEED=" << seed;
  }
  if (seeds.size() < 100) return;  // too few to see everything
  for (const std::uint64_t happened :
       {tally.handled, tally.lost, tally.discarded, tally.errors, tally.timeouts, tally.given_up, tally.killed_in_hand})
    EXPECT_GT(happened, seeds.size() / 30);
}

}  // namespace
}  // namespace airssys::wasm::testing
