// Asks: exactly one outcome, whatever happens to either side (R0.6).
#include <algorithm>

#include "airssys/rt/reply.h"
#include "world.h"

namespace airssys::rt {
namespace {

struct Question {
  int number = 0;
  Reply<int> reply;
};

// Answers with the double; keeps the Reply of 0, crashes at a negative number, forgets at 1000, answers twice at 2000.
class Doubler final : public Actor<Question> {
 public:
  Doubler(std::vector<Reply<int>>& kept, std::vector<Error>& errors) : kept_(kept), errors_(errors) {}
  Result<Turn> handle(Question question, Context&) override {
    if (question.number < 0) return fail(Code::internal, "crash");
    if (question.number == 1000) return Turn::done;
    if (question.number == 0) {
      kept_.push_back(std::move(question.reply));
      return Turn::done;
    }
    AIRSSYS_TRY_VOID(question.reply.send(2 * question.number));
    if (question.number != 2000) return Turn::done;
    const auto again = question.reply.send(1);
    if (!again) errors_.push_back(again.error());
    return Turn::done;
  }

 private:
  std::vector<Reply<int>>& kept_;
  std::vector<Error>& errors_;
};

class AskTest : public ::testing::Test {
 protected:
  explicit AskTest(SystemLimits limits = {}) : world(1, limits) {}
  static auto question(int number) {
    return [number](Reply<int> reply) { return Question{number, std::move(reply)}; };
  }
  auto heard() {
    return [this](Result<int> answer, Context&) -> Result<Turn> {
      outcomes.push_back(answer ? std::to_string(*answer) : std::string(code_name(answer.error().code())));
      return Turn::done;
    };
  }
  // The asker asks, in a turn of it.
  void ask(int number, Duration timeout = 1s) {
    ASSERT_TRUE(asker.send([this, number, timeout](Context& context) -> Result<Turn> {
      if (auto asked = context.ask<int>(doubler, question(number), timeout, heard()); !asked) refused.push_back(asked.error());
      return Turn::done;
    }));
    world.settle();
  }
  using Texts = std::vector<std::string>;
  std::uint64_t late() { return world.system.stats().late_replies; }

