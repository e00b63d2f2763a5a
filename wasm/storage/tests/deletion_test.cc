// What empties stores while the host runs: a guest's clear, and the deletion of an account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "export_world.h"
#include "storage_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int key_count = 250;  // three steps

void keep(StorageWorld& world, const Store& store, int keys = key_count) {
  for (int n = 0; n < keys; ++n) ASSERT_TRUE(world.set(store, std::to_string(n), "value"));
}

class ClearTest : public ::testing::TestWithParam<FlushMode> {
 protected:
  static StorageConfig config() { return {.flush = GetParam(), .check_interval = Duration::zero()}; }
};
INSTANTIATE_TEST_SUITE_P(Modes, ClearTest, ::testing::Values(FlushMode::manual, FlushMode::always),
                         [](const auto& mode) { return std::string(flush_mode_name(mode.param)); });

TEST_P(ClearTest, LeavesTheRestWhicheverWriteFailsAndGoesOnAfterwards) {
  for (std::uint64_t nth = 1;; ++nth) {
    StorageWorld world(config());
    const Store counter = world.own("counter");
    keep(world, counter);
    world.disk->fail_write(nth);
    const auto cleared = world.clear(counter);
    world.expect_exact_counts();
    if (world.disk->faults() == 0) {
      EXPECT_GT(nth, 3u);
      EXPECT_EQ(cleared, key_count);
      break;
    }
    ASSERT_FALSE(cleared);
    EXPECT_EQ(cleared.error().failure, StorageFailure::io_error);
    const std::uint64_t left = counter.usage().keys;
    EXPECT_EQ(world.clear(counter), left);
    EXPECT_THAT(world.contents(), SizeIs(0));
    world.expect_exact_counts();
  }
}

TEST_P(ClearTest, LeavesTheRestWhicheverReadFails) {
  for (std::uint64_t nth = 1;; nth += 37) {
    StorageWorld world(config());
    const Store counter = world.own("counter");
    keep(world, counter);
    world.disk->fail_read(nth);
    const auto cleared = world.clear(counter);
    world.expect_exact_counts();
    if (world.disk->faults() == 0) break;
    EXPECT_FALSE(cleared);
  }
}

TEST_P(ClearTest, EmptiesManyStoresAtOnceEachAlone) {
  StorageWorld world(config());
  const Store kept = world.own("kept");
  keep(world, kept, 3);
  std::vector<Store> stores;
  for (int n = 0; n < 8; ++n) keep(world, stores.emplace_back(world.own("c" + std::to_string(n))), 40 * n);
  std::vector<std::shared_ptr<PendingWrite>> pending;
  for (const Store& store : stores) pending.push_back(store.begin_clear().value());
  for (int n = 0; n < 8; ++n) {
    world.waiter.wait_for(*pending[static_cast<std::size_t>(n)]);
    EXPECT_EQ(pending[static_cast<std::size_t>(n)]->result(), 40 * n);
  }
  EXPECT_THAT(world.contents(), SizeIs(3));
  world.expect_exact_counts();
}

TEST_P(ClearTest, MayBeGivenUp) {
  StorageWorld world(config());
  const Store counter = world.own("counter"), other = world.own("other");
  keep(world, counter);
  keep(world, other);
  { const auto given_up = counter.begin_clear(); }
  // The thread has come to it before it has done this one.
  EXPECT_EQ(world.clear(other), key_count);
  EXPECT_EQ(counter.usage().keys, world.contents().size());
  world.expect_exact_counts();
}

TEST(Clear, IsRefusedWhereTooManyWait) {
  StorageConfig config = StorageWorld::quiet();
  config.max_waiting_writes = 0;
  const StorageWorld world(config);
  const auto refused = world.own("counter").begin_clear();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().failure, StorageFailure::unavailable);
  EXPECT_THAT(refused.error().reason, HasSubstr("0 stores are being cleared, as many as the host lets wait"));
}

// ---- deletions of accounts

StorageSelection all_of(std::string_view component) {
  return StorageSelection::of_account(StoreId::own_of(StorageWorld::address(component)));
}

TEST(AccountDeletion, TakesOneStoreOrAllOfAnAccount) {
  StorageWorld world;
  const Store counter = world.own("counter"), other = world.own("other");
  const Store named = *world.storage->store(*StoreId::parse("default/counter:more"));
  const Store last = *world.storage->store(*StoreId::parse("default/counter:most"));
  keep(world, counter);
  for (const Store& store : {other, named, last}) keep(world, store, 2);
  const auto one = world.storage->erase(StorageSelection::of_store(named.id()), Durability::disk);
  ASSERT_TRUE(one) << one.error().message();
  EXPECT_EQ(one->keys, 2u);
  EXPECT_EQ(one->bytes, 12u);
  const auto all = world.storage->erase(all_of("counter"), Durability::disk);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->keys, key_count + 2);
  EXPECT_THAT(world.contents(), SizeIs(2));
  world.expect_exact_counts();
  EXPECT_TRUE(world.set(counter, "k", "v"));
}

