// A real component with an instance for each key, hosted.
#include <gmock/gmock.h>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class KeysOfGuests : public testing::HostedGuests {
 protected:
  void run_carts(std::string_view deployment) {
    make_host({});
    auto added = add("carts", "", testing::puppet, "", fmt::format("instances = \"per-key\"\n{}", deployment));
    ASSERT_TRUE(added) << added.error().message();
    ASSERT_TRUE(host_->start(*added));
  }
  std::string ask(std::string_view name, std::string_view command) {
    auto answer = host_->request(name, Bytes::copy_of(command), testing::patience);
    return answer ? std::string(answer->text()) : answer.error().message();
  }
};

TEST_F(KeysOfGuests, EachHasAStateAndAnAddressOfItsOwn) {
  run_carts("");
  tell("default/carts/alice", "count");
  tell("default/carts/alice", "count");
  EXPECT_EQ(ask("default/carts/alice", "count"), "3");
  EXPECT_EQ(ask("default/carts/bob", "count"), "1");
  EXPECT_EQ(ask("carts", "self"), "default/carts/main");
  EXPECT_EQ(ask("default/carts/bob", "self"), "default/carts/bob");
  settle();
  ASSERT_TRUE(report("carts").keys);
  EXPECT_EQ(report("carts").keys->live, 3u);
  EXPECT_EQ(report("carts").handled, 6u);
  EXPECT_EQ(report("carts").state, ComponentState::running);
}

TEST_F(KeysOfGuests, AreSentToByOtherComponentsToo) {
  run_carts("");
  run("sender", "", testing::puppet, "\"carts\"");
  EXPECT_EQ(ask("sender", "send default/carts/alice count"), "sent");
  EXPECT_EQ(ask("sender", "send default/carts/bob count"), "sent");
  settle();
  EXPECT_EQ(ask("default/carts/alice", "count"), "2");
  EXPECT_EQ(report("carts").keys->created, 2u);
}

TEST_F(KeysOfGuests, AreInTheTreeUpToEight) {
  run_carts("");
  for (int n = 0; n < 3; ++n) tell(fmt::format("default/carts/k{}", n), "count");
  settle();
  EXPECT_EQ(shape(below(host_->tree(), "carts")), "k0 k1 k2");
  EXPECT_EQ(below(host_->tree(), "carts").more_children, 0u);
  for (int n = 3; n < 20; ++n) tell(fmt::format("default/carts/k{}", n), "count");
  settle();
  EXPECT_EQ(below(host_->tree(), "carts").children.size(), 8u);
  EXPECT_EQ(below(host_->tree(), "carts").more_children, 12u);
  EXPECT_TRUE(host_->stop().empty());
  const SupervisionNode carts = below(host_->tree(), "carts");
  ASSERT_EQ(carts.children.size(), 8u);
  EXPECT_EQ(carts.more_children, 12u);
  EXPECT_EQ(carts.children[0].kind, SupervisionNode::Kind::key);
  EXPECT_EQ(carts.children[0].state, ComponentState::stopped);
}

TEST_F(KeysOfGuests, FailAlone) {
  run_carts("max_restarts = 0\n");
  tell("default/carts/alice", "count");
  tell("default/carts/bob", "count");
  tell("default/carts/bob", "trap");
  settle();
  EXPECT_EQ(ask("default/carts/alice", "count"), "2");
  EXPECT_THAT(ask("default/carts/bob", "count"), HasSubstr("failed more often"));
  EXPECT_THAT(log_.ending("it rests for that time"), ::testing::SizeIs(1));
  EXPECT_EQ(report("carts").state, ComponentState::running);
  EXPECT_EQ(report("carts").keys->refused, 1u);
}

TEST_F(KeysOfGuests, AreMoreThanThereIsRoomForAndNoMessageIsLost) {
  run_carts("max_live_keys = 4\n");
  for (int n = 0; n < 200; ++n) {
    tell(fmt::format("default/carts/k{}", n % 50), "count");
    settle();
    ASSERT_LE(report("carts").keys->live, 4u);
  }
  EXPECT_EQ(report("carts").handled, 200u);
  EXPECT_GT(report("carts").keys->created, 100u);  // most were put away before their turn came again
  EXPECT_EQ(report("carts").keys->refused, 0u);
  EXPECT_LE(report("carts").memory_bytes, 5u * (2u << 20));
}

TEST_F(KeysOfGuests, AreRefusedWhenTheHostHasNoRoomForSoMany) {
  make_host({});
  const auto added = add("carts", "", testing::puppet, "", "instances = \"per-key\"\nmax_live_keys = 20000\n");
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("[deployment] max_live_keys is 20000, this host has room for 10000"));
}

TEST_F(KeysOfGuests, AreNobodyBeforeTheStartAndAfterTheEnd) {
  make_host({});
  ASSERT_TRUE(add("carts", "", testing::puppet, "", "instances = \"per-key\"\n"));
  EXPECT_EQ(host_->send("default/carts/alice", Bytes::copy_of("count")).error().code(), Code::unavailable);
  ASSERT_TRUE(host_->start("carts"));
  tell("default/carts/alice", "count");
  EXPECT_TRUE(host_->stop().empty());
  EXPECT_EQ(report("carts").handled, 1u);
  EXPECT_EQ(report("carts").memory_bytes, 0u);
  EXPECT_FALSE(host_->send("default/carts/alice", Bytes::copy_of("count")));
  EXPECT_FALSE(host_->send("default/other/alice", Bytes::copy_of("count")));
}

}  // namespace
}  // namespace airssys::wasm
