// What really races, on real threads; run under ThreadSanitizer by the preset `tsan`. No assertion depends on time: what does
// not end is stopped by the test's timeout.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "machine.h"

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;

struct Numbered {
  std::size_t from = 0;
  std::uint64_t number = 0;
};

// Checks the order of each sender's messages.
class Counting final : public Actor<Numbered> {
 public:
  struct Seen {
    std::array<std::uint64_t, 16> last{};
    std::atomic<std::uint64_t> total{0};
    std::atomic<std::uint64_t> disorder{0};
    std::atomic<int> inside{0};
  };
  explicit Counting(Seen& seen) : seen_(seen) {}
  Result<Turn> handle(Numbered message, Context&) override {
    if (seen_.inside.fetch_add(1) != 0) ++seen_.disorder;
    if (message.number != ++seen_.last[message.from]) ++seen_.disorder;
    seen_.inside.fetch_sub(1);
    seen_.total.fetch_add(1);
    return Turn::done;
  }

 private:
  Seen& seen_;
};

void send_all(const Address<Numbered>& to, std::size_t from, std::uint64_t count) {
  for (std::uint64_t n = 1; n <= count;) {
    Numbered message{from, n};
    if (to.try_send(message) == SendStatus::sent) ++n;
  }
}

TEST(Threads, DeliverEachSendersMessagesInOrderFromManyThreads) {
  Counting::Seen seen;
  Machine machine(2);
  auto actor = machine.system.spawn({.mailbox_capacity = 64}, std::make_unique<Counting>(seen));
  ASSERT_TRUE(actor);
  machine.on_threads(3, [&](std::size_t n) { send_all(*actor, n, 5'000); });
  machine.wait_idle();
  EXPECT_EQ(seen.total, 15'000u);
  EXPECT_EQ(seen.disorder, 0u);
}

// Sends `left` messages, some in each turn, and goes on by a message to itself.
class Producing final : public Actor<std::uint64_t> {
 public:
  Producing(Address<Numbered> to, std::size_t me) : to_(std::move(to)), me_(me) {}
  Result<Turn> handle(std::uint64_t left, Context& context) override {
    for (int n = 0; n < 50 && left > 0; ++n) {
      Numbered message{me_, number_ + 1};
      if (to_.try_send(message) != SendStatus::sent) break;
      ++number_;
      --left;
    }
    if (left > 0) AIRSSYS_TRY_VOID(context.self<std::uint64_t>().send(left));
    return Turn::done;
  }

 private:
  const Address<Numbered> to_;
  const std::size_t me_;
  std::uint64_t number_ = 0;
};

TEST(Threads, DeliverEachSendersMessagesInOrderFromManyActors) {
  Counting::Seen seen;
  Machine machine(3);
  auto actor = machine.system.spawn({.mailbox_capacity = 100}, std::make_unique<Counting>(seen));
  ASSERT_TRUE(actor);
  for (std::size_t n = 0; n < 8; ++n) {
    auto producer = machine.system.spawn({}, std::make_unique<Producing>(*actor, n));
    ASSERT_TRUE(producer);
    ASSERT_TRUE(producer->send(2'000));
  }
  machine.wait_idle();
  EXPECT_EQ(seen.total, 16'000u);
  EXPECT_EQ(seen.disorder, 0u);
}

// Parks on every message and leaves its waker in a cell that plain threads empty.
class Parking final : public Actor<int> {
 public:
  struct Place {
    std::atomic<Waker*> waker{nullptr};
    std::atomic<std::uint64_t> resumed{0};
  };
  explicit Parking(Place& place) : place_(place) {}
  Result<Turn> handle(int, Context& context) override {
    delete place_.waker.exchange(new Waker(context.waker()));
    return Turn::parked;
  }
  Result<Turn> resume(Context&) override {
    place_.resumed.fetch_add(1);
    return Turn::done;
  }

 private:
  Place& place_;
};

TEST(Threads, NoWakeIsLostHoweverItMeetsThePark) {
  constexpr std::size_t actors = 4;
  constexpr std::uint64_t rounds = 2'000;
  std::array<Parking::Place, actors> places;
  Machine machine(2, {.mailbox_capacity = rounds});
  for (auto& place : places) {
    auto actor = machine.system.spawn({}, std::make_unique<Parking>(place));
    ASSERT_TRUE(actor);
    for (std::uint64_t n = 0; n < rounds; ++n) ASSERT_TRUE(actor->send(1));
  }
  std::atomic<bool> done{false};
  const auto wake_all = [&](std::size_t) {
    while (!done.load()) {
      bool all = true;
      for (auto& place : places) {
        const std::unique_ptr<Waker> waker(place.waker.exchange(nullptr));
        if (waker) {
          waker->wake();
          waker->wake();
        }
        all = all && place.resumed.load() == rounds;
      }
      if (all) done.store(true);
    }
  };
  machine.on_threads(2, wake_all);
  machine.wait_idle();
  for (auto& place : places) {
    EXPECT_EQ(place.resumed, rounds);
    delete place.waker.load();
  }
}

class CountingLetters final : public EventSink {
 public:
  void on_dead_letter(const DeadLetter& letter) noexcept override {
    (letter.why == DeadLetter::Why::ended ? late : discarded).fetch_add(1);
  }
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> discarded{0};
};

// Counts what it handled; crashes, parks and stops by the message.
class Restless final : public Actor<int> {
 public:
  explicit Restless(std::atomic<std::uint64_t>& handled) : handled_(handled) {}
  Result<Turn> handle(int message, Context& context) override {
    handled_.fetch_add(1);
    if (message % 101 == 0) return fail(Code::internal, "crash");
    if (message % 53 == 0) {
      context.executor().post_at(context.now() + 50us, [waker = context.waker()] { waker.wake(); });
      return Turn::parked;
    }
    return Turn::done;
  }

 private:
  std::atomic<std::uint64_t>& handled_;
};

TEST(Threads, NothingIsLostWhileActorsAreSpawnedKilledStoppedAndCrash) {
  CountingLetters letters;
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> handled{0};
  Machine machine(2, {.mailbox_capacity = 50}, &letters);
  machine.on_threads(3, [&](std::size_t thread) {
    for (int round = 0; round < 60; ++round) {
      auto actor = machine.system.spawn({.intensity = RestartIntensity{3, 1h}, .backoff = Backoff{10us, 10us}},
                                        [&] { return std::make_unique<Restless>(handled); });
      ASSERT_TRUE(actor);
      for (int n = 1; n <= 150; ++n) {
        int message = n + static_cast<int>(thread) * 1000;
        if (actor->try_send(message) == SendStatus::sent) accepted.fetch_add(1);
        if (n == 100 && round % 3 == 0) actor->stop();
        if (n == 100 && round % 3 == 1) actor->kill();
      }
      if (round % 3 == 2) actor->stop();
    }
  });
  EXPECT_TRUE(machine.system.shutdown(1h).empty());
  EXPECT_EQ(machine.system.stats().alive, 0u);
  EXPECT_EQ(handled + letters.discarded, accepted);
}

TEST(Threads, AShutdownDuringTrafficLosesNothing) {
  for (int round = 0; round < 20; ++round) {
    CountingLetters letters;
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> handled{0};
    Machine machine(2, {}, &letters);
    std::vector<Address<int>> actors;
    for (int n = 0; n < 10; ++n) actors.push_back(*machine.system.spawn({}, [&] { return std::make_unique<Restless>(handled); }));
    const auto sender = machine.platform->start_thread("test", [&] {
      for (int n = 1; n < 2'000; ++n) {
        int message = n;
        if (actors[static_cast<std::size_t>(n) % actors.size()].try_send(message) == SendStatus::sent) accepted.fetch_add(1);
      }
    });
    while (handled.load() < 100 && !machine.system.is_idle()) {}
    EXPECT_TRUE(machine.system.shutdown(1h).empty());
    while (actors.front().stats().waiting != 0) {}
    const_cast<std::unique_ptr<Thread>&>(sender).reset();
    EXPECT_EQ(handled + letters.discarded, accepted) << round;
  }
}

struct Token {
  std::uint32_t hops = 0;
};

class Passing final : public Actor<Token> {
 public:
  Result<Turn> handle(Token token, Context&) override {
    if (token.hops > 0) AIRSSYS_TRY_VOID(next->send({token.hops - 1}));
    ++handled;
    return Turn::done;
  }
  const Address<Token>* next = nullptr;
  std::uint64_t handled = 0;
};

TEST(Threads, ARingPassesItsTokensUntilTheyAreSpent) {
  Machine machine(3);
  std::vector<Passing*> objects;
  std::vector<Address<Token>> ring;
  for (int n = 0; n < 100; ++n) {
    auto object = std::make_unique<Passing>();
    objects.push_back(object.get());
    ring.push_back(*machine.system.spawn({}, std::move(object)));
  }
  machine.wait_idle();
  for (std::size_t n = 0; n < ring.size(); ++n) objects[n]->next = &ring[(n + 1) % ring.size()];
  for (std::size_t n = 0; n < ring.size(); n += 10) ASSERT_TRUE(ring[n].send({1'999}));
  machine.wait_idle();
  std::uint64_t handled = 0;
  for (const Passing* object : objects) handled += object->handled;
  EXPECT_EQ(handled, 20'000u);
}

// Sends to `other` and does not return before that one has run.
class Blocking final : public Actor<int> {
 public:
  Blocking(Address<Numbered> other, Counting::Seen& seen) : other_(std::move(other)), seen_(seen) {}
  Result<Turn> handle(int, Context&) override {
    AIRSSYS_TRY_VOID(other_.send({0, 1}));
    while (seen_.total.load() == 0) {}
    return Turn::done;
  }

 private:
  const Address<Numbered> other_;
  Counting::Seen& seen_;
};

TEST(Threads, WhatWaitsBehindALongTurnIsTakenOverByAnotherWorker) {
  for (int round = 0; round < 20; ++round) {
    Counting::Seen seen;
    Machine machine(2);
    auto counting = machine.system.spawn({}, std::make_unique<Counting>(seen));
    auto blocking = machine.system.spawn({}, std::make_unique<Blocking>(*counting, seen));
    ASSERT_TRUE(blocking);
    machine.wait_idle();
    ASSERT_TRUE(blocking->send(1));
    machine.wait_idle();
    EXPECT_EQ(seen.total, 1u);
  }
}

// Does not return before a timer that it arms has fired.
class WaitingForTime final : public Actor<int> {
 public:
  Result<Turn> handle(int, Context& context) override {
    std::atomic<bool> fired{false};
    context.executor().post_at(context.now() + 1ms, [&fired] { fired.store(true); });
    while (!fired.load()) {}
    return Turn::done;
  }
};

TEST(Threads, TimeIsKeptWhileWhoKeptItIsInALongTurn) {
  for (const std::size_t workers : {2u, 3u}) {
    Machine machine(workers);
    auto actor = machine.system.spawn({}, std::make_unique<WaitingForTime>());
    ASSERT_TRUE(actor);
    for (int round = 0; round < 20; ++round) {
      machine.wait_idle();
      std::atomic<std::uint32_t> sent{0};
      machine.executor.post_at(machine.platform->now() + 1ms, [&] {  // whoever fires this one runs the long turn
        int message = 1;
        EXPECT_EQ(actor->try_send(message), SendStatus::sent);
        sent.store(1);
        machine.executor.notify(sent);
      });
      while (sent.load() == 0) machine.executor.wait(sent, 0, Instant::max());
    }
    machine.wait_idle();
    EXPECT_EQ(actor->stats().handled, 20u);
  }
}

class Stuck final : public Actor<int> {
 public:
  explicit Stuck(std::atomic<int>& state) : state_(state) {}
  Result<Turn> handle(int, Context&) override {
    state_.store(1);
    while (state_.load() != 2) {}
    return Turn::done;
  }

 private:
  std::atomic<int>& state_;
};

TEST(Threads, AShutdownReturnsWhatDoesNotReturnFromItsTurn) {
  std::atomic<int> state{0};
  Machine machine(2);
  auto actor = machine.system.spawn({.name = "stuck"}, std::make_unique<Stuck>(state));
  ASSERT_TRUE(actor);
  ASSERT_TRUE(actor->send(1));
  while (state.load() != 1) {}
  const auto unstopped = machine.system.shutdown(1ms);
  ASSERT_EQ(unstopped.size(), 1u);
  EXPECT_EQ(unstopped[0].name, "stuck");
  EXPECT_FALSE(actor->ended());
  state.store(2);  // the destructor waits for it
}

TEST(Threads, ASpawnThatIsWaitedForHasStarted) {
  Machine machine(2);
  for (int n = 0; n < 200; ++n) {
    Counting::Seen seen;
    auto actor = machine.system.spawn_and_wait({}, std::make_unique<Counting>(seen));
    ASSERT_TRUE(actor);
    ASSERT_TRUE(actor->send({0, 1}));
    machine.wait_idle();
    ASSERT_EQ(seen.total, 1u);
    actor->stop();
    machine.wait_idle();
    ASSERT_TRUE(actor->ended());
  }
}

}  // namespace
}  // namespace airssys::rt
