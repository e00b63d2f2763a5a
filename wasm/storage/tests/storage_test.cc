#include "airssys/wasm/storage/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>

#include "storage_world.h"

namespace airssys::wasm {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::StorageWorld;

std::vector<std::string> keys_of(const StorePage& page) {
  std::vector<std::string> keys;
  for (const StorageEntryView& entry : page.entries()) keys.emplace_back(entry.key);
  return keys;
}

StorePage scan(const Store& store, std::string_view prefix, std::optional<std::string_view> cursor, std::uint32_t limit,
               bool with_values) {
  StorePage page;
  EXPECT_TRUE(store.scan(prefix, cursor, limit, with_values, page));
  return page;
}

// Both ways to write: at once, and gathered for the disk.
class StoreTest : public ::testing::TestWithParam<FlushMode> {
 protected:
  StorageWorld world{{.flush = GetParam(), .default_max = 1000, .trusted_max = 2000, .check_interval = Duration::zero()}};
};
INSTANTIATE_TEST_SUITE_P(Modes, StoreTest, ::testing::Values(FlushMode::manual, FlushMode::always),
                         [](const auto& mode) { return std::string(flush_mode_name(mode.param)); });

TEST_P(StoreTest, KeepsWhatIsSetUnderItsOwnPrefix) {
  const Store counter = world.own("counter"), other = world.own("other");
  ASSERT_TRUE(world.set(counter, "count", "7"));
  ASSERT_TRUE(world.set(other, "count", "8"));
  ASSERT_TRUE(world.set(counter, "empty", ""));
  std::string value;
  EXPECT_EQ(counter.get("count", value), true);
  EXPECT_EQ(value, "7");
  EXPECT_EQ(counter.get("empty", value), true);
  EXPECT_EQ(value, "");
  EXPECT_EQ(counter.has("empty"), true);
  EXPECT_EQ(counter.get("absent", value), false);
  EXPECT_EQ(counter.has("absent"), false);
  EXPECT_THAT(world.contents(),
              ElementsAre(Pair("component:default/counter:count", "7"), Pair("component:default/counter:empty", ""),
                          Pair("component:default/other:count", "8")));
}

TEST_P(StoreTest, SaysWhetherADeletedKeyWasThere) {
  const Store counter = world.own("counter");
  ASSERT_TRUE(world.set(counter, "count", "7"));
  EXPECT_EQ(world.remove(counter, "count"), 1u);
  EXPECT_EQ(world.remove(counter, "count"), 0u);
  EXPECT_EQ(counter.usage(), AccountUsage{});
}

TEST_P(StoreTest, CountsKeysAndValuesAndNotThePrefix) {
  const Store counter = world.own("counter");
  ASSERT_TRUE(world.set(counter, "abc", "12345"));
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 8, .keys = 1}));
  ASSERT_TRUE(world.set(counter, "abc", "1"));
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 4, .keys = 1}));
  ASSERT_TRUE(world.set(counter, "de", ""));
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 6, .keys = 2}));
}

