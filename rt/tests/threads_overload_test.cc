// Full mailboxes on real threads; run under ThreadSanitizer by the preset `tsan`.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;
};

// Counts, and checks the order of each sender's messages.
class Sink final : public Actor<Numbered> {
 public:
  struct Seen {
    std::map<std::size_t, std::uint64_t> last;
    std::atomic<std::uint64_t> total{0};
    std::atomic<std::uint64_t> disorder{0};
    std::atomic<std::uint64_t> gaps{0};
  };
  explicit Sink(Seen& seen) : seen_(seen) {}
  Result<Turn> handle(Numbered message, Context&) override {
    auto& last = seen_.last[message.from];
    if (message.number <= last) ++seen_.disorder;
    if (message.number != last + 1) ++seen_.gaps;
    last = message.number;
    ++seen_.total;
    return Turn::done;
  }

 private:
  Seen& seen_;
};

// Sends ten in each turn, and goes on by a message to itself.
class Source final : public Actor<std::uint64_t> {
 public:
  Source(Address<Numbered> to, std::size_t me) : to_(std::move(to)), me_(me) {}
  Result<Turn> handle(std::uint64_t left, Context& context) override {
    for (int n = 0; n < 10 && left > 0; ++n, --left) AIRSSYS_TRY_VOID(to_.send({me_, ++number_}));
    if (left > 0) AIRSSYS_TRY_VOID(context.self<std::uint64_t>().send(left));
    return Turn::done;
  }

 private:
  const Address<Numbered> to_;
  const std::size_t me_;
  std::uint64_t number_ = 0;
};

void flood(Overload overload) {
  constexpr std::uint64_t each = 3'000;
  constexpr std::size_t actors = 4;
  constexpr std::size_t threads = 2;
  Sink::Seen seen;
  const auto platform = real_platform();
  WorkStealingExecutor executor(*platform, 3);
  ActorSystem system(executor, null_log(), {});
  auto sink = *system.spawn({.mailbox_capacity = 4, .overload = overload}, std::make_unique<Sink>(seen));
  for (std::size_t n = 0; n < actors; ++n) {
    auto source = *system.spawn({}, std::make_unique<Source>(sink, n));
    ASSERT_TRUE(source.send(each));
  }
  {
    std::vector<std::unique_ptr<Thread>> plain;
    for (std::size_t t = 0; t < threads; ++t)
      plain.push_back(platform->start_thread("test", [&, t] {
        for (std::uint64_t n = 1; n <= each; ++n) EXPECT_TRUE(sink.send({100 + t, n}));
      }));
  }
  ASSERT_TRUE(system.wait_idle(Instant::max()));
  const ActorStats stats = sink.stats();
  EXPECT_EQ(seen.total + stats.dropped, each * (actors + threads));
  EXPECT_EQ(seen.disorder, 0u);
  EXPECT_EQ(stats.refused, 0u);
  EXPECT_EQ(system.stats().dropped, stats.dropped);
  EXPECT_TRUE(overload != Overload::block || seen.gaps + stats.dropped == 0);
}

TEST(ThreadsOverload, BlockLosesNothingFromActorsAndPlainThreads) { flood(Overload::block); }
TEST(ThreadsOverload, DropNewestCountsEveryDrop) { flood(Overload::drop_newest); }
TEST(ThreadsOverload, DropOldestCountsEveryDrop) { flood(Overload::drop_oldest); }

TEST(ThreadsOverload, ThreadsThatWaitMeetTheEndAndTheirTtl) {
  for (int round = 0; round < 30; ++round) {
    Sink::Seen seen;
    const auto platform = real_platform();
    WorkStealingExecutor executor(*platform, 2);
    ActorSystem system(executor, null_log(), {});
    auto sink = *system.spawn({.mailbox_capacity = 1, .overload = Overload::block}, std::make_unique<Sink>(seen));
    std::atomic<std::uint64_t> sent{0};
    {
      std::vector<std::unique_ptr<Thread>> plain;
      for (std::size_t t = 0; t < 2; ++t)
        plain.push_back(platform->start_thread("test", [&, t] {
          for (std::uint64_t n = 1; n <= 300; ++n) {
            const auto outcome = sink.send({t, n}, {.ttl = t == 0 ? 1us : 1h});
            if (outcome)
              ++sent;
            else if (outcome.error().code() == Code::unavailable)
              return;
          }
        }));
      while (seen.total.load() < 20) {}
      round % 2 == 0 ? sink.kill() : sink.stop();
    }
    ASSERT_TRUE(system.wait_idle(Instant::max()));
    EXPECT_GE(sent, seen.total);
    EXPECT_EQ(seen.disorder, 0u);
  }
}

}  // namespace
}  // namespace airssys::rt