  std::vector<Reply<int>> kept;  // outlives the world
  std::vector<Error> errors;
  std::vector<Error> refused;
  Texts outcomes;
  World world;
  Strings& strings = world.strings();
  Address<Act> asker = world.start({.name = "asker"}, strings);
  Address<Question> doubler =
      *world.system.spawn({.name = "doubler", .mailbox_capacity = 3}, [this] { return std::make_unique<Doubler>(kept, errors); });
};

TEST_F(AskTest, BringsTheAnswerInATurnOfTheAsker) {
  ask(21);
  EXPECT_EQ(outcomes, Texts{"42"});
}

TEST_F(AskTest, IsAnsweredFromInsideAnotherAsk) {  // the reference cannot
  Address<Act> middle = world.start({.name = "middle"}, world.strings());
  ASSERT_TRUE(asker.send([this, middle](Context& context) -> Result<Turn> {
    const auto make = [this](Reply<int> upstream) -> Act {
      auto shared = std::make_shared<Reply<int>>(std::move(upstream));
      return [this, shared](Context& inner) -> Result<Turn> {
        const auto pass_on = [shared](Result<int> answer, Context&) -> Result<Turn> {
          AIRSSYS_TRY_VOID(shared->send(*answer + 1));
          return Turn::done;
        };
        AIRSSYS_TRY_VOID(inner.ask<int>(doubler, question(5), 1s, pass_on));
        return Turn::done;
      };
    };
    AIRSSYS_TRY_VOID(context.ask<int>(middle, make, 1s, heard()));
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(outcomes, Texts{"11"});
}

TEST_F(AskTest, LosesNoAnswerThatComesBeforeTheAskHasReturned) {  // the reference loses it
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    const auto make = [](Reply<int> reply) {
      EXPECT_TRUE(reply.send(7));
      return Question{1000, {}};
    };
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, make, 1s, heard()));
    EXPECT_TRUE(outcomes.empty()) << "never re-entrant";
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(outcomes, Texts{"7"});
}

TEST_F(AskTest, HearsAnErrorThatWasAnswered) {
  ask(0);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(kept[0].fail(Error(Code::denied, "no")));
  world.settle();
  EXPECT_EQ(outcomes, Texts{std::string(code_name(Code::denied))});
}

TEST_F(AskTest, TimesOutAtItsDeadlineAndTheLateAnswerIsCounted) {
  ask(0, 100ms);
  world.pass(100ms - 1ns);
  EXPECT_TRUE(outcomes.empty());
  world.pass(1ns);
  EXPECT_EQ(outcomes, Texts{"timeout"});
  EXPECT_TRUE(kept[0].send(1)) << "no failure of who answers";
  world.settle();
  EXPECT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(late(), 1u);
}

TEST_F(AskTest, TimesOutEachAtItsOwnDeadline) {
  for (const auto timeout : {300ms, 100ms, 200ms, 100ms}) ask(0, timeout);
  for (const std::size_t expected : {2u, 3u, 4u}) {
    world.pass(100ms);
    EXPECT_EQ(outcomes.size(), expected);
  }
  EXPECT_EQ(world.executor.timers(), 0u);
}

TEST_F(AskTest, IsForgottenWhereverItStandsAmongTheOthers) {
  std::vector<Duration> timeouts;
  for (int n = 0; n < 50; ++n) timeouts.push_back((n % 3 == 0 ? 500ms : 100ms) + n * 1ms);
  for (const Duration timeout : timeouts) ask(0, timeout);
  for (std::size_t n = 0; n < timeouts.size(); n += 2) EXPECT_TRUE(kept[n * 7 % 50].send(1));
  world.settle();
  EXPECT_EQ(outcomes.size(), 25u);
  world.pass(1s);
  EXPECT_EQ(outcomes.size(), 50u);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "timeout"), 25);
  EXPECT_EQ(world.executor.timers(), 0u);
}

TEST_F(AskTest, WithoutTimeTimesOutUnlessItIsAnsweredBefore) {
  ask(0, 0s);
  world.pass(1ns);
  ask(0, -1s);
  world.pass(1ns);
  EXPECT_EQ(outcomes, (Texts{"timeout", "timeout"}));
  ask(0, Duration::max());
  EXPECT_EQ(world.executor.timers(), 0u);
  EXPECT_TRUE(kept.back().send(3));
  world.settle();
  EXPECT_EQ(outcomes.back(), "3");
}

TEST_F(AskTest, NeedsOneTimerForAll) {
  for (int n = 0; n < 100; ++n) ask(0, 1s);
  EXPECT_EQ(world.executor.timers(), 1u);
  for (auto& reply : kept) EXPECT_TRUE(reply.send(1));
  world.settle();
  EXPECT_EQ(outcomes.size(), 100u);
}

TEST_F(AskTest, IsUnavailableWhenTheReceiverCrashesOrForgets) {
  ask(-1);
  ask(1000);
  EXPECT_EQ(outcomes, (Texts{"unavailable", "unavailable"}));
  ask(0);
  doubler.kill();
  world.settle();
  kept.clear();
  world.settle();
  EXPECT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(late(), 0u) << "letting go is no answer";
}

TEST_F(AskTest, IsUnavailableWhenItsRequestBecomesADeadLetter) {
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, question(1), 1s, heard()));
    doubler.kill();
    return Turn::done;
  }));
  world.settle();
  EXPECT_TRUE(outcomes == Texts{"unavailable"} || outcomes == Texts{"2"}) << "as the turns fall";
  EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(AskTest, ThatCannotBeSentFailsAtOnceAndNeverGoesOn) {
  doubler.stop();
  world.settle();
  ask(1);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].code(), Code::unavailable);
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(AskTest, ToAFullMailboxIsExhausted) {
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    for (int n = 1; n <= 4; ++n)
      if (auto asked = context.ask<int>(doubler, question(n), 1s, heard()); !asked) refused.push_back(asked.error());
    return Turn::done;
  }));
  world.settle();
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].code(), Code::exhausted);
  EXPECT_EQ(outcomes, (Texts{"2", "4", "6"}));
}

