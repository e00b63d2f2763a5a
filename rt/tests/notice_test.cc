#include "airssys/rt/notice.h"

#include "world.h"

namespace airssys::rt {
namespace {

// Counts what becomes of it; lives in the test.
class Note final : public Notice {
 public:
  Note(std::vector<int>& into, int number, std::uint32_t whose = any_object) : Notice(whose), into_(into), number_(number) {}
  Result<Turn> deliver(ActorBase&, Context& context) override {
    into_.push_back(number_);
    return does ? does(context) : Turn::done;
  }
  void release() noexcept override { ++released; }
  Act does = nullptr;
  int released = 0;

 private:
  std::vector<int>& into_;
  const int number_;
};

struct Reach : ActorRef {
  explicit Reach(ActorRef ref) : ActorRef(std::move(ref)) {}
  [[nodiscard]] Cell& cell() const { return *cell_; }
};

class NoticeTest : public ::testing::Test {
 protected:
  World world;
  Strings& strings = world.strings();
  std::vector<int> seen;
  Address<Act> actor = world.start({.name = "a", .mailbox_capacity = 2}, strings);
  Cell& cell = Reach(actor).cell();
  std::uint32_t object = 0;
  Act parks(Waker& waker) {
    return [&](Context& context) -> Result<Turn> {
      waker = context.waker();
      return Turn::parked;
    };
  }
};

TEST_F(NoticeTest, AreTakenInTheOrderOfThePostsAndBesideAFullMailbox) {
  ASSERT_TRUE(actor.send(note(seen, -1)));
  ASSERT_TRUE(actor.send(note(seen, -2)));
  Note one(seen, 1);
  Note two(seen, 2);
  Note three(seen, 3);
  for (Note* each : {&one, &two, &three}) EXPECT_TRUE(cell.post(*each));
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2, 3, -1, -2}));
  EXPECT_EQ(one.released + two.released + three.released, 3);
}

TEST_F(NoticeTest, WaitWhileTheActorIsParkedAlsoByANotice) {
  Waker waker;
  Note one(seen, 1);
  Note two(seen, 2);
  one.does = parks(waker);
  EXPECT_TRUE(cell.post(one));
  EXPECT_TRUE(cell.post(two));
  ASSERT_TRUE(actor.send(note(seen, -1)));
  world.settle();
  EXPECT_EQ(seen, std::vector{1});
  waker.wake();
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 2, -1}));
}

TEST_F(NoticeTest, OfAnObjectThatIsGoneAreReleasedUnrun) {
  ASSERT_TRUE(actor.send([&](Context&) -> Result<Turn> {
    object = cell.object_number();
    return Turn::done;
  }));
  world.settle();
  Note crash(seen, 1, object);
  Note late(seen, 2, object);
  Note any(seen, 3);
  crash.does = fails();
  for (Note* each : {&crash, &late, &any}) EXPECT_TRUE(cell.post(*each));
  world.settle();
  EXPECT_EQ(seen, (std::vector{1, 3})) << "the failure is a crash";
  EXPECT_EQ(actor.stats().restarts, 1u);
  EXPECT_EQ(late.released, 1);
}

TEST_F(NoticeTest, AreRefusedOnceTheActorHasEndedAndReleasedWhenItEnds) {
  Waker waker;
  ASSERT_TRUE(actor.send(parks(waker)));
  world.settle();
  Note waiting(seen, 1);
  EXPECT_TRUE(cell.post(waiting));
  world.settle();
  actor.kill();
  world.settle();
  EXPECT_EQ(waiting.released, 1);
  Note late(seen, 2);
  EXPECT_FALSE(cell.post(late));
  EXPECT_EQ(late.released, 1);
  EXPECT_TRUE(seen.empty());
}

TEST_F(NoticeTest, ThatPostEachOtherLeaveTheTurnToOthers) {
  Strings& others = world.strings();
  auto other = world.start({}, others);
  std::deque<Note> notes;
  bool other_ran = false;
  const std::function<Result<Turn>(Context&)> again = [&](Context&) -> Result<Turn> {
    if (other_ran) return Turn::done;
    notes.emplace_back(seen, static_cast<int>(notes.size())).does = again;
    cell.post(notes.back());
    return Turn::done;
  };
  ASSERT_TRUE(actor.send(again));
  world.executor.step();
  ASSERT_TRUE(other.send([&](Context&) -> Result<Turn> {
    other_ran = true;
    return Turn::done;
  }));
  world.settle();
  EXPECT_TRUE(other_ran);
}

}  // namespace
}  // namespace airssys::rt