TEST_P(StoreTest, RefusesWhatWouldGrowPastTheLimitAndNothingElse) {
  const Store counter = world.own("counter");
  ASSERT_TRUE(world.set(counter, "k", std::string(999, 'x')));
  const auto refused = world.set(counter, "j", "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, StorageFailure::quota_exceeded);
  EXPECT_EQ(refused.error().quota.used, 1000u);
  EXPECT_EQ(refused.error().quota.limit, 1000u);
  EXPECT_EQ(refused.error().quota.requested, 1u);
  EXPECT_EQ(world.contents().size(), 1u);
  // What does not grow is no matter of the limit, also where it was lowered below what is used.
  const Store lowered = world.storage->own_store(StorageWorld::address("counter"), 10, false);
  EXPECT_EQ(lowered.limit(), 10u);
  EXPECT_TRUE(world.set(lowered, "k", std::string(999, 'y')));
  EXPECT_TRUE(world.set(lowered, "k", std::string(998, 'y')));
  EXPECT_FALSE(world.set(lowered, "k", std::string(999, 'y')));
  EXPECT_EQ(world.remove(lowered, "k"), 1u);
  EXPECT_TRUE(world.set(lowered, "k", "12345678"));
}

TEST_P(StoreTest, TakesKeysAndValuesUpToTheirLimits) {
  const Store big = world.storage->own_store(StorageWorld::address("big"), 4 << 20, true);
  EXPECT_EQ(big.limit(), 2000u);
  const auto invalid = [&](std::string_view key) {
    const auto refused = world.set(big, key, "");
    return !refused && refused.error().failure == StorageFailure::invalid_key;
  };
  EXPECT_TRUE(world.set(big, std::string(256, 'k'), ""));
  EXPECT_TRUE(invalid(std::string(257, 'k')));
  EXPECT_TRUE(invalid(""));
  EXPECT_TRUE(invalid(std::string_view("\0", 1)));
  EXPECT_TRUE(invalid("\xff"));
  std::string value;
  EXPECT_EQ(big.get("", value).error().failure, StorageFailure::invalid_key);
  EXPECT_EQ(big.has("a\n").error().failure, StorageFailure::invalid_key);
  const auto large = world.set(big, "k", std::string(max_storage_value_bytes + 1, 'x'));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().failure, StorageFailure::value_too_large);
  EXPECT_EQ(large.error().number, max_storage_value_bytes);
  // One byte less is a matter of the quota.
  EXPECT_EQ(world.set(big, "k", std::string(max_storage_value_bytes, 'x')).error().failure, StorageFailure::quota_exceeded);
}

TEST_P(StoreTest, WritesABatchAsAWhole) {
  const Store counter = world.own("counter");
  const std::vector<StorageOperation> operations{{"a", "1"}, {"b", "2"}, {"a", std::nullopt}, {"a", "33"}, {"c", std::nullopt}};
  EXPECT_EQ(world.write(counter, operations), 1u);
  EXPECT_THAT(world.contents(), ElementsAre(Pair("component:default/counter:a", "33"), Pair("component:default/counter:b", "2")));
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 5, .keys = 2}));
  const std::vector<StorageOperation> one_bad{{"d", "1"}, {"", "2"}};
  EXPECT_FALSE(world.write(counter, one_bad));
  const std::string most(600, 'x');
  const std::vector<StorageOperation> too_much{{"d", most}, {"e", most}};
  EXPECT_EQ(world.write(counter, too_much).error().failure, StorageFailure::quota_exceeded);
  EXPECT_EQ(world.contents().size(), 2u);
  std::vector<StorageOperation> many(max_storage_batch, {"d", "1"});
  EXPECT_TRUE(world.write(counter, many));
  many.push_back({"d", "1"});
  EXPECT_EQ(world.write(counter, many).error().failure, StorageFailure::invalid_key);
  world.expect_exact_counts();
}

TEST_P(StoreTest, WhatTheBackendCannotWriteIsNotCounted) {
  const Store counter = world.own("counter");
  ASSERT_TRUE(world.set(counter, "a", "1"));
  world.disk->fail_write(1);
  const auto failed = world.set(counter, "b", "2");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().failure, StorageFailure::io_error);
  EXPECT_THAT(failed.error().reason, HasSubstr("the host's log says how"));
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("injected fault")));
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 2, .keys = 1}));
  EXPECT_TRUE(world.set(counter, "b", "2"));
  world.disk->set_room(3);
  EXPECT_EQ(world.set(counter, "c", std::string(100, 'x')).error().failure, StorageFailure::io_error);
  std::string value;
  EXPECT_EQ(counter.get("b", value), true);
  EXPECT_EQ(world.remove(counter, "b"), 1u);
  world.expect_exact_counts();
  EXPECT_EQ(world.storage->report().failures, 2u);
}