TEST_F(AskTest, IsHeardOfNoMoreOnceItIsCancelled) {
  auto alive = std::make_shared<int>(0);
  PendingAsk asked;
  ASSERT_TRUE(asker.send([&, this](Context& context) -> Result<Turn> {
    AIRSSYS_TRY(asked, context.ask<int>(doubler, question(0), 1s, [this, alive](Result<int>, Context&) -> Result<Turn> {
      outcomes.push_back("called");
      return Turn::done;
    }));
    return Turn::done;
  }));
  world.settle();
  ASSERT_EQ(alive.use_count(), 2);
  ASSERT_TRUE(asker.send([&](Context& context) -> Result<Turn> {
    EXPECT_TRUE(context.cancel(asked));
    EXPECT_EQ(alive.use_count(), 1) << "what it captured goes at once";
    return Turn::done;
  }));
  world.settle();
  const auto answered = kept.at(0).send(1);
  ASSERT_TRUE(answered);
  EXPECT_EQ(*answered, Answered::late);
  world.settle();
  EXPECT_TRUE(outcomes.empty());
  EXPECT_EQ(world.system.stats().late_replies, 1u);
}

TEST_F(AskTest, CannotBeCancelledOnceItsAnswerIsOnTheWay) {
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    std::optional<Reply<int>> reply;
    const auto make = [&](Reply<int> made) {
      reply = std::move(made);
      return Question{1000, {}};
    };
    AIRSSYS_TRY(const PendingAsk asked, context.ask<int>(doubler, make, 1s, heard()));
    const auto answered = reply->send(7);
    EXPECT_TRUE(answered && *answered == Answered::in_time);
    EXPECT_FALSE(context.cancel(asked));
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(outcomes, Texts{"7"}) << "exactly one outcome, and it is this one";
}

TEST_F(AskTest, CanBeAskedOfOneself) {
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    const auto make = [](Reply<int> reply) -> Act {
      auto shared = std::make_shared<Reply<int>>(std::move(reply));
      return [shared](Context&) -> Result<Turn> {
        AIRSSYS_TRY_VOID(shared->send(5));
        return Turn::done;
      };
    };
    AIRSSYS_TRY_VOID(context.ask<int>(context.self<Act>(), make, 1s, heard()));
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(outcomes, Texts{"5"});
}

TEST_F(AskTest, ASecondAnswerIsAnErrorAndHarmless) {
  ask(2000);
  EXPECT_EQ(outcomes, Texts{"4000"});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code(), Code::invalid_argument);
  EXPECT_EQ(late(), 0u);
}

TEST_F(AskTest, OfAnAskerThatEndedIsLate) {
  auto alive = std::make_shared<int>(1);
  ASSERT_TRUE(asker.send([this, alive](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, question(0), 1s, [alive](Result<int>, Context&) -> Result<Turn> {
      ADD_FAILURE() << "nobody is there to go on";
      return Turn::done;
    }));
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(alive.use_count(), 2);
  asker.stop();
  world.settle();
  EXPECT_EQ(alive.use_count(), 1) << "what the continuation holds goes with its object";
  EXPECT_EQ(world.executor.timers(), 0u);
  EXPECT_TRUE(kept[0].send(1));
  world.settle();
  EXPECT_EQ(late(), 1u);
}

TEST_F(AskTest, OfAnObjectThatWasRestartedIsLateAndNotHeardByTheNext) {
  ask(0);
  ask(0);
  ASSERT_TRUE(asker.send(fails()));
  ASSERT_TRUE(kept[0].send(1)) << "before the crash";
  world.settle();
  EXPECT_TRUE(kept[1].send(1));
  world.settle();
  EXPECT_LE(outcomes.size(), 1u);
  EXPECT_EQ(late(), 1u);
  ask(4);
  EXPECT_EQ(outcomes.back(), "8") << "the new object asks as the old one did";
}

TEST_F(AskTest, IsHeardOnlyWhenAParkedAskerGoesOn) {
  Waker waker;
  ASSERT_TRUE(asker.send([&, this](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, question(1), 1s, heard()));
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, question(0), 1s, heard()));
    waker = context.waker();
    return Turn::parked;
  }));
  world.pass(2s);
  EXPECT_TRUE(outcomes.empty());
  waker.wake();
  world.settle();
  EXPECT_EQ(outcomes, (Texts{"2", "timeout"}));
}

