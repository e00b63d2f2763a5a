#include "../src/watchdog.h"

#include <gtest/gtest.h>

namespace airssys::rt {
namespace {

using namespace std::chrono_literals;
using Kind = ActorEvent::Kind;

Instant at(Duration since_start) { return Instant(since_start); }

struct Looks {
  std::vector<LongTurns::Report> look(Duration when, std::vector<TurnSample> samples) { return sut.look(at(when), samples); }
  TurnSample turn(std::uint32_t number, std::uint64_t actor) const { return {number, ActorId(actor), &system}; }
  int system = 0;
  LongTurns sut{1s, &system};
};

TEST(LongTurns, ReportsATurnOnceAndItsEndOnce) {
  Looks looks;
  EXPECT_TRUE(looks.look(0ms, {looks.turn(7, 3)}).empty());
  EXPECT_TRUE(looks.look(999ms, {looks.turn(7, 3)}).empty()) << "not before the limit";
  const auto long_turn = looks.look(1250ms, {looks.turn(7, 3)});
  ASSERT_EQ(long_turn.size(), 1u);
  EXPECT_EQ(long_turn[0].kind, Kind::long_turn);
  EXPECT_EQ(long_turn[0].actor, ActorId(3));
  EXPECT_EQ(long_turn[0].lasted, 1250ms);
  EXPECT_TRUE(looks.look(5s, {looks.turn(7, 3)}).empty());
  const auto over = looks.look(6s, {looks.turn(8, 3)});
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].kind, Kind::long_turn_over);
  EXPECT_EQ(over[0].actor, ActorId(3));
  EXPECT_EQ(over[0].lasted, 6s);
  EXPECT_TRUE(looks.look(6500ms, {looks.turn(8, 3)}).empty()) << "a new turn";
}

TEST(LongTurns, SaysNothingOfManyShortTurnsOfIdleWorkersAndOfOtherSystems) {
  Looks looks;
  int other = 0;
  for (int n = 0; n < 100; ++n)
    EXPECT_TRUE(
        looks.look(n * 250ms, {looks.turn(static_cast<std::uint32_t>(n), 3), looks.turn(7, 0), TurnSample{9, ActorId(4), &other}})
            .empty());
}

TEST(LongTurns, KeepsWorkersApart) {
  Looks looks;
  EXPECT_TRUE(looks.look(0ms, {looks.turn(1, 1), looks.turn(1, 2)}).empty());
  EXPECT_EQ(looks.look(1s, {looks.turn(1, 1), looks.turn(2, 2)}).size(), 1u);
  const auto second = looks.look(2s, {looks.turn(2, 5), looks.turn(2, 2)});
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].kind, Kind::long_turn_over);
  EXPECT_EQ(second[1].kind, Kind::long_turn);
  EXPECT_EQ(second[1].actor, ActorId(2));
}

TEST(LongTurns, EveryTurnIsOverInTheEnd) {
  Looks looks;
  EXPECT_TRUE(looks.look(0ms, {looks.turn(1, 1)}).empty());
  EXPECT_EQ(looks.look(1s, {looks.turn(1, 1)}).size(), 1u);
  const auto end = looks.look(2s, {});
  ASSERT_EQ(end.size(), 1u);
  EXPECT_EQ(end[0].kind, Kind::long_turn_over);
}

}  // namespace
}  // namespace airssys::rt
