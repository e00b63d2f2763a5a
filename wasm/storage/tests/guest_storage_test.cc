#include "airssys/wasm/storage/guest_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "airssys/wasm/core/testing/fixed_gate.h"
#include "storage_world.h"

namespace airssys::wasm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FixedGate;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::StorageWorld;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class GuestStorageTest : public ::testing::TestWithParam<FlushMode> {
 protected:
  GuestStorageTest() {
    gate.grant(Action::storage_read, "counter:*")
        .grant(Action::storage_write, "counter:*")
        .grant(Action::storage_admin, "counter:*");
    gate.grant(Action::storage_read, "shared:team");
  }
  // What the bridge does.
  StorageResult end(StorageResult result) {
    EXPECT_EQ(result.pending, result.failure == StorageFailure::none && world.storage->writes_wait());
    if (!result.pending) return result;
    const auto waiting = guest.wait();
    world.waiter.wait_for(*waiting);
    return guest.ended();
  }
  StorageResult set(std::string_view key, std::string_view value, StorageFunctions::StoreHandle store = StorageFunctions::own) {
    return end(guest.set(store, key, bytes(value)));
  }
  std::vector<std::string> all_keys(StorageFunctions::StoreHandle store = StorageFunctions::own) {
    std::vector<std::string> keys;
    for (const StorageEntryView& entry : guest.keys(store, "", std::nullopt, 0).entries) keys.emplace_back(entry.key);
    return keys;
  }

  StorageWorld world{{.flush = GetParam(), .default_max = 1000, .check_interval = Duration::zero()}};
  FixedGate gate;
  GuestStorage guest{StorageWorld::address("counter"), world.own("counter"), *world.storage, gate};
};
INSTANTIATE_TEST_SUITE_P(Modes, GuestStorageTest, ::testing::Values(FlushMode::manual, FlushMode::always),
                         [](const auto& mode) { return std::string(flush_mode_name(mode.param)); });

TEST_P(GuestStorageTest, KeepsAndShowsWhatTheGuestSets) {
  EXPECT_EQ(set("k", "value").failure, StorageFailure::none);
  const StorageResult got = guest.get(StorageFunctions::own, "k");
  EXPECT_TRUE(got.found);
  EXPECT_EQ(got.value, "value");
  EXPECT_FALSE(guest.get(StorageFunctions::own, "other").found);
  EXPECT_TRUE(guest.has(StorageFunctions::own, "k").found);
  const StorageUsage usage = guest.usage();
  EXPECT_EQ(usage.used, 6u);
  EXPECT_EQ(usage.quota, 1000u);
  EXPECT_EQ(usage.keys, 1u);
  EXPECT_TRUE(end(guest.remove(StorageFunctions::own, "k")).found);
  EXPECT_FALSE(end(guest.remove(StorageFunctions::own, "k")).found);
}