TEST_P(StoreTest, CountsAsAModelDoesWhateverIsWritten) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    StorageWorld here({.flush = GetParam(), .default_max = 300, .check_interval = Duration::zero()});
    std::mt19937_64 random(seed);
    const std::vector<Store> stores{here.own("a"), here.own("b"), *here.storage->store(*StoreId::parse("default/a:more")),
                                    *here.storage->store(*StoreId::parse("shared:team"))};
    std::map<std::string, std::string> model;
    const auto used = [&](const StoreId& account) {
      std::uint64_t bytes = 0;
      for (const auto& [key, value] : model) {
        const auto split = StoreId::split(key);
        if (split->first.account() == account) bytes += split->second.size() + value.size();
      }
      return bytes;
    };
    for (int step = 0; step < 100; ++step) {
      const Store& store = stores[random() % stores.size()];
      std::vector<std::string> keys, values;
      for (std::size_t n = random() % 4 + 1; n > 0; --n) {
        keys.push_back(std::string(random() % 3 + 1, static_cast<char>('a' + random() % 3)));
        values.push_back(std::string(random() % 60, 'v'));
      }
      std::vector<StorageOperation> operations;
      for (std::size_t n = 0; n < keys.size(); ++n)
        operations.push_back({keys[n], random() % 3 == 0 ? std::nullopt : std::optional<std::string_view>(values[n])});
      const auto before = model;
      const std::uint64_t used_before = used(store.id().account());
      for (const StorageOperation& one : operations) {
        const std::string key = store.id().prefix() + std::string(one.key);
        if (one.value)
          model[key] = *one.value;
        else
          model.erase(key);
      }
      const bool fits = used(store.id().account()) <= std::max<std::uint64_t>(300, used_before);
      const bool fails = random() % 10 == 0;
      if (fails) here.disk->fail_write(1);
      const auto written = here.write(store, operations);
      here.disk->fail_write(0);
      EXPECT_EQ(written.has_value(), fits && !fails) << "seed " << seed << ", step " << step;
      if (!written) model = before;
      ASSERT_EQ(here.contents(), model) << "seed " << seed << ", step " << step;
      EXPECT_EQ(store.usage().bytes, used(store.id().account()));
    }
    here.expect_exact_counts();
  }
}

TEST(Store, ShowsItsEntriesInPages) {
  StorageWorld world;
  const Store counter = world.own("counter");
  for (const char* const key : {"b", "a", "ab", "c", "\xc3\xa4"}) ASSERT_TRUE(world.set(counter, key, "v"));
  ASSERT_TRUE(world.set(world.own("countes"), "aa", "another's"));
  EXPECT_THAT(keys_of(scan(counter, "", std::nullopt, 0, true)), ElementsAre("a", "ab", "b", "c", "\xc3\xa4"));
  const StorePage first = scan(counter, "", std::nullopt, 2, true);
  EXPECT_TRUE(first.more());
  EXPECT_THAT(keys_of(first), ElementsAre("a", "ab"));
  EXPECT_EQ(first.entries().front().value, "v");
  EXPECT_THAT(keys_of(scan(counter, "", "ab", 2, true)), ElementsAre("b", "c"));
  const StorePage last = scan(counter, "", "c", 2, false);
  EXPECT_FALSE(last.more());
  EXPECT_EQ(last.entries().front().value, "");
  EXPECT_THAT(keys_of(scan(counter, "a", std::nullopt, 0, false)), ElementsAre("a", "ab"));
  EXPECT_THAT(keys_of(scan(counter, "a", "a", 0, false)), ElementsAre("ab"));
  EXPECT_THAT(keys_of(scan(counter, "b", "a", 0, false)), ElementsAre("b"));
  EXPECT_THAT(keys_of(scan(counter, "a", "b", 0, false)), IsEmpty());
  EXPECT_THAT(keys_of(scan(counter, "\xff", std::nullopt, 0, false)), IsEmpty());
  EXPECT_THAT(keys_of(scan(counter, "", "\xff\xff", 0, false)), IsEmpty());
  // No prefix and no cursor leads out of the store.
  EXPECT_THAT(keys_of(scan(counter, "../countes:", std::nullopt, 0, false)), IsEmpty());
  EXPECT_THAT(keys_of(scan(counter, "", "component:", 0, false)), ElementsAre("\xc3\xa4"));
}

TEST(Store, APageHasAMegabyteAndAtLeastOneEntry) {
  StorageWorld world;
  const Store big = world.own("big");
  const std::string most(max_storage_value_bytes, 'x'), half(max_storage_value_bytes / 2, 'x');
  for (const char* const key : {"a", "b"}) ASSERT_TRUE(world.set(big, key, most));
  for (const char* const key : {"c", "d", "e"}) ASSERT_TRUE(world.set(big, key, half));
  EXPECT_THAT(keys_of(scan(big, "", std::nullopt, 0, true)), ElementsAre("a"));
  EXPECT_THAT(keys_of(scan(big, "", "a", 0, true)), ElementsAre("b"));
  EXPECT_THAT(keys_of(scan(big, "", "b", 0, true)), ElementsAre("c"));  // their keys count as well
  EXPECT_THAT(keys_of(scan(big, "", "d", 0, true)), ElementsAre("e"));
  EXPECT_THAT(keys_of(scan(big, "", std::nullopt, 0, false)), ElementsAre("a", "b", "c", "d", "e"));
}

