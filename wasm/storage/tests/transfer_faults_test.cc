// Whatever fails, and whenever the process is killed: an import or a deletion has happened whole or not at all.
#include <gmock/gmock.h>

#include "airssys/wasm/storage/testing/faulty_backend.h"
#include "airssys/wasm/storage/transfer.h"
#include "export_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::IsEmpty;

constexpr std::array modes{ImportMode::merge, ImportMode::replace};

// Two batches of each kind.
struct Worlds {
  std::string text;
  Entries before, after;
};
void begin_with(StorageBackend& backend) { fill(backend, 2, 1800); }

Worlds worlds(ImportMode mode) {
  const auto from = in_memory(), to = in_memory();
  fill(*from, 1, 1800);
  begin_with(*to);
  Worlds made{.text = export_text(*from), .before = scan(*to), .after = {}};
  EXPECT_TRUE(import_text(*to, made.text, {.mode = mode}));
  made.after = scan(*to);
  EXPECT_NE(made.before, made.after);
  return made;
}

TEST(ImportFaults, LeaveEverythingAsItWasWhicheverWriteFails) {
  for (const ImportMode mode : modes) {
    const Worlds world = worlds(mode);
    for (std::uint64_t nth = 1;; ++nth) {
      auto inner = in_memory();
      begin_with(*inner);
      FaultyBackend faulty(std::move(inner));
      faulty.fail_write(nth);
      const auto report = import_text(faulty, world.text, {.mode = mode});
      if (faulty.faults() == 0) {
        EXPECT_GT(nth, 10U);
        break;
      }
      EXPECT_EQ(scan(faulty), report ? world.after : world.before) << nth;
      ASSERT_OK(recover_transfer(faulty));
      EXPECT_EQ(scan(faulty), report ? world.after : world.before) << nth;
      EXPECT_THAT(scan(faulty, {}, Keyspace::host), IsEmpty()) << nth;
    }
  }
}

TEST(ImportFaults, LeaveEverythingAsItWasWhicheverReadFails) {
  const Worlds world = worlds(ImportMode::replace);
  for (std::uint64_t nth = 1;; nth = nth * 3 / 2 + 1) {
    auto inner = in_memory();
    begin_with(*inner);
    FaultyBackend faulty(std::move(inner));
    faulty.fail_read(nth);
    const auto report = import_text(faulty, world.text, {.mode = ImportMode::replace});
    if (faulty.faults() == 0) break;
    EXPECT_EQ(scan(faulty), report ? world.after : world.before) << nth;
  }
}

TEST(ImportFaults, AreUndoneLaterWhereTheDiskIsFull) {
  const Worlds world = worlds(ImportMode::merge);
  for (const std::uint64_t room : {0, 100, 30'000, 100'000, 150'000}) {
    auto inner = in_memory();
    begin_with(*inner);
    FaultyBackend faulty(std::move(inner));
    faulty.set_room(room);
    const auto report = import_text(faulty, world.text, {});
    ASSERT_FALSE(report) << room;
    EXPECT_EQ(report.error().code(), Code::io);
    faulty.set_room(UINT64_MAX);
    ASSERT_OK(recover_transfer(faulty));
    EXPECT_EQ(scan(faulty), world.before) << room;
  }
}

TEST(ImportFaults, AreUndoneAtTheNextOpeningWheneverTheProcessWasKilled) {
  for (const ImportMode mode : modes) {
    const Worlds world = worlds(mode);
    for (std::uint64_t writes = 0;; ++writes) {
      const auto disk = in_memory();
      begin_with(*disk);
      KilledBackend process(*disk, writes);
      const auto report = import_text(process, world.text, {.mode = mode});
      if (!process.killed()) break;
      const auto recovered = recover_transfer(*disk);
      ASSERT_OK(recovered);
      const Entries left = scan(*disk);
      EXPECT_EQ(left, report ? world.after : world.before) << writes;
      EXPECT_THAT(scan(*disk, {}, Keyspace::host), IsEmpty()) << writes;
    }
  }
}

TEST(ImportFaults, AreUndoneHoweverOftenUndoingIsKilled) {
  const Worlds world = worlds(ImportMode::replace);
  std::uint64_t whole = 0;
  {
    const auto disk = in_memory();
    begin_with(*disk);
    KilledBackend process(*disk, UINT64_MAX);
    ASSERT_OK(import_text(process, world.text, {.mode = ImportMode::replace}));
    whole = process.writes();
  }
  const auto disk = in_memory();
  begin_with(*disk);
  KilledBackend process(*disk, whole / 2);
  ASSERT_FALSE(import_text(process, world.text, {.mode = ImportMode::replace}));
  ASSERT_NE(scan(*disk), world.before);
  for (std::uint64_t writes = 0;; ++writes) {
    KilledBackend again(*disk, writes);
    const auto recovered = recover_transfer(again);
    if (!again.killed()) break;
    EXPECT_LT(writes, 100U);
  }
  EXPECT_EQ(scan(*disk), world.before);
  EXPECT_THAT(scan(*disk, {}, Keyspace::host), IsEmpty());
}

TEST(DeletionFaults, AreFinishedAtTheNextOpeningWheneverTheProcessWasKilled) {
  const StorageSelection what = *StorageSelection::parse("a");
  std::size_t finished = 0;
  for (std::uint64_t writes = 0;; ++writes) {
    const auto disk = in_memory();
    fill(*disk, 1, 6000);
    const Entries before = scan(*disk);
    Entries after = before;
    std::erase_if(after, [](const auto& entry) {
      return entry.first.starts_with("component:default/a:") || entry.first.starts_with("named:default/a:");
    });
    KilledBackend process(*disk, writes);
    const auto deleted = delete_stores(process, what, {});
    if (!process.killed()) break;
    const auto recovered = recover_transfer(*disk);
    ASSERT_OK(recovered);
    finished += recovered->kind == RecoveredTransfer::Kind::deletion_finished;
    EXPECT_EQ(scan(*disk), recovered->kind == RecoveredTransfer::Kind::nothing ? before : after) << writes;
    EXPECT_THAT(scan(*disk, {}, Keyspace::host), IsEmpty());
  }
  EXPECT_GT(finished, 1U);
}

TEST(Recovery, RefusesWhatAnotherVersionLeft) {
  const auto backend = in_memory();
  ASSERT_OK(set(*backend, "transfer", "2 import", Keyspace::host));
  EXPECT_EQ(recover_transfer(*backend).error().code(), Code::version_mismatch);
}

TEST(CopyFaults, AreSeen) {
  const auto from = in_memory();
  fill(*from, 1, 3000);
  for (std::uint64_t nth = 1;; ++nth) {
    FaultyBackend to(in_memory());
    to.fail_write(nth);
    const auto copied = copy_storage(*from, to, {});
    if (to.faults() == 0) {
      ASSERT_OK(copied);
      break;
    }
    EXPECT_EQ(copied.error().code(), Code::io) << nth;
  }
}

}  // namespace
}  // namespace airssys::wasm::testing
