#include "airssys/wasm/storage/store_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

const ComponentAddress counter = *ComponentAddress::parse("counter");

TEST(StoreId, SaysWhichStoreAndItsPrefix) {
  EXPECT_EQ(StoreId::own_of(counter).text(), "default/counter");
  EXPECT_EQ(StoreId::own_of(counter).prefix(), "component:default/counter:");
  for (const char* const resource : {"counter:default", "counter:settings", "shared:team"})
    EXPECT_EQ(StoreId::parse_resource(resource, counter)->resource(), resource);
  const auto settings = StoreId::parse_resource("counter:settings", counter);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->text(), "default/counter:settings");
  EXPECT_EQ(settings->prefix(), "named:default/counter:settings:");
  EXPECT_EQ(settings->account(), StoreId::own_of(counter));
  const auto team = StoreId::parse_resource("shared:team", counter);
  ASSERT_TRUE(team);
  EXPECT_EQ(team->prefix(), "shared:team:");
  EXPECT_EQ(team->account(), *team);
  EXPECT_EQ(*StoreId::parse_resource("counter:default", counter), StoreId::own_of(counter));
}

TEST(StoreId, IsTheSameForAllInstancesOfAComponent) {
  EXPECT_EQ(StoreId::own_of(*ComponentAddress::parse("photos/indexer/7")),
            StoreId::own_of(*ComponentAddress::parse("photos/indexer")));
}

TEST(StoreId, OfSomebodyElseIsRefused) {
  for (const char* const other : {"other:settings", "counter2:settings", "counter", "counter:", "counter:*", "shared:",
                                  "shared:*", "shared:a:b", "counter:../x", "component:default/counter:x", "sys/usage", ""})
    EXPECT_FALSE(StoreId::parse_resource(other, counter)) << other;
  EXPECT_THAT(StoreId::parse_resource("other:settings", counter).error().message(), HasSubstr("shared:<name> or counter:<name>"));
}

TEST(StoreId, ComesBackFromItsTextAndFromPhysicalKeys) {
  for (const char* const text : {"default/counter", "default/counter:settings", "shared:team", "photos/indexer"}) {
    const auto id = StoreId::parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->text(), text);
    for (const std::string_view key : {"a", "a:b", "component:default/other:x", ":", ""}) {
      const std::string physical = id->prefix() + std::string(key);
      const auto split = StoreId::split(physical);
      ASSERT_TRUE(split) << physical;
      EXPECT_EQ(split->first, *id);
      EXPECT_EQ(split->second, key);
    }
  }
}

TEST(StoreId, WhatIsNoStoreIsNone) {
  for (const char* const text : {"", "counter", "default/counter/main", "a/b/c", "default/", "/counter",
                                 "default/counter:", "default/counter:a:b", "shared:", "shared"})
    EXPECT_FALSE(StoreId::parse(text)) << text;
  for (const char* const physical :
       {"", "component:", "component:default/counter", "component:counter:x", "shared:team", "sys/x", "named:default/counter:x",
        "named:default/counter:default:x", "component:default/counter/main:x"})
    EXPECT_FALSE(StoreId::split(physical)) << physical;
}

TEST(StorageKey, IsShortReadableText) {
  EXPECT_EQ(storage_key_mistake("a"), "");
  EXPECT_EQ(storage_key_mistake("../component:default/other:x"), "");
  EXPECT_EQ(storage_key_mistake("gr\xc3\xb6\xc3\x9f"
                                "e"),
            "");
  EXPECT_EQ(storage_key_mistake(std::string(256, 'k')), "");
  EXPECT_THAT(storage_key_mistake(""), HasSubstr("at least one byte"));
  EXPECT_THAT(storage_key_mistake(std::string(257, 'k')), HasSubstr("257 bytes; the most is 256"));
  EXPECT_THAT(storage_key_mistake("\xff"), HasSubstr("UTF-8"));
  EXPECT_THAT(storage_key_mistake(std::string_view("a\0b", 3)), HasSubstr("control character at byte 2"));
  EXPECT_THAT(storage_key_mistake("\x7f"), HasSubstr("control character at byte 1"));
  EXPECT_THAT(storage_key_mistake("ab\xc2\x85"), HasSubstr("control character at byte 3"));
  EXPECT_EQ(storage_key_mistake("\xc2\xa0"), "");
}

}  // namespace
}  // namespace airssys::wasm
