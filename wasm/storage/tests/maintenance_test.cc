#include "airssys/wasm/storage/maintenance.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "export_world.h"

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// All files below it, by their names.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.emplace(fs::relative(entry.path(), folder), text_of(entry.path()));
  return files;
}

class DirectoryTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    fill(*backend, 1, 300);
    ASSERT_OK(set(*backend, "record", "of the host", Keyspace::host));
    contents = scan(*backend);
  }
  // Of a store that nobody has open.
  [[nodiscard]] Entries contents_of(const fs::path& directory) const {
    const auto opened = open_or_fail(GetParam(), directory);
    return opened ? scan(*opened) : Entries();
  }
  [[nodiscard]] fs::path backup() const { return folder.path() / "backup"; }

  Entries contents;
};
INSTANTIATE_TEST_SUITE_P(Backends, DirectoryTest, ::testing::Values(BackendKind::rocksdb, BackendKind::sled), kind_name);

TEST_P(DirectoryTest, IsBackedUpWhileOpenAndRestored) {
  const auto made = back_up_storage(*backend, backup(), export_time, {});
  ASSERT_OK(made);
  EXPECT_EQ(made->guests, *digest_storage(*backend, Keyspace::guests, {}));
  EXPECT_EQ(*parse_backup(text_of(backup() / "BACKUP")), *made);
  put(*backend, "default/later", "k", "");
  backend.reset();
  const auto backup_files = files_in(backup());

  const auto restored = restore_storage(backup(), folder.store(), {});
  ASSERT_OK(restored);
  EXPECT_EQ(*restored, *made);
  EXPECT_EQ(contents_of(folder.store()), contents);
  ASSERT_OK(restore_storage(backup(), folder.path() / "elsewhere", {}));
  EXPECT_EQ(contents_of(folder.path() / "elsewhere"), contents);
  EXPECT_EQ(files_in(backup()), backup_files) << "a backup stays as it is";
  EXPECT_FALSE(fs::exists(folder.path() / "store.part"));
  EXPECT_FALSE(fs::exists(folder.store() / "BACKUP"));
}

TEST_P(DirectoryTest, IsNotRestoredToWhileSomebodyHasItOpen) {
  ASSERT_OK(back_up_storage(*backend, backup(), export_time, {}));
  const auto refused = restore_storage(backup(), folder.store(), {});
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  EXPECT_EQ(refused.error().field("process"), std::to_string(::getpid()));
  EXPECT_EQ(migrate_storage(folder.store(), GetParam() == BackendKind::sled ? BackendKind::rocksdb : BackendKind::sled, {})
                .error()
                .code(),
            Code::unavailable);
  EXPECT_EQ(back_up_storage(*backend, backup(), export_time, {}).error().code(), Code::already_exists);
}

TEST_P(DirectoryTest, StaysAsItIsWhenABackupIsNotWhatItSays) {
  ASSERT_OK(back_up_storage(*backend, backup(), export_time, {}));
  backend.reset();
  const std::string good = text_of(backup() / "BACKUP");
  const auto refused_with = [&](std::string_view text) {
    std::ofstream(backup() / "BACKUP", std::ios::binary) << text;
    const auto restored = restore_storage(backup(), folder.store(), {});
    EXPECT_EQ(contents_of(folder.store()), contents);
    EXPECT_FALSE(fs::exists(folder.path() / "store.part"));
    return restored ? "none" : restored.error().message();
  };
  std::string other = good;
  const std::size_t hash = other.find("\"sha256\":\"") + 10;
  other[hash] = other[hash] == '0' ? '1' : '0';
  EXPECT_THAT(refused_with(other), HasSubstr("it is damaged, take another"));
  EXPECT_THAT(refused_with("{}"), HasSubstr("BACKUP:1: 'version' is missing"));
  EXPECT_THAT(refused_with(R"({"version":2})"), HasSubstr("a backup of version 2; this program reads version 1"));
  fs::remove(backup() / "BACKUP");
  EXPECT_EQ(restore_storage(backup(), folder.store(), {}).error().code(), Code::not_found);
}

