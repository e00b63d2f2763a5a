#include "airssys/wasm/services/guest_capabilities.h"

#include <gmock/gmock.h>

#include "airssys/wasm/core/testing/fixed_gate.h"

namespace airssys::wasm {
namespace {

struct World {
  testing::FixedGate gate;
  std::vector<GrantedCapability> given{{"messaging", "send", "counter"}, {"messaging", "send", "photos/*"}};
  GuestCapabilities capabilities{gate, given};
  World() { gate.grant(Action::messaging_send, "counter").grant(Action::messaging_send, "photos/*"); }
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

TEST(GuestCapabilities, SayWhatIsGrantedOfEveryKind) {
  World world;
  EXPECT_FALSE(world.capabilities.is_granted("filesystem", "read", "/srv/a"));
  world.gate.grant(Action::filesystem_read, "/srv/*").grant(Action::network_dns_lookup, "example.org");
  EXPECT_TRUE(world.capabilities.is_granted("filesystem", "read", "/srv/a"));
  EXPECT_FALSE(world.capabilities.is_granted("filesystem", "write", "/srv/a"));
  EXPECT_TRUE(world.capabilities.is_granted("network", "dns-lookup", "example.org"));
  EXPECT_FALSE(world.capabilities.is_granted("network", std::string(1 << 20, 'x'), "example.org"));
}

TEST(GuestCapabilities, ListWhatInitGets) {
  World world;
  ASSERT_EQ(world.capabilities.granted().size(), 2u);
  EXPECT_EQ(world.capabilities.granted()[1].target, "photos/*");
}

}  // namespace
}  // namespace airssys::wasm