TEST(Store, APageIsUsedAgainForLargerAndSmallerOnes) {
  StorageWorld world;
  const Store store = world.own("counter");
  std::map<std::string, std::string> all;
  std::mt19937_64 random(1);
  for (int n = 0; n < 300; ++n)
    all.emplace(fmt::format("{:03}", n), std::string(random() % 2000, static_cast<char>('a' + n % 26)));
  for (const auto& [key, value] : all) ASSERT_TRUE(world.set(store, key, value));
  StorePage page;
  for (const std::uint32_t limit : {3u, 300u, 1u, 50u}) {
    std::map<std::string, std::string> found;
    std::optional<std::string_view> cursor;
    do {
      ASSERT_TRUE(store.scan("", cursor, limit, true, page));
      for (const StorageEntryView& entry : page.entries()) found.emplace(entry.key, entry.value);
      cursor = page.entries().back().key;
    } while (page.more());
    EXPECT_EQ(found, all) << limit;
  }
}

TEST(Store, DeletingWhileScanningIsSafe) {
  StorageWorld world;
  const Store counter = world.own("counter");
  for (int n = 0; n < 50; ++n) ASSERT_TRUE(world.set(counter, fmt::format("{:02}", n), "v"));
  std::optional<std::string> cursor;
  std::size_t seen = 0;
  for (;;) {
    const StorePage page = scan(counter, "", cursor, 7, true);
    for (const StorageEntryView& entry : page.entries()) EXPECT_EQ(world.remove(counter, entry.key), 1u);
    seen += page.entries().size();
    if (!page.more()) break;
    cursor = std::string(page.entries().back().key);
  }
  EXPECT_EQ(seen, 50u);
  EXPECT_EQ(counter.usage(), AccountUsage{});
}

TEST(Store, IsClearedAlone) {
  StorageWorld world;
  const Store counter = world.own("counter"), other = world.own("other");
  const Store named = *world.storage->store(*StoreId::parse("default/counter:more"));
  for (int n = 0; n < 2500; ++n) ASSERT_TRUE(world.set(counter, std::to_string(n), "v"));
  ASSERT_TRUE(world.set(other, "k", "v"));
  ASSERT_TRUE(world.set(named, "k", "v"));
  EXPECT_EQ(world.clear(counter), 2500u);
  EXPECT_EQ(world.clear(counter), 0u);
  EXPECT_EQ(world.contents().size(), 2u);
  EXPECT_EQ(counter.usage(), (AccountUsage{.bytes = 2, .keys = 1}));  // of the named one
  world.expect_exact_counts();
}

TEST(Storage, GivesEachAccountItsLimit) {
  StorageConfig config = StorageWorld::quiet();
  config.default_max = 50;
  config.trusted_max = 500;
  config.limits = {{"default/vip", 7}, {"shared:team", 8}};
  const StorageWorld world(config);
  const auto limit = [&](std::string_view name, std::optional<std::uint64_t> wanted, bool trusted) {
    return world.storage->own_store(StorageWorld::address(name), wanted, trusted).limit();
  };
  EXPECT_EQ(limit("a", std::nullopt, false), 50u);
  EXPECT_EQ(limit("a", std::nullopt, true), 50u);
  EXPECT_EQ(limit("a", 20, false), 20u);
  EXPECT_EQ(limit("a", 200, false), 50u);
  EXPECT_EQ(limit("a", 200, true), 200u);
  EXPECT_EQ(limit("a", 2000, true), 500u);
  EXPECT_EQ(limit("vip", 2000, true), 7u);
  EXPECT_EQ(limit("a", 0, true), 0u);
  EXPECT_EQ(world.storage->store(*StoreId::parse("shared:team"))->limit(), 8u);
  EXPECT_EQ(world.storage->store(*StoreId::parse("shared:crew"))->limit(), 50u);
}

