#include "airssys/wasm/actor/directory.h"

#include "actor_world.h"

namespace airssys::wasm::testing {
namespace {

std::shared_ptr<const DirectoryEntry> entry(std::string_view address, ComponentStats& stats) {
  return std::make_shared<const DirectoryEntry>(DirectoryEntry{*ComponentAddress::parse(address), {}, {}, stats, {}});
}

TEST(ComponentDirectory, FindsWhoLivesAtAnAddressHoweverItIsWritten) {
  ComponentStats stats;
  ComponentDirectory sut;
  const auto one = entry("one", stats);
  ASSERT_TRUE(sut.add(one));
  EXPECT_EQ(sut.find(*ComponentAddress::parse("default/one/main")), one);
  EXPECT_EQ(sut.find(*ComponentAddress::parse("default/one/2")), nullptr);
  EXPECT_EQ(sut.find(*ComponentAddress::parse("two")), nullptr);
}

TEST(ComponentDirectory, RefusesASecondOneAtAnAddress) {
  ComponentStats stats;
  ComponentDirectory sut;
  const auto first = entry("one", stats);
  ASSERT_TRUE(sut.add(first));
  const auto second = sut.add(entry("default/one/main", stats));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::already_exists);
  EXPECT_EQ(sut.find(first->address), first);
}

TEST(ComponentDirectory, KeepsAnEntryValidForWhoFoundItBeforeItWasRemoved) {
  ComponentStats stats;
  ComponentDirectory sut;
  ASSERT_TRUE(sut.add(entry("one", stats)));
  const auto found = sut.find(*ComponentAddress::parse("one"));
  sut.remove(found->address);
  sut.remove(found->address);
  EXPECT_EQ(found->address.text(), "default/one/main");
  EXPECT_EQ(sut.find(found->address), nullptr);
  EXPECT_TRUE(sut.add(entry("one", stats)));
}

}  // namespace
}  // namespace airssys::wasm::testing