TEST_F(AskTest, MayParkOrFailInItsContinuation) {
  Waker waker;
  ASSERT_TRUE(asker.send([&, this](Context& context) -> Result<Turn> {
    AIRSSYS_TRY_VOID(context.ask<int>(doubler, question(1), 1s, [&](Result<int>, Context& later) -> Result<Turn> {
      waker = later.waker();
      return Turn::parked;
    }));
    return Turn::done;
  }));
  world.settle();
  ASSERT_TRUE(waker);
  strings.resume = [](Context&) -> Result<Turn> { return fail(Code::internal, "after the park"); };
  waker.wake();
  world.settle();
  EXPECT_EQ(asker.stats().restarts, 1u);
}

struct FewAsks : AskTest {
  FewAsks() : AskTest({.max_asks = 10}) {}
};

TEST_F(FewAsks, AreBoundedAndAPlaceIsFreeAgainAfterTheOutcome) {
  for (int n = 0; n < 11; ++n) ask(0, 100ms);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].code(), Code::exhausted);
  EXPECT_NE(refused[0].message().find("max_asks"), std::string::npos) << refused[0].message();
  EXPECT_TRUE(kept[0].send(1));
  world.settle();
  ask(0);
  EXPECT_EQ(refused.size(), 1u);
  world.pass(1s);
  EXPECT_EQ(outcomes.size(), 11u);
}