TEST(Storage, HasOnlySoManySharedStores) {
  StorageConfig config = StorageWorld::quiet();
  config.max_shared_stores = 2;
  const StorageWorld world(config);
  EXPECT_TRUE(world.storage->store(*StoreId::parse("shared:a")));
  EXPECT_TRUE(world.storage->store(*StoreId::parse("shared:b")));
  EXPECT_TRUE(world.storage->store(*StoreId::parse("shared:a")));
  const auto third = world.storage->store(*StoreId::parse("shared:c"));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), Code::exhausted);
}

TEST(Storage, WarnsWhenAnAccountIsNearlyFull) {
  StorageConfig config = StorageWorld::quiet();
  config.default_max = 1000;
  StorageWorld world(config);
  const Store store = world.own("counter");
  ASSERT_TRUE(world.set(store, "k", std::string(789, 'x')));
  EXPECT_THAT(world.log.lines(), IsEmpty());
  ASSERT_TRUE(world.set(store, "k", std::string(799, 'x')));
  ASSERT_TRUE(world.set(store, "k", std::string(899, 'x')));
  EXPECT_THAT(world.log.lines(), ElementsAre(HasSubstr("default/counter uses 800 B of 1000 B, more than 80 %")));
  ASSERT_TRUE(world.set(store, "k", std::string(949, 'x')));
  EXPECT_THAT(world.log.lines(), ElementsAre(HasSubstr("80 %"), HasSubstr("95 %")));
  ASSERT_TRUE(world.set(store, "k", "x"));
  ASSERT_TRUE(world.set(store, "k", std::string(949, 'x')));
  EXPECT_EQ(world.log.lines().size(), 3u);
}

TEST(Storage, FindsWhatWasCountedWrong) {
  StorageWorld world;
  const Store counter = world.own("counter");
  ASSERT_TRUE(world.set(counter, "k", "v"));
  const std::string large(3 << 20, 'x');
  const std::array behind_its_back{StorageWrite{"component:default/counter:big", large},
                                   StorageWrite{"named:default/counter:n:k", "v"}};
  ASSERT_TRUE(world.storage->backend().write(Keyspace::guests, behind_its_back, Durability::process));
  ASSERT_TRUE(world.storage->check());
  EXPECT_THAT(world.log.lines(),
              ElementsAre(HasSubstr(fmt::format("default/counter was counted as 2 bytes and has {}", 2 + 3 + large.size() + 2))));
  EXPECT_EQ(world.storage->report().drifts, 1u);
  EXPECT_EQ(world.storage->report().accounts.front().drift, static_cast<std::int64_t>(large.size()) + 5);
  world.expect_exact_counts();
  ASSERT_TRUE(world.storage->check());
  EXPECT_EQ(world.storage->report().drifts, 1u);
  EXPECT_EQ(world.storage->report().accounts.front().drift, 0);
}

TEST(Storage, SaysWhatItCannotCount) {
  auto backend = *open_backend({.kind = BackendKind::memory});
  const std::array stray{StorageWrite{"metadata", "x"}};
  ASSERT_TRUE(backend->write(Keyspace::guests, stray, Durability::process));
  testing::KeptLines log;
  const auto platform = real_platform();
  const auto opened = Storage::open(std::move(backend), StorageWorld::quiet(), *platform, log);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::corrupt);
}

TEST(Storage, RecordsWhatIsUsedFromACleanCloseToTheNextOpening) {
  const auto backend = *open_backend({.kind = BackendKind::memory});
  EXPECT_EQ(*recorded_usage(*backend), std::nullopt);
  const UsageOfAccounts usage{{*StoreId::parse("default/counter"), {.bytes = 7, .keys = 1}},
                              {*StoreId::parse("shared:team"), {.bytes = 1ull << 40, .keys = 1ull << 33}}};
  ASSERT_TRUE(record_usage(*backend, usage));
  EXPECT_EQ(*recorded_usage(*backend), usage);
  ASSERT_TRUE(forget_usage(*backend));
  EXPECT_EQ(*recorded_usage(*backend), std::nullopt);
  ASSERT_TRUE(record_usage(*backend, {}));
  EXPECT_EQ(*recorded_usage(*backend), UsageOfAccounts());
  for (const char* const unreadable : {"", "7", "7 ", "x 1", "7 1 ", "-1 1"}) {
    const std::array broken{StorageWrite{"usage/default/counter", unreadable}};
    ASSERT_TRUE(backend->write(Keyspace::host, broken, Durability::process));
    EXPECT_EQ(*recorded_usage(*backend), std::nullopt) << unreadable;
  }
}

