// Broker, taps and groups on real threads; also under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "airssys/rt/broker.h"
#include "airssys/rt/group.h"
#include "machine.h"

namespace airssys::rt {
namespace {

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;
};

constexpr std::size_t publishers = 3;
constexpr std::uint64_t each = 3'000;

// Each publisher's numbers must rise.
class Reader final : public Actor<Numbered> {
 public:
  struct Seen {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> out_of_order{0};
  };
  explicit Reader(Seen& seen) : seen_(seen) {}
  Result<Turn> handle(Numbered message, Context&) override {
    seen_.count.fetch_add(1, std::memory_order_relaxed);
    if (message.number <= last_[message.from]) seen_.out_of_order.fetch_add(1, std::memory_order_relaxed);
    last_[message.from] = message.number;
    return Turn::done;
  }

 private:
  Seen& seen_;
  std::array<std::uint64_t, publishers> last_{};
};

struct Readers : Machine {
  Readers() : Machine(2, {.mailbox_capacity = 1 << 20}) {}
  Address<Numbered> reader(Reader::Seen& seen) { return *system.spawn({}, std::make_unique<Reader>(seen)); }
};

TEST(BrokerOnThreads, KeepsEachPublishersOrderWhileOthersComeAndGo) {
  Reader::Seen steady;
  Reader::Seen passing;
  Readers machine;
  Broker<Numbered> broker(machine.system);
  ASSERT_TRUE(broker.subscribe("a.*", machine.reader(steady)));
  const Topic topic = *Topic::parse("a.b");
  std::atomic<std::uint64_t> delivered{0};
  machine.on_threads(publishers + 1, [&](std::size_t me) {
    if (me < publishers) {
      for (std::uint64_t n = 1; n <= each; ++n) delivered.fetch_add(broker.publish(topic, {me, n}).delivered);
      return;
    }
    for (int n = 0; n < 300; ++n) {
      const auto one = machine.reader(passing);
      const Subscription subscription = *broker.subscribe(n % 2 == 0 ? "a.b" : "**", one);
      EXPECT_TRUE(n % 3 == 0 || broker.unsubscribe(subscription));
      if (n % 3 != 1) one.stop();
    }
  });
  ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
  EXPECT_EQ(steady.count, publishers * each);
  EXPECT_EQ(steady.out_of_order, 0u);
  EXPECT_EQ(passing.out_of_order, 0u);
  EXPECT_EQ(delivered, steady.count + passing.count) << "who stops handles what was accepted";
}

TEST(BrokerOnThreads, ATapSeesOrCountsEveryMessageOnce) {
  Readers machine;
  Broker<Numbered> broker(machine.system);
  const Topic topic = *Topic::parse("a");
  auto tap = *broker.tap("**", 64);
  std::atomic<std::size_t> running{publishers};
  std::array<std::uint64_t, publishers> last{};
  std::uint64_t seen = 0;
  const auto drain = [&] {
    while (const auto one = tap.take()) {
      ++seen;
      EXPECT_GT(one->message.number, last[one->message.from]);
      last[one->message.from] = one->message.number;
    }
  };
  machine.on_threads(publishers + 1, [&](std::size_t me) {
    if (me == publishers) {
      while (running.load() != 0) drain();
      return;
    }
    for (std::uint64_t n = 1; n <= each; ++n) broker.publish(topic, {me, n});
    running.fetch_sub(1);
  });
  drain();
  EXPECT_EQ(seen + tap.dropped(), publishers * each);
}

TEST(GroupOnThreads, LosesNothingWhileMembersComeAndGo) {
  Reader::Seen seen;
  Readers machine;
  auto group = *Group<Numbered>::open(machine.system, "readers");
  ASSERT_TRUE(group.join(machine.reader(seen)));
  std::atomic<std::uint64_t> sent{0};
  machine.on_threads(publishers + 1, [&](std::size_t me) {
    if (me < publishers) {
      for (std::uint64_t n = 1; n <= each; ++n) sent.fetch_add(group.send({me, n}).has_value());
      return;
    }
    for (int n = 0; n < 200; ++n) {
      const auto one = machine.reader(seen);
      ASSERT_TRUE(group.join(one));
      EXPECT_TRUE(n % 2 == 0 || group.leave(one));
      one.stop();
    }
  });
  ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
  EXPECT_EQ(sent, publishers * each);
  EXPECT_EQ(seen.count, publishers * each);
}

}  // namespace
}  // namespace airssys::rt