TEST_F(AskTest, TenThousandMayBeOpenByDefaultAndTimeOutInTheOrderOfTheirDeadlines) {
  std::vector<Duration> heard_at;
  const Instant began = world.platform.now();
  const auto hold = [this](Reply<int> reply) {
    kept.push_back(std::move(reply));
    return nothing();
  };
  const auto next = [&](Result<int> answer, Context& context) -> Result<Turn> {
    EXPECT_EQ(answer.error().code(), Code::timed_out);
    heard_at.push_back(context.now() - began);
    return Turn::done;
  };
  for (int chunk = 0; chunk < 20; ++chunk) {
    ASSERT_TRUE(asker.send([&, chunk](Context& context) -> Result<Turn> {
      for (int n = chunk * 500; n < (chunk + 1) * 500; ++n)
        AIRSSYS_TRY_VOID(context.ask<int>(context.self<Act>(), hold, Duration(1s) + Duration(n * 7919 % 10'000), next));
      return Turn::done;
    }));
    world.settle();
  }
  ASSERT_EQ(kept.size(), 10'000u);
  ask(1);
  EXPECT_EQ(refused.size(), 1u);
  world.pass(2s);
  ASSERT_EQ(heard_at.size(), 10'000u);
  for (std::size_t n = 0; n < heard_at.size(); ++n) ASSERT_EQ(heard_at[n], Duration(1s) + Duration(n));
}

TEST_F(AskTest, SimulatedFuturesRunTheWorld) {
  auto future = world.system.ask<int>(doubler, question(4), 1s);
  EXPECT_EQ(*future.wait(), 8);
  EXPECT_EQ(future.wait().error().code(), Code::invalid_argument) << "taken";
  EXPECT_EQ(Future<int>().wait().error().code(), Code::invalid_argument);
}

TEST_F(AskTest, FuturesTimeOutAreLetGoOrRefused) {
  const Instant before = world.platform.now();
  auto timed = world.system.ask<int>(doubler, question(0), 250ms);
  EXPECT_EQ(timed.wait().error().code(), Code::timed_out);
  EXPECT_EQ(world.platform.now() - before, 250ms);
  EXPECT_TRUE(kept[0].send(1));
  EXPECT_EQ(late(), 1u);
  EXPECT_EQ(world.system.ask<int>(doubler, question(-1), 1s).wait().error().code(), Code::unavailable);
  EXPECT_EQ(world.system.ask<int>(doubler, question(0), Duration::max()).wait().error().code(), Code::unavailable)
      << "nothing is left that could answer";
  doubler.stop();
  world.settle();
  EXPECT_EQ(world.system.ask<int>(doubler, question(1), 1s).wait().error().code(), Code::unavailable);
}

TEST_F(AskTest, FuturesAreNotWaitedForByAnActor) {
  ASSERT_TRUE(asker.send([this](Context& context) -> Result<Turn> {
    auto future = context.system().ask<int>(doubler, question(1), 1s);
    EXPECT_EQ(future.wait().error().code(), Code::invalid_argument);
    return Turn::done;
  }));
  world.settle();
}

TEST_F(FewAsks, FuturesAreBoundedAndThoseGivenUpFreeTheirPlace) {
  std::vector<Future<int>> futures;
  for (int n = 0; n < 3; ++n) futures.push_back(world.system.ask<int>(doubler, question(0), 1s));
  world.settle();
  while (futures.size() < 10) {
    futures.push_back(world.system.ask<int>(doubler, question(0), 1s));
    world.settle();
  }
  EXPECT_EQ(world.system.ask<int>(doubler, question(1), 1s).wait().error().code(), Code::exhausted);
  futures.clear();
  EXPECT_EQ(*world.system.ask<int>(doubler, question(1), 1s).wait(), 2);
  for (auto& reply : kept) EXPECT_TRUE(reply.send(1));
  EXPECT_EQ(late(), 10u);
}

TEST(AskOutliving, TheSystemIsUnavailableForFuturesAndHarmlessForReplies) {
  std::vector<Reply<int>> kept;
  std::vector<Error> errors;
  Future<int> future;
  Address<Question> address;
  {
    World world;
    address = *world.system.spawn({}, [&] { return std::make_unique<Doubler>(kept, errors); });
    future = world.system.ask<int>(address, [](Reply<int> reply) { return Question{0, std::move(reply)}; }, 1s);
    world.settle();
    ASSERT_EQ(kept.size(), 1u);
  }
  EXPECT_EQ(future.wait().error().code(), Code::unavailable);
  EXPECT_TRUE(kept[0].send(1));
  EXPECT_FALSE(kept[0]);
  EXPECT_EQ(address.send({1, {}}).error().code(), Code::unavailable);
  EXPECT_EQ(address.send({1, {}}, {.priority = Priority::low, .ttl = 1s}).error().code(), Code::unavailable);
}

TEST(AskOutliving, AReplyToAnAskerWhoseSystemIsGoneIsHarmless) {
  std::vector<Reply<int>> kept;
  {
    World world;
    Address<Act> asker = world.start({}, world.strings());
    ASSERT_TRUE(asker.send([&](Context& context) -> Result<Turn> {
      for (int n = 0; n < 2; ++n) {
        const auto make = [&](Reply<int> reply) {
          kept.push_back(std::move(reply));
          return nothing();
        };
        AIRSSYS_TRY_VOID(
            context.ask<int>(context.self<Act>(), make, 1s, [](Result<int>, Context&) -> Result<Turn> { return Turn::done; }));
      }
      return Turn::done;
    }));
    world.settle();
  }
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_TRUE(kept[0].send(1));
  kept.clear();
}

struct Poke {
  Reply<void> reply;
};
class Poked final : public Actor<Poke> {
 public:
  Result<Turn> handle(Poke poke, Context& context) override {
    AIRSSYS_TRY_VOID(context.correlation() == 9 ? poke.reply.send() : poke.reply.fail(Error(Code::denied, "who?")));
    return Turn::done;
  }
};

TEST_F(AskTest, MayHaveNoValueAndSayWhatAMessageMaySay) {
  auto poked = *world.system.spawn({}, std::make_unique<Poked>());
  std::vector<bool> done;
  ASSERT_TRUE(asker.send([&](Context& context) -> Result<Turn> {
    const auto make = [](Reply<void> reply) { return Poke{std::move(reply)}; };
    const auto next = [&](Result<> answer, Context&) -> Result<Turn> {
      done.push_back(answer.has_value());
      return Turn::done;
    };
    AIRSSYS_TRY_VOID(context.ask<void>(poked, make, 1s, next, {.priority = Priority::low, .correlation = 9}));
    AIRSSYS_TRY_VOID(context.ask<void>(poked, make, 1s, next));
    return Turn::done;
  }));
  world.settle();
  EXPECT_EQ(done, (std::vector{false, true})) << "the low one comes last";
}

}  // namespace
}  // namespace airssys::rt