TEST(Storage, OneThatFailsDoesNotTakeTheOthersOfItsGroupAlong) {
  StorageWorld world(StorageWorld::always());
  const Store small = world.own("small"), large = world.own("large");
  ASSERT_TRUE(world.set(small, "first", "1"));
  world.disk->set_room(200);
  const std::string much(1000, 'x');
  std::vector<std::shared_ptr<PendingWrite>> begun;
  for (int n = 0; n < 4; ++n) {
    const std::string key = std::to_string(n);
    const StorageOperation little{key, "v"}, too_much{key, much};
    begun.push_back(*small.begin_write(std::span(&little, 1)));
    begun.push_back(*large.begin_write(std::span(&too_much, 1)));
  }
  for (std::size_t n = 0; n < begun.size(); ++n) {
    world.waiter.wait_for(*begun[n]);
    EXPECT_EQ(begun[n]->result().has_value(), n % 2 == 0) << n;
  }
  EXPECT_EQ(small.usage().keys, 5u);
  EXPECT_EQ(large.usage(), AccountUsage{});
  world.expect_exact_counts();
}

std::vector<std::shared_ptr<PendingWrite>> begin_one_each(const StorageWorld& world, int from, int to) {
  std::vector<std::shared_ptr<PendingWrite>> begun;
  for (int n = from; n < to; ++n) {
    const StorageOperation one{"k", "v"};
    begun.push_back(*world.own(fmt::format("writer-{}", n)).begin_write(std::span(&one, 1)));
  }
  return begun;
}

TEST(Storage, WhoWritesAloneHasASynchronisationOfItsOwn) {
  StorageWorld world(StorageWorld::always());
  const Store store = world.own("counter");
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(world.set(store, "k", std::to_string(n)));
  EXPECT_EQ(world.storage->report().syncs, 20u);
  EXPECT_EQ(world.storage->report().synced_writes, 20u);
}

TEST(Storage, WhatComesDuringASynchronisationIsWrittenMeanwhileAndSharesTheNext) {
  StorageWorld world(StorageWorld::always());
  world.disk->hold_flushes(true);
  const auto first = begin_one_each(world, 0, 1);
  while (!world.disk->holds_a_flush()) std::this_thread::yield();
  const auto others = begin_one_each(world, 1, 30);
  while (world.contents().size() < 29) std::this_thread::yield();  // all but less than a portion
  for (const auto& one : others) EXPECT_FALSE(one->poll(CallWaker(world.waiter)));
  world.disk->hold_flushes(false);
  for (const auto& one : others) world.waiter.wait_for(*one);
  world.waiter.wait_for(*first.front());
  EXPECT_EQ(world.storage->report().syncs, 2u);
  EXPECT_EQ(world.storage->report().synced_writes, 30u);
  world.expect_exact_counts();
}

TEST(Storage, ASynchronisationThatFailsIsToldToAllOfItsGroupAndToNobodyElse) {
  StorageWorld world(StorageWorld::always());
  world.disk->hold_flushes(true);
  const auto first = begin_one_each(world, 0, 1);
  while (!world.disk->holds_a_flush()) std::this_thread::yield();
  const auto others = begin_one_each(world, 1, 9);
  world.disk->fail_flush(1);
  world.disk->hold_flushes(false);
  world.waiter.wait_for(*first.front());
  EXPECT_TRUE(first.front()->result());
  for (const auto& one : others) {
    world.waiter.wait_for(*one);
    ASSERT_FALSE(one->result());
    EXPECT_EQ(one->result().error().failure, StorageFailure::io_error);
  }
  EXPECT_EQ(world.storage->report().failures, 1u);
  EXPECT_EQ(world.storage->report().synced_writes, 1u);
  EXPECT_TRUE(world.set(world.own("writer-1"), "l", "v"));
  EXPECT_EQ(world.contents().size(), 10u);
  world.expect_exact_counts();
}

