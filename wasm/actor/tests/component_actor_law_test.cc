// Over many seeds, under any [mailbox]: every message that was accepted is handled exactly once, or was in hand at a crash and is
// a dead letter for it, or is another dead letter. The books balance to the message.
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
  OnCrash on_crash = OnCrash::drop;
};

// What happened in all worlds together: a law about nothing would hold as well.
struct Tally {
  std::uint64_t handled = 0, lost = 0, discarded = 0, errors = 0, timeouts = 0, given_up = 0, killed_in_hand = 0, retried = 0,
                poisoned = 0, recycled = 0, expired = 0, overflown = 0;
};

FakeOutcome misbehave(World& world, std::mt19937_64& random, int worst, bool waits) {
  const auto dice = static_cast<int>(random() % 100);
  if (dice < worst) return FakeOutcome::trapped(static_cast<TrapKind>(random() % trap_kind_count));
  if (dice < worst + 10) return FakeOutcome::error(6, "no");
  if (waits && dice < worst + 30) {
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
      if (subject.fake.send(random() % 20 == 0 ? "poison" : std::to_string(subject.accepted)) == rt::SendStatus::sent)
        ++subject.accepted;
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

// In the order they were sent, each once; when they are tried again, at once and once more.
std::uint64_t attempts_beyond_the_first(const std::vector<std::string>& calls) {
  long last = -1;
  std::uint64_t again = 0;
  for (const std::string& call : calls) {
    if (!std::isdigit(static_cast<unsigned char>(call.front()))) continue;
    const long number = std::stol(call);
    EXPECT_GE(number, last);
    if (number == last) ++again;
    last = number;
  }
  return again;
}

std::uint64_t of(const std::map<std::string, std::uint64_t, std::less<>>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void check(const World& world, const Subject& subject, Tally& tally) {
  const std::string& name = subject.fake.options.name;
  const ComponentStats& stats = subject.fake.stats;
  const std::uint64_t discarded = of(world.events.discarded, name);
  const std::uint64_t expired = of(world.events.expired, name);
  // Those that were taken and then dropped for a newer one; who drops the newest has not taken it.
  const bool drops_oldest = subject.fake.inbox->policy().overload == MailboxOverload::drop_oldest;
  const std::uint64_t overflown = drops_oldest ? of(world.events.overflown, name) : 0;
  EXPECT_EQ(subject.accepted, stats.messages_in.value() + discarded + expired + overflown);
  EXPECT_EQ(stats.messages_in.value(), stats.handled.value() + stats.lost.value() + stats.poisoned.value());
  const auto letters = world.letters.counts.find(name);
  const auto told = [&](DeadLetterReason reason) {
    return letters == world.letters.counts.end() ? 0 : letters->second[static_cast<std::size_t>(reason)];
  };
  EXPECT_EQ(stats.lost.value(), told(DeadLetterReason::crashed) + told(DeadLetterReason::discarded));
  EXPECT_EQ(stats.poisoned.value(), told(DeadLetterReason::poison));
  const std::uint64_t traps = sum_of_traps(stats);
  if (subject.on_crash != OnCrash::retry_once) {
    EXPECT_GE(stats.lost.value(), traps);
    EXPECT_EQ(stats.retried.value(), 0u);
  }
  EXPECT_LE(stats.lost.value(), traps + (subject.killed ? 1 : 0));
  EXPECT_LE(attempts_beyond_the_first(subject.fake.script.calls), stats.retried.value());
  EXPECT_EQ(subject.fake.script.alive, 0);
  EXPECT_EQ(stats.memory_bytes.load(), 0u);
  EXPECT_EQ(subject.fake.inbox->bytes().waiting(), 0u);
  EXPECT_FALSE(subject.fake.inbox->has_second_attempt());
  EXPECT_EQ(stats.handling_time.count(), stats.handled.value() + traps);
  tally.handled += stats.handled.value();
  tally.lost += stats.lost.value();
  tally.discarded += discarded;
  tally.errors += stats.guest_errors.value();
  tally.timeouts += subject.fake.traps(TrapKind::timeout);
  tally.given_up += world.events.count(name, rt::SupervisionEvent::Kind::gave_up);
  tally.killed_in_hand += stats.lost.value() > traps ? 1 : 0;
  tally.retried += stats.retried.value();
  tally.poisoned += stats.poisoned.value();
  tally.recycled += stats.recycled.value();
  tally.expired += expired;
  tally.overflown += overflown;
}

MailboxPolicy any_policy(std::mt19937_64& random) {
  MailboxPolicy policy;
  if (random() % 3 == 0) policy.max_bytes = 1 + random() % 20;
  constexpr std::array overloads{MailboxOverload::error, MailboxOverload::drop_newest, MailboxOverload::drop_oldest};
  policy.overload = overloads[random() % overloads.size()];
  if (random() % 3 == 0) policy.message_ttl = std::chrono::milliseconds(1 + random() % 100);
  policy.on_crash = static_cast<OnCrash>(random() % 3);
  policy.poison_after = static_cast<std::uint32_t>(random() % 4);
  return policy;
}

void run_world(std::uint64_t seed, Tally& tally) {
  std::mt19937_64 random(seed);
  World world(seed, {.mailbox_capacity = 8});
  std::deque<Subject> subjects;
  for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
    const MailboxPolicy policy = any_policy(random);
    Fake& fake =
        world.define("c" + std::to_string(n), random() % 4 == 0 ? Calls::finish_at_once : Calls::may_wait, test_limits, policy);
    if (random() % 3 == 0) fake.definition->recycle.after_messages = 1 + random() % 5;
    fake.options.intensity = rt::RestartIntensity{.max_restarts = static_cast<std::uint32_t>(random() % 6), .window = 10s};
    fake.script.on_memory = [] { return MemoryUse{.bytes = 7, .peak_bytes = 9}; };
    Subject& subject =
        subjects.emplace_back(Subject{.fake = fake, .worst = static_cast<int>(random() % 30), .on_crash = policy.on_crash});
    const bool waits = fake.definition->code->description().waits;
    fake.script.on_message = [&, waits](const Message& message) {
      if (message.payload.text() == "poison") return FakeOutcome::trapped(TrapKind::unreachable);
      return misbehave(world, random, subject.worst, waits);
    };
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

TEST(ComponentActorLaw, EveryAcceptedMessageIsHandledOnceOrTheOneInHandAtACrashOrADeadLetter) {
  Tally tally;
  const std::vector<std::uint64_t> seeds = rt::testing::seeds(300);
  for (const std::uint64_t seed : seeds) {
    run_world(seed, tally);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "AIRSSYS_SEED=" << seed;
  }
  if (seeds.size() < 100) return;  // too few to see everything
  for (const std::uint64_t happened :
       {tally.handled, tally.lost, tally.discarded, tally.errors, tally.timeouts, tally.given_up, tally.killed_in_hand,
        tally.retried, tally.poisoned, tally.recycled, tally.expired, tally.overflown})
    EXPECT_GT(happened, seeds.size() / 30);
}

}  // namespace
}  // namespace airssys::wasm::testing
