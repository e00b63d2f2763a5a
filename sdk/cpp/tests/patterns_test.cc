// What a component does about others that fail, and other parts that know no host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "airssys/sdk/backoff.h"
#include "airssys/sdk/batch.h"
#include "airssys/sdk/breaker.h"
#include "airssys/sdk/correlation.h"
#include "airssys/sdk/detail/function.h"
#include "airssys/sdk/detail/request_table.h"
#include "airssys/sdk/detail/topic.h"

namespace airssys {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;
using State = circuit_breaker::state;

TEST(Breaker, OpensAfterSoManyFailuresInARow) {
  circuit_breaker breaker({.failures = 3, .open_for = 10});
  for (const bool good : {false, false, true, false, false}) {
    EXPECT_TRUE(breaker.allows(0));
    good ? breaker.succeeded() : breaker.failed(0);
  }
  EXPECT_EQ(breaker.now_is(), State::closed);
  breaker.failed(5);
  EXPECT_EQ(breaker.now_is(), State::open);
  EXPECT_FALSE(breaker.allows(5));
  EXPECT_FALSE(breaker.allows(14));
}

TEST(Breaker, ClosesAfterSoManyTrialsThatSucceedOneAtATime) {
  circuit_breaker breaker({.failures = 1, .successes = 2, .open_for = 10});
  breaker.failed(0);
  EXPECT_TRUE(breaker.allows(10));
  EXPECT_EQ(breaker.now_is(), State::half_open);
  EXPECT_FALSE(breaker.allows(11)) << "the trial has no outcome yet";
  breaker.succeeded();
  EXPECT_EQ(breaker.now_is(), State::half_open);
  EXPECT_TRUE(breaker.allows(12));
  breaker.succeeded();
  EXPECT_EQ(breaker.now_is(), State::closed);
  EXPECT_TRUE(breaker.allows(12) && breaker.allows(12));
}

TEST(Breaker, OpensAgainAtAFailedTrialAndAtOneThatIsNeverHeardOf) {
  circuit_breaker breaker({.failures = 1, .successes = 1, .open_for = 10, .trial_for = 20});
  breaker.failed(0);
  EXPECT_TRUE(breaker.allows(10));
  breaker.failed(15);
  EXPECT_FALSE(breaker.allows(24));
  EXPECT_TRUE(breaker.allows(25));
  EXPECT_FALSE(breaker.allows(45)) << "given up";
  EXPECT_EQ(breaker.now_is(), State::open);
  EXPECT_TRUE(breaker.allows(55));
}

TEST(Backoff, GrowsUpToItsMost) {
  constexpr backoff waits{.first = 100, .factor = 3, .most = 1000};
  EXPECT_THAT((std::vector{waits.wait(1), waits.wait(2), waits.wait(3), waits.wait(4), waits.wait(4'000'000'000)}),
              ElementsAre(100, 300, 900, 1000, 1000));
}

TEST(Backoff, IsByChanceBetweenHalfAndAllOfIt) {
  std::vector<std::uint64_t> waits;
  for (std::uint64_t chance = 0; chance < 1000; ++chance) waits.push_back(backoff{}.wait(1, chance));
  EXPECT_THAT(waits, Each(Ge(50u)));
  EXPECT_THAT(waits, Each(Le(100u)));
  EXPECT_THAT(waits, ::testing::Contains(50u));
  EXPECT_THAT(waits, ::testing::Contains(100u));
}

TEST(AdaptiveTimeout, FollowsHowLongAnswersTake) {
  adaptive_timeout timeout(1000, 10, 5000);
  EXPECT_EQ(timeout.value(), 1000u);
  for (int n = 0; n < 100; ++n) timeout.answered(100);
  EXPECT_GE(timeout.value(), 100u);
  EXPECT_LE(timeout.value(), 110u);
  timeout.answered(500);
  EXPECT_GT(timeout.value(), 400u);
  for (int n = 0; n < 100; ++n) timeout.answered(0);
  EXPECT_EQ(timeout.value(), 10u);
  for (int n = 0; n < 20; ++n) timeout.timed_out();
  EXPECT_EQ(timeout.value(), 5000u);
}

TEST(Batch, IsFullAfterSoManyOrSoLong) {
  batch<int> some(3, 100);
  EXPECT_FALSE(some.add(1, 0) || some.add(2, 1) || some.late(99));
  EXPECT_THAT(some.add(3, 2).value(), ElementsAre(1, 2, 3));
  EXPECT_FALSE(some.add(4, 1000));
  EXPECT_THAT(some.late(1100).value(), ElementsAre(4));
  EXPECT_FALSE(some.add(5, 2000));
  EXPECT_THAT(some.add(6, 2100).value(), ElementsAre(5, 6));
  EXPECT_FALSE(some.late(9999));
}

TEST(Correlation, CarriesANumberAndAPayloadOfAnyCodec) {
  const payload sent = correlated(0x0102030405060708, {codec::json, "{}"});
  EXPECT_EQ(sent.codec(), codec::raw);
  const auto got = uncorrelate(sent);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->number, 0x0102030405060708u);
  EXPECT_EQ(got->content.codec(), codec::json);
  EXPECT_EQ(got->content.text(), "{}");
  EXPECT_FALSE(uncorrelate("1234567"));
  EXPECT_FALSE(uncorrelate("12345678")) << "no payload follows";
  EXPECT_FALSE(uncorrelate({codec::json, "12345678U"}));
}

TEST(Correlation, GivesEachQuestionOneAnswerAndKeepsNoMoreThanItsLimit) {
  open_questions<std::string, 2> asked;
  const auto first = asked.add("first", 10), second = asked.add("second", 20);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(asked.add("third"));
  EXPECT_EQ(asked.take(*first), "first");
  EXPECT_EQ(asked.take(*first), std::nullopt);
  std::vector<std::string> late;
  asked.drop_late(19, [&](std::string known) { late.push_back(std::move(known)); });
  EXPECT_THAT(late, ElementsAre());
  asked.drop_late(20, [&](std::string known) { late.push_back(std::move(known)); });
  EXPECT_THAT(late, ElementsAre("second"));
  EXPECT_EQ(asked.size(), 0u);
}

TEST(RequestTable, GivesEachContinuationAwayOnce) {
  using Then = detail::unique_function<int()>;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    detail::request_table<Then> table;
    std::vector<std::uint64_t> open;
    for (std::uint64_t id = 1; id <= 2000; ++id) {
      if (table.has_room()) {
        table.add({7, id}, [id] { return static_cast<int>(id); });
        open.push_back(id);
      }
      if (random() % 3 == 0 || !table.has_room()) {
        const auto at = open.begin() + static_cast<std::ptrdiff_t>(random() % open.size());
        const request_id wanted{7, *at};
        Then then = table.take(wanted);
        ASSERT_TRUE(then);
        EXPECT_EQ(then(), static_cast<int>(*at));
        EXPECT_FALSE(table.take(wanted));
        open.erase(at);
      }
      ASSERT_EQ(table.size(), open.size());
    }
    EXPECT_FALSE(table.take({8, open.front()})) << "of another";
  }
}

static_assert(detail::is_pattern("orders"));
static_assert(detail::is_pattern("orders.*.created-1_a"));
static_assert(detail::is_pattern("**"));
static_assert(detail::is_pattern("a.b.c.d.e.f.g.**"));
static_assert(!detail::is_pattern(""));
static_assert(!detail::is_pattern("orders."));
static_assert(!detail::is_pattern(".orders"));
static_assert(!detail::is_pattern("**.orders"));
static_assert(!detail::is_pattern("orders*"));
static_assert(!detail::is_pattern("Orders"));
static_assert(!detail::is_pattern("a.b.c.d.e.f.g.h.i"));

TEST(Topic, MatchesAsTheSpecificationSays) {
  EXPECT_TRUE(detail::matches("orders.*", "orders.created"));
  EXPECT_FALSE(detail::matches("orders.*", "orders"));
  EXPECT_FALSE(detail::matches("orders.*", "orders.eu.created"));
  for (const char* topic : {"orders", "orders.created", "orders.eu.created"}) EXPECT_TRUE(detail::matches("orders.**", topic));
  EXPECT_FALSE(detail::matches("orders.**", "order"));
  EXPECT_TRUE(detail::matches("*.eu.*", "orders.eu.created"));
  EXPECT_FALSE(detail::matches("orders.eu", "orders.eu.created"));
}

}  // namespace
}  // namespace airssys