TEST(Storage, WhatIsRefusedLeavesNothingBehindForTheOthersOfItsGroup) {
  StorageConfig config = StorageWorld::always();
  config.default_max = 100;
  StorageWorld world(config);
  const Store store = world.own("counter");
  ASSERT_TRUE(world.set(store, "k", "v"));
  world.disk->hold_flushes(true);
  const auto first = begin_one_each(world, 0, 1);
  while (!world.disk->holds_a_flush()) std::this_thread::yield();
  std::vector<std::shared_ptr<PendingWrite>> begun;
  const std::string much(200, 'x');
  for (const std::string& value : {much, std::string("12345"), much, std::string("123")}) {
    const StorageOperation one{"k", value};
    begun.push_back(*store.begin_write(std::span(&one, 1)));
  }
  world.disk->hold_flushes(false);
  for (std::size_t n = 0; n < begun.size(); ++n) {
    world.waiter.wait_for(*begun[n]);
    EXPECT_EQ(begun[n]->result().has_value(), n % 2 == 1) << n;
  }
  world.waiter.wait_for(*first.front());
  EXPECT_EQ(store.usage().bytes, 4u);
  world.expect_exact_counts();
}

TEST(Storage, CountsWhatIsThereWhateverFailsUnderManyWriters) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    StorageConfig config = StorageWorld::always();
    config.default_max = 300;
    std::array<testing::Waiter, 4> waiters;  // who was told may still be woken: they outlive the threads that wake
    StorageWorld world(config);
    std::vector<std::jthread> writers;
    for (std::uint64_t number = 0; number < waiters.size(); ++number)
      writers.emplace_back([&world, &waiter = waiters[number], seed, number] {
        std::mt19937_64 random(seed * 10 + number);
        const Store store = world.own(fmt::format("writer-{}", number % 3));  // two of them share one
        const Store mine = *world.storage->store(*StoreId::parse(fmt::format("default/writer-{}:own-{}", number % 3, number)));
        for (int step = 0; step < 100; ++step) {
          if (random() % 20 == 0) world.disk->fail_write(random() % 4);
          if (random() % 20 == 0) world.disk->fail_flush(random() % 4);
          const std::string key(random() % 3 + 1, 'k'), value(random() % 60, 'v');
          const std::string last = std::to_string(step);
          const std::vector<StorageOperation> operations{
              {key, random() % 4 == 0 ? std::nullopt : std::optional<std::string_view>(value)}, {"last", last}};
          const Store& to = random() % 2 == 0 ? store : mine;
          const auto begun = to.begin_write(operations);
          ASSERT_TRUE(begun);
          waiter.wait_for(**begun);
          std::string found;
          if (!(*begun)->result() || &to != &mine) continue;
          EXPECT_EQ(mine.get("last", found), true);
          EXPECT_EQ(found, last);
        }
      });
    writers.clear();
    world.expect_exact_counts();
  }
}

TEST(Storage, WritesThatWaitAreBounded) {
  StorageConfig config = StorageWorld::always();
  config.max_waiting_bytes = 1000;
  StorageWorld world(config);
  const Store store = world.own("counter");
  const std::string much(2000, 'x');
  const StorageOperation one{"k", much};
  const auto refused = store.begin_write(std::span(&one, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, StorageFailure::unavailable);
  EXPECT_THAT(refused.error().reason, HasSubstr("try again later"));
  EXPECT_TRUE(world.set(store, "k", "v"));
}

TEST(Storage, WhatNobodyWaitsForIsWrittenAllTheSame) {
  StorageWorld world(StorageWorld::always());
  const Store store = world.own("counter");
  const StorageOperation one{"k", "v"};
  static_cast<void>(store.begin_write(std::span(&one, 1)));
  ASSERT_TRUE(world.set(store, "l", "v"));  // comes after it
  EXPECT_EQ(world.contents().size(), 2u);
}

TEST(Storage, ModesHaveNames) {
  for (const FlushMode mode : {FlushMode::always, FlushMode::interval, FlushMode::manual})
    EXPECT_EQ(flush_mode(flush_mode_name(mode)), mode);
  EXPECT_EQ(flush_mode("never"), std::nullopt);
}

}  // namespace
}  // namespace airssys::wasm
