#include "airssys/rt/group.h"

#include <numeric>

#include "world.h"

namespace airssys::rt {
namespace {

// Puppets that note who of them got how many messages.
struct Crowd : World {
  explicit Crowd(std::size_t count, GroupOptions options = {}) : got(count), group(*Group<Act>::open(system, "crowd", options)) {
    for (std::size_t n = 0; n < count; ++n) {
      members.push_back(start({.mailbox_capacity = 10}, strings()));
      EXPECT_TRUE(group.join(members.back()));
    }
  }
  // Counts with whom it arrives.
  Act visit() {
    return [this](Context& context) -> Result<Turn> {
      for (std::size_t n = 0; n < members.size(); ++n) got[n] += members[n].id() == context.id();
      return Turn::done;
    };
  }
  std::vector<int> got;
  std::vector<Address<Act>> members;
  Group<Act> group;
};

TEST(Group, RoundRobinTakesTheMembersInTurn) {
  Crowd crowd(3);
  for (int n = 0; n < 12; ++n) ASSERT_TRUE(crowd.group.send(crowd.visit()));
  crowd.settle();
  EXPECT_EQ(crowd.got, (std::vector{4, 4, 4}));
}

TEST(Group, RandomLeavesNobodyOut) {
  Crowd crowd(4, {.strategy = GroupStrategy::random});
  for (int n = 0; n < 400; ++n) {
    ASSERT_TRUE(crowd.group.send(crowd.visit()));
    crowd.settle();
  }
  for (const int count : crowd.got) EXPECT_GT(count, 50);
  EXPECT_EQ(std::accumulate(crowd.got.begin(), crowd.got.end(), 0), 400);
}

TEST(Group, LeastLoadedTakesWhoHasTheFewestWaiting) {
  Crowd crowd(3, {.strategy = GroupStrategy::least_loaded});
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(crowd.members[0].send(nothing()));
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(crowd.members[2].send(nothing()));
  for (int n = 0; n < 7; ++n) ASSERT_TRUE(crowd.group.send(crowd.visit()));
  crowd.settle();
  EXPECT_EQ(crowd.got, (std::vector{0, 5, 2}));
}

TEST(Group, LeastLoadedIsFullOnlyWhenAllAre) {
  Crowd crowd(3, {.strategy = GroupStrategy::least_loaded});
  for (int n = 0; n < 30; ++n) ASSERT_TRUE(crowd.group.send(crowd.visit())) << n;
  EXPECT_EQ(crowd.group.send(crowd.visit()).error().code(), Code::exhausted);
  crowd.settle();
}

TEST(Group, ADeadMemberLeavesAndItsMessageGoesToAnother) {
  Crowd crowd(3);
  crowd.members[1].kill();
  crowd.settle();
  for (int n = 0; n < 10; ++n) ASSERT_TRUE(crowd.group.send(crowd.visit()));
  crowd.settle();
  EXPECT_EQ(crowd.got[0] + crowd.got[2], 10);
  EXPECT_EQ(crowd.group.size(), 2u);
}

TEST(Group, BroadcastReachesEveryMemberOnce) {
  Crowd crowd(3);
  crowd.members[0].kill();
  crowd.settle();
  const FanOut counts = crowd.group.broadcast(crowd.visit());
  crowd.settle();
  EXPECT_EQ(counts.delivered, 2u);
  EXPECT_EQ(counts.ended, 1u);
  EXPECT_EQ(crowd.got, (std::vector{0, 1, 1}));
  EXPECT_EQ(crowd.group.size(), 2u);
}

TEST(Group, WithoutALivingMemberIsUnavailable) {
  Crowd crowd(1);
  crowd.members[0].kill();
  crowd.settle();
  const auto sent = crowd.group.send(crowd.visit());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::unavailable);
  EXPECT_EQ(sent.error().message(), "group 'crowd' has no living member");
  EXPECT_EQ(crowd.group.broadcast(crowd.visit()).delivered, 0u);
}

TEST(Group, IsReachedByItsNameAndMessageType) {
  Crowd crowd(2);
  auto found = Group<Act>::find(crowd.system, "crowd");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->send(crowd.visit()));
  EXPECT_EQ(Group<int>::find(crowd.system, "crowd").error().code(), Code::invalid_argument);
  EXPECT_EQ(Group<Act>::find(crowd.system, "crew").error().code(), Code::not_found);
  EXPECT_EQ(Group<Act>::open(crowd.system, "crowd").error().code(), Code::already_exists);
  EXPECT_EQ(Group<Act>::open(crowd.system, "").error().code(), Code::invalid_argument);
  EXPECT_TRUE(Group<Act>::close(crowd.system, "crowd"));
  EXPECT_FALSE(Group<Act>::close(crowd.system, "crowd"));
  EXPECT_TRUE(Group<Act>::open(crowd.system, "crowd"));
  crowd.settle();
}

TEST(Group, HasBoundsThatTheEndedDoNotFill) {
  World world(1, {.max_groups = 1});
  auto group = *Group<Act>::open(world.system, "pair", {.max_members = 2});
  EXPECT_EQ(Group<Act>::open(world.system, "other").error().code(), Code::exhausted);
  const auto one = world.start({}, world.strings());
  EXPECT_TRUE(group.join(one));
  EXPECT_TRUE(group.join(one)) << "twice is once";
  EXPECT_EQ(group.size(), 1u);
  EXPECT_TRUE(group.join(world.start({}, world.strings())));
  const auto third = world.start({}, world.strings());
  EXPECT_EQ(group.join(third).error().code(), Code::exhausted);
  one.kill();
  world.settle();
  EXPECT_TRUE(group.join(third));
  EXPECT_TRUE(group.leave(third));
  EXPECT_FALSE(group.leave(third));
  EXPECT_EQ(group.join(Address<Act>()).error().code(), Code::invalid_argument);
}

TEST(Group, AHandleMayOutliveTheSystem) {
  std::optional<Group<Act>> kept;
  {
    Crowd crowd(2);
    kept = crowd.group;
  }
  EXPECT_EQ(kept->send(nothing()).error().code(), Code::unavailable);
}

}  // namespace
}  // namespace airssys::rt
