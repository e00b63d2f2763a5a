#include "airssys/wasm/services/guest_capabilities.h"

#include <gmock/gmock.h>

namespace airssys::wasm {
namespace {

struct World {
  MessagingGrants grants{.send = {*TargetPattern::parse("counter"), *TargetPattern::parse("photos/*")}};
  std::vector<GrantedCapability> given{{"messaging", "send", "counter"}, {"messaging", "send", "photos/*"}};
  GuestCapabilities capabilities{grants, given};
};

TEST(GuestCapabilities, SayWhatSendingWouldBeLetThrough) {
  World world;
  EXPECT_TRUE(world.capabilities.is_granted("messaging", "send", "counter"));
  EXPECT_TRUE(world.capabilities.is_granted("messaging", "send", "default/counter/2"));
  EXPECT_TRUE(world.capabilities.is_granted("messaging", "send", "photos/indexer"));
  EXPECT_FALSE(world.capabilities.is_granted("messaging", "send", "other"));
}

TEST(GuestCapabilities, GrantNothingThatIsNoAddressNorAnythingElse) {
  World world;
  for (const char* target : {"", "*", "photos/*", "a//b", "\xff"})
    EXPECT_FALSE(world.capabilities.is_granted("messaging", "send", target)) << target;
  EXPECT_FALSE(world.capabilities.is_granted("messaging", "send", std::string(1 << 20, 'a')));
  EXPECT_FALSE(world.capabilities.is_granted("messaging", "receive", "counter"));
  EXPECT_FALSE(world.capabilities.is_granted("filesystem", "send", "counter"));
  EXPECT_FALSE(world.capabilities.is_granted("", "", ""));
}

TEST(GuestCapabilities, ListWhatInitGets) {
  World world;
  ASSERT_EQ(world.capabilities.granted().size(), 2u);
  EXPECT_EQ(world.capabilities.granted()[1].target, "photos/*");
}

}  // namespace
}  // namespace airssys::wasm