TEST_P(GuestStorageTest, ShowsPagesWithACursor) {
  const std::vector<StorageOperation> operations{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  EXPECT_EQ(end(guest.apply(operations)).failure, StorageFailure::none);
  const StoragePage page = guest.scan(StorageFunctions::own, "", std::nullopt, 2);
  ASSERT_EQ(page.entries.size(), 2u);
  EXPECT_EQ(page.entries[1].key, "b");
  EXPECT_EQ(page.entries[1].value, "2");
  EXPECT_EQ(page.next, "b");
  EXPECT_EQ(guest.scan(StorageFunctions::own, "", "b", 2).next, std::nullopt);
  EXPECT_THAT(all_keys(), ElementsAre("a", "b", "c"));
}

TEST_P(GuestStorageTest, ClearsOnlyAsAdmin) {
  set("a", "1");
  set("b", "2");
  EXPECT_TRUE(guest.clear().pending);
  world.waiter.wait_for(*guest.wait());
  EXPECT_EQ(guest.ended().number, 2u);
  EXPECT_THAT(all_keys(), IsEmpty());
  gate.revoke_all();
  gate.grant(Action::storage_read, "counter:*").grant(Action::storage_write, "counter:*");
  set("a", "1");
  EXPECT_EQ(guest.clear().failure, StorageFailure::permission_denied);
  EXPECT_THAT(all_keys(), ElementsAre("a"));
}

TEST_P(GuestStorageTest, EveryCallIsRefusedWithoutItsGrant) {
  set("k", "v");
  gate.revoke_all();
  const auto denied = [](const StorageResult& result) {
    return result.failure == StorageFailure::permission_denied && !result.pending && result.value.empty();
  };
  const StorageOperation one{"k", "w"};
  EXPECT_TRUE(denied(guest.get(StorageFunctions::own, "k")));
  EXPECT_TRUE(denied(guest.has(StorageFunctions::own, "k")));
  EXPECT_TRUE(denied(guest.scan(StorageFunctions::own, "", std::nullopt, 0).result));
  EXPECT_TRUE(denied(guest.keys(StorageFunctions::own, "", std::nullopt, 0).result));
  EXPECT_TRUE(denied(guest.usage().result));
  EXPECT_TRUE(denied(guest.open("shared:team")));
  EXPECT_TRUE(denied(guest.set(StorageFunctions::own, "k", bytes("w"))));
  EXPECT_TRUE(denied(guest.remove(StorageFunctions::own, "k")));
  EXPECT_TRUE(denied(guest.apply(std::span(&one, 1))));
  EXPECT_TRUE(denied(guest.clear()));
  EXPECT_THAT(gate.refusals,
              ElementsAre("storage.read counter:default", "storage.read counter:default", "storage.read counter:default",
                          "storage.read counter:default", "storage.read counter:default", "storage.read shared:team",
                          "storage.write counter:default", "storage.write counter:default", "storage.write counter:default",
                          "storage.admin counter:default"));
  EXPECT_THAT(world.contents(), ElementsAre(::testing::Pair("component:default/counter:k", "v")));
}

TEST_P(GuestStorageTest, ReadingASharedStoreIsNotWritingIt) {
  const StorageResult team = guest.open("shared:team");
  ASSERT_EQ(team.failure, StorageFailure::none);
  const auto handle = static_cast<StorageFunctions::StoreHandle>(team.number);
  EXPECT_EQ(guest.set(handle, "k", bytes("v")).failure, StorageFailure::permission_denied);
  gate.grant(Action::storage_write, "shared:team");
  EXPECT_EQ(set("k", "v", handle).failure, StorageFailure::none);
  EXPECT_THAT(all_keys(handle), ElementsAre("k"));
  EXPECT_THAT(all_keys(), IsEmpty());
  EXPECT_EQ(guest.open("shared:crew").failure, StorageFailure::permission_denied);
  // What was revoked is refused at the next call, also of a store that is open.
  gate.revoke_all();
  EXPECT_EQ(guest.get(handle, "k").failure, StorageFailure::permission_denied);
}

TEST_P(GuestStorageTest, NoNameLeadsIntoSomebodyElsesStore) {
  set("secret", "v");
  ASSERT_TRUE(world.set(world.own("other"), "secret", "hers"));
  for (const char* const name : {"other:default", "other:*", "component:default/other", "default/other", "shared:../other",
                                 "counter", "counter:a:b", "", ":", "shared:", "shared:*", "sys/usage", "counter2:default"}) {
    const StorageResult opened = guest.open(name);
    EXPECT_NE(opened.failure, StorageFailure::none) << name;
  }
  for (const char* const key : {"component:default/other:secret", "../other:secret", ":secret", "default/other:secret"})
    EXPECT_FALSE(guest.get(StorageFunctions::own, key).found) << key;
  const StorageResult named = guest.open("counter:more");
  ASSERT_EQ(named.failure, StorageFailure::none);
  EXPECT_THAT(all_keys(static_cast<StorageFunctions::StoreHandle>(named.number)), IsEmpty());
  const StorageResult own = guest.open("counter:default");
  ASSERT_EQ(own.failure, StorageFailure::none);
  EXPECT_THAT(all_keys(static_cast<StorageFunctions::StoreHandle>(own.number)), ElementsAre("secret"));
}

TEST_P(GuestStorageTest, StoresAreOpenUntilTheyAreClosed) {
  std::vector<StorageFunctions::StoreHandle> handles;
  for (std::size_t n = 0; n < GuestStorage::max_open_stores; ++n) {
    const StorageResult opened = guest.open("shared:team");
    ASSERT_EQ(opened.failure, StorageFailure::none) << n;
    handles.push_back(static_cast<StorageFunctions::StoreHandle>(opened.number));
  }
  const StorageResult more = guest.open("shared:team");
  EXPECT_EQ(more.failure, StorageFailure::unavailable);
  EXPECT_THAT(std::string(more.reason), HasSubstr("64 stores are open"));
  guest.close(handles[3]);
  EXPECT_EQ(guest.get(handles[3], "k").failure, StorageFailure::unavailable);
  EXPECT_EQ(guest.open("shared:team").number, handles[3]);
  guest.close(StorageFunctions::own);
  EXPECT_EQ(guest.get(StorageFunctions::own, "k").failure, StorageFailure::none);
  guest.close(12345);
  EXPECT_EQ(guest.get(12345, "k").failure, StorageFailure::unavailable);
}

TEST_P(GuestStorageTest, TooManyCallsAreToldToComeLater) {
  gate.refuse_all({Code::exhausted, "1000 calls in a minute are its limit"});
  const StorageResult refused = guest.get(StorageFunctions::own, "k");
  EXPECT_EQ(refused.failure, StorageFailure::unavailable);
  EXPECT_EQ(refused.reason, "1000 calls in a minute are its limit");
}

TEST_P(GuestStorageTest, WhatTheQuotaRefusesSaysByHowMuch) {
  set("k", std::string(900, 'x'));
  const StorageResult refused = set("l", std::string(200, 'x'));
  EXPECT_EQ(refused.failure, StorageFailure::quota_exceeded);
  EXPECT_EQ(refused.quota.used, 901u);
  EXPECT_EQ(refused.quota.limit, 1000u);
  EXPECT_EQ(refused.quota.requested, 201u);
}

TEST_P(GuestStorageTest, NothingThatWasNotWrittenHasEnded) {
  EXPECT_EQ(guest.wait(), nullptr);
  EXPECT_EQ(guest.ended().failure, StorageFailure::unavailable);
}

}  // namespace
}  // namespace airssys::wasm