TEST(AccountDeletion, WritesNothingWhereThereIsNothing) {
  StorageWorld world;
  world.disk->fail_write(1);
  EXPECT_TRUE(world.storage->erase(all_of("counter"), Durability::disk));
  EXPECT_EQ(world.disk->faults(), 0u);
  const auto everything = world.storage->erase({}, Durability::disk);
  ASSERT_FALSE(everything);
  EXPECT_EQ(everything.error().code(), Code::invalid_argument);
}

TEST(AccountDeletion, SaysWhatIsLeftWhicheverWriteFails) {
  for (const Durability durability : {Durability::process, Durability::disk})
    for (std::uint64_t nth = 1;; ++nth) {
      StorageWorld world;
      const Store counter = world.own("counter");
      keep(world, counter);
      world.disk->fail_write(nth);
      const auto gone = world.storage->erase(all_of("counter"), durability);
      world.expect_exact_counts();
      if (world.disk->faults() == 0) {
        EXPECT_TRUE(gone);
        EXPECT_GT(nth, 3u);
        break;
      }
      ASSERT_FALSE(gone);
      // Its line of the journal stands where its own end failed: nothing is set there that the next opening would delete.
      const bool stands = gone.error().message().find("until the host starts again") != std::string::npos;
      EXPECT_EQ(world.set(counter, "new", "v").has_value(), !stands) << nth;
      EXPECT_TRUE(world.storage->erase(all_of("counter"), durability)) << nth;
      EXPECT_TRUE(world.set(counter, "new", "v")) << nth;
      world.expect_exact_counts();
    }
}

TEST(AccountDeletion, IsNotBegunOrFinishedAtTheNextOpeningWheneverTheProcessWasKilled) {
  const auto platform = real_platform();
  const auto open = [&](StorageBackend& disk, std::uint64_t writes) {
    return Storage::open(std::make_unique<KilledBackend>(disk, writes), StorageWorld::quiet(), *platform, null_log());
  };
  std::size_t finished = 0;
  for (std::uint64_t writes = 1;; ++writes) {
    SCOPED_TRACE(writes);
    const auto disk = in_memory();
    fill(*disk, 1, 3000);
    const Entries before = scan(*disk);
    Entries after = before;
    std::erase_if(after, [](const auto& entry) {
      return entry.first.starts_with("component:default/a:") || entry.first.starts_with("named:default/a:");
    });
    bool done = false;
    {
      const auto killed = open(*disk, writes);
      ASSERT_OK(killed);
      done = (*killed)->erase(all_of("a"), Durability::disk).has_value();
    }
    const auto again = open(*disk, UINT64_MAX);
    ASSERT_OK(again);
    const Entries left = scan(*disk);
    finished += left == after && !done;
    EXPECT_EQ(left, left == before ? before : after);
    const auto counted = scan_usage(*disk);
    ASSERT_OK(counted);
    for (const AccountReport& account : (*again)->report().accounts)
      EXPECT_EQ(account.used, counted->contains(account.id) ? counted->at(account.id) : AccountUsage{}) << account.id.text();
    if (done) {
      EXPECT_EQ(left, after);
      break;
    }
  }
  EXPECT_GT(finished, 3u);
}

TEST(AccountDeletion, ThatAHostCouldNotEndIsEndedByTheNextWhichCountsAnew) {
  const auto platform = real_platform();
  const auto disk = in_memory();
  fill(*disk, 1, 3000);
  ASSERT_OK(record_usage(*disk, scan_usage(*disk).value()));
  ASSERT_OK(set(*disk, "transfer", "1 delete\ncomponent:default/a:\ncomponent:default/a;", Keyspace::host));
  const auto next =
      Storage::open(std::make_unique<KilledBackend>(*disk, UINT64_MAX), StorageWorld::quiet(), *platform, null_log());
  ASSERT_OK(next);
  const auto left = scan_usage(*disk);
  ASSERT_OK(left);
  for (const AccountReport& account : (*next)->report().accounts)
    EXPECT_EQ(account.used, left->at(account.id)) << account.id.text();
}

}  // namespace
}  // namespace airssys::wasm::testing