TEST_P(DirectoryTest, StaysAsItIsWhereverWorkOnItIsStopped) {
  ASSERT_OK(back_up_storage(*backend, backup(), export_time, {}));
  backend.reset();
  const BackendKind other = GetParam() == BackendKind::sled ? BackendKind::rocksdb : BackendKind::sled;
  for (std::uint64_t looks = 1;; looks += 3) {
    std::uint64_t left = looks;
    const TransferWatch watch = [&](auto, auto) { return --left > 0; };
    const auto restored = restore_storage(backup(), folder.store(), watch);
    if (restored) break;
    ASSERT_EQ(restored.error().code(), Code::cancelled);
    left = looks;
    const auto migrated = migrate_storage(folder.store(), other, watch);
    if (migrated) break;
    ASSERT_EQ(migrated.error().code(), Code::cancelled);
    ASSERT_EQ(contents_of(folder.store()), contents);
    ASSERT_FALSE(fs::exists(folder.path() / "store.part"));
  }
}

TEST_P(DirectoryTest, IsWorkedOnThoughAKilledAttemptLeftSomething) {
  ASSERT_OK(back_up_storage(*backend, backup(), export_time, {}));
  backend.reset();
  fs::create_directories(folder.path() / "store.part" / "data");
  std::ofstream(folder.path() / "store.part" / "data" / "half") << "half";
  ASSERT_OK(restore_storage(backup(), folder.store(), {}));
  EXPECT_EQ(contents_of(folder.store()), contents);
}

// Through every backend and a file, and back where it began: the same bytes.
TEST(Migration, FromMemoryThroughEveryBackendAndJsonLinesIsByteIdentical) {
  const StoreFolder folder;
  const fs::path directory = folder.path() / "data";
  const auto memory = in_memory();
  fill(*memory, 5, 500);
  const std::string first = export_text(*memory);
  {
    const auto sled = open_or_fail(BackendKind::sled, directory);
    ASSERT_OK(copy_storage(*memory, *sled, {}));
  }
  const auto migrated = migrate_storage(directory, BackendKind::rocksdb, {});
  ASSERT_OK(migrated);
  EXPECT_EQ(migrated->from, BackendKind::sled);
  EXPECT_EQ(migrated->guests, *digest_storage(*memory, Keyspace::guests, {}));
  EXPECT_EQ(migrated->kept, directory.native() + ".sled");
  EXPECT_EQ(*backend_of(directory), BackendKind::rocksdb);
  const auto without_header = [](const std::string& text) { return text.substr(text.find('\n')); };
  std::string second;
  {
    const auto rocksdb = open_or_fail(BackendKind::rocksdb, directory);
    second = export_text(*rocksdb);
    EXPECT_EQ(without_header(second), without_header(first));
    const auto kept = open_or_fail(BackendKind::sled, migrated->kept);
    EXPECT_EQ(scan(*kept), scan(*memory)) << "the source is untouched";
  }
  const auto again = in_memory();
  ASSERT_OK(import_text(*again, second));
  EXPECT_EQ(export_text(*again), first);
  EXPECT_EQ(migrate_storage(directory, BackendKind::rocksdb, {}).error().code(), Code::already_exists);
  EXPECT_EQ(migrate_storage(folder.path() / "none", BackendKind::rocksdb, {}).error().code(), Code::not_found);
}

TEST(Backup, OfMemoryIsRefused) {
  const StoreFolder folder;
  const auto memory = in_memory();
  EXPECT_EQ(back_up_storage(*memory, folder.path() / "b", export_time, {}).error().code(), Code::unavailable);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

// A file that an earlier build wrote is what this one writes.
TEST(Backup, HasTheManifestOfTheGoldenFile) {
  const std::string golden = text_of(AIRSSYS_GOLDEN "/BACKUP");
  const auto read = parse_backup(golden);
  ASSERT_OK(read);
  EXPECT_EQ(read->created, export_time);
  EXPECT_EQ(read->guests.keys, 12U);
  EXPECT_EQ(read->host.bytes, 34U);
  EXPECT_EQ(backup_text(*read), golden);
}

}  // namespace
}  // namespace airssys::wasm::testing
