// Asks on real threads; run under ThreadSanitizer by the preset `tsan`.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "machine.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

struct Query {
  std::uint64_t number = 0;
  Reply<std::uint64_t> reply;
};

class Echo final : public Actor<Query> {
 public:
  Result<Turn> handle(Query query, Context&) override {
    if (query.number % 97 == 96) return fail(Code::internal, "crash");
    if (query.number % 89 == 88) return Turn::done;
    AIRSSYS_TRY_VOID(query.reply.send(query.number));
    return Turn::done;
  }
};

struct Counts {
  std::atomic<std::uint64_t> heard{0};
  std::atomic<std::uint64_t> wrong{0};
};

// Asks `left` questions, `at_once` of them open.
class Asking final : public Actor<std::uint64_t> {
 public:
  Asking(Address<Query> to, Counts& counts, std::uint64_t at_once, Duration timeout)
      : to_(std::move(to)),
        counts_(counts),
        at_once_(at_once),
        timeout_(timeout) {}
  Result<Turn> handle(std::uint64_t left, Context& context) override {
    left_ = left;
    for (std::uint64_t n = 0; n < at_once_ && left_ > 0; ++n) AIRSSYS_TRY_VOID(ask(context));
    return Turn::done;
  }

 private:
  Result<PendingAsk> ask(Context& context) {
    const std::uint64_t number = --left_;
    return context.ask<std::uint64_t>(
        to_, [number](Reply<std::uint64_t> reply) { return Query{number, std::move(reply)}; }, timeout_,
        [this, number](Result<std::uint64_t> answer, Context& later) -> Result<Turn> {
          counts_.heard.fetch_add(1);
          const bool lost = number % 97 == 96 || number % 89 == 88;
          const bool late = !answer && answer.error().code() == Code::timed_out && timeout_ < 1s;
          if (!late && (answer.has_value() == lost || (answer && *answer != number))) ++counts_.wrong;
          if (left_ > 0) AIRSSYS_TRY_VOID(ask(later));
          return Turn::done;
        });
  }
  const Address<Query> to_;
  Counts& counts_;
  const std::uint64_t at_once_;
  const Duration timeout_;
  std::uint64_t left_ = 0;
};

void ask_all(Duration timeout, std::size_t askers, std::uint64_t each, std::uint64_t at_once) {
  Counts counts;
  Machine machine(3, {.mailbox_capacity = 10'000});
  auto echo = *machine.system.spawn({.intensity = RestartIntensity{1000, 1ns}, .backoff = Backoff{0s, 0s}},
                                    [] { return std::make_unique<Echo>(); });
  for (std::size_t n = 0; n < askers; ++n) {
    auto asker = *machine.system.spawn({}, std::make_unique<Asking>(echo, counts, at_once, timeout));
    ASSERT_TRUE(asker.send(each));
  }
  while (counts.heard.load() < askers * each) {}
  ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
  EXPECT_EQ(counts.heard, askers * each);
  EXPECT_EQ(counts.wrong, 0u);
}

TEST(ThreadsAsk, NoAnswerIsLostOneAfterAnother) { ask_all(1h, 4, 2'000, 1); }
TEST(ThreadsAsk, NoAnswerIsLostWithManyOpen) { ask_all(1h, 3, 5'000, 100); }
TEST(ThreadsAsk, AnswersAndDeadlinesThatMeetAreOneOutcome) { ask_all(20us, 3, 2'000, 50); }

TEST(ThreadsAsk, PlainThreadsWaitForTheirAnswers) {
  Machine machine(2);
  auto echo = *machine.system.spawn({.intensity = RestartIntensity{1000, 1ns}, .backoff = Backoff{0s, 0s}},
                                    [] { return std::make_unique<Echo>(); });
  std::atomic<int> wrong{0};
  machine.on_threads(3, [&](std::size_t) {
    for (std::uint64_t n = 0; n < 300; ++n) {
      const auto answer =
          machine.system.ask<std::uint64_t>(
                            echo, [n](Reply<std::uint64_t> reply) { return Query{n, std::move(reply)}; }, 1h)
              .wait();
      if (answer.has_value() == (n % 97 == 96 || n % 89 == 88) || (answer && *answer != n)) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

// Keeps every Reply where other threads find it.
class Hoarder final : public Actor<Query> {
 public:
  struct Hoard {
    std::mutex mutex;
    std::vector<Reply<std::uint64_t>> replies;
  };
  explicit Hoarder(Hoard& hoard) : hoard_(hoard) {}
  Result<Turn> handle(Query query, Context&) override {
    const std::scoped_lock lock(hoard_.mutex);
    hoard_.replies.push_back(std::move(query.reply));
    return Turn::done;
  }

 private:
  Hoard& hoard_;
};

TEST(ThreadsAsk, RepliesFromPlainThreadsMeetDeadlinesAndTheEndOfTheAsker) {
  Counts counts;
  Hoarder::Hoard hoard;
  std::atomic<bool> done{false};
  const auto platform = real_platform();
  std::unique_ptr<Thread> answering;
  {
    Machine machine(2, {.mailbox_capacity = 10'000});
    auto hoarder = *machine.system.spawn({}, std::make_unique<Hoarder>(hoard));
    answering = platform->start_thread("test", [&] {
      while (!done.load()) {
        std::vector<Reply<std::uint64_t>> some;
        {
          const std::scoped_lock lock(hoard.mutex);
          some.swap(hoard.replies);
        }
        for (auto& reply : some) EXPECT_TRUE(reply.send(0));
      }
    });
    for (int round = 0; round < 40; ++round) {
      auto asker = *machine.system.spawn({}, std::make_unique<Asking>(hoarder, counts, 50, 50us));
      ASSERT_TRUE(asker.send(200));
      auto given_up =
          machine.system.ask<std::uint64_t>(hoarder, [](Reply<std::uint64_t> reply) { return Query{0, std::move(reply)}; }, 1h);
      auto timed =
          machine.system.ask<std::uint64_t>(hoarder, [](Reply<std::uint64_t> reply) { return Query{0, std::move(reply)}; }, 30us);
      const auto outcome = timed.wait();
      EXPECT_TRUE(outcome || outcome.error().code() == Code::timed_out);
      if (round % 2 == 0) asker.kill();
    }
  }
  done.store(true);  // the answering thread has outlived the system
  answering.reset();
}

TEST(ThreadsAsk, AFutureThatIsWaitedForWhileTheSystemEndsIsUnavailable) {
  for (int round = 0; round < 20; ++round) {
    Hoarder::Hoard hoard;
    const auto platform = real_platform();
    std::unique_ptr<Thread> waiting;
    {
      Machine machine(2);
      auto hoarder = *machine.system.spawn({}, std::make_unique<Hoarder>(hoard));
      waiting = platform->start_thread(
          "test", [future = std::make_shared<Future<std::uint64_t>>(machine.system.ask<std::uint64_t>(
                       hoarder, [](Reply<std::uint64_t> reply) { return Query{0, std::move(reply)}; }, 1h))] {
            EXPECT_EQ(future->wait().error().code(), Code::unavailable);
          });
      ASSERT_TRUE(machine.system.wait_idle(Instant::max()));
    }
    waiting.reset();
  }
}

}  // namespace
}  // namespace airssys::rt
