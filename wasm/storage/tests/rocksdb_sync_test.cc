// What of RocksDB's log is on the disk, as the calls say that put it there: this program's fdatasync() is the one below.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "backend_suite.h"

namespace {

std::mutex synced_mutex;
std::map<ino_t, std::uintmax_t> synced;  // guarded
std::atomic<bool> disk_fails{false};
std::atomic<int> syncs{0};

}  // namespace

extern "C" int fdatasync(int file) {
  if (disk_fails) {
    errno = EIO;
    return -1;
  }
  ++syncs;
  struct stat now{};
  if (::fstat(file, &now) == 0) {
    const std::scoped_lock lock(synced_mutex);
    synced[now.st_ino] = static_cast<std::uintmax_t>(now.st_size);
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RocksdbSync : public ::testing::Test {
 protected:
  RocksdbSync() : backend(open_or_fail(BackendKind::rocksdb, folder.store())) {}
  void SetUp() override { ASSERT_NE(backend, nullptr); }
  ~RocksdbSync() override { disk_fails = false; }

  [[nodiscard]] Result<> write(std::string_view key, std::size_t bytes, Durability durability) {
    return set(*backend, key, std::string(bytes, 'v'), Keyspace::guests, durability);
  }
  // The logs of which something may be lost with the power.
  [[nodiscard]] std::vector<std::string> not_on_disk() const {
    std::vector<std::string> found;
    const std::scoped_lock lock(synced_mutex);
    for (const auto& entry : fs::directory_iterator(folder.store() / "data")) {
      struct stat now{};
      if (entry.path().extension() != ".log" || ::stat(entry.path().c_str(), &now) != 0) continue;
      const auto at = synced.find(now.st_ino);
      if (now.st_size > 0 && (at == synced.end() || at->second < static_cast<std::uintmax_t>(now.st_size)))
        found.push_back(entry.path().filename());
    }
    return found;
  }

  StoreFolder folder;
  std::unique_ptr<StorageBackend> backend;
};

TEST_F(RocksdbSync, EverythingBeforeASyncIsOnDiskWhicheverLogItIsIn) {
  for (const std::uint64_t seed : rt::testing::seeds(2)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int step = 0; step < 40; ++step) {
      const std::string key = std::to_string(random() % 10);
      switch (random() % 16) {
        case 0:
          ASSERT_OK(backend->compact());  // another log
          break;
        case 1:
          for (int n = 0; n < 36; ++n) ASSERT_OK(write(key, std::size_t{1} << 20, Durability::process));  // one more
          break;
        case 2:
        case 3:
          ASSERT_OK(backend->flush());
          ASSERT_EQ(not_on_disk(), std::vector<std::string>()) << "step " << step;
          break;
        case 4:
        case 5: ASSERT_OK(write(key, 100, Durability::process)); break;
        default:
          ASSERT_OK(write(key, 100, Durability::disk));
          ASSERT_EQ(not_on_disk(), std::vector<std::string>()) << "step " << step;
      }
    }
    backend.reset();
    ASSERT_EQ(not_on_disk(), std::vector<std::string>());
    backend = open_or_fail(BackendKind::rocksdb, folder.store());
    ASSERT_NE(backend, nullptr);
  }
}

TEST_F(RocksdbSync, AWriteIsSynchronisedOnceAndWhatDidNotGrowNotAtAll) {
  ASSERT_OK(write("k", 100, Durability::disk));
  const int before = syncs;
  ASSERT_OK(write("k", 100, Durability::disk));
  EXPECT_EQ(syncs, before + 1);
  ASSERT_OK(backend->flush());
  EXPECT_EQ(syncs, before + 1);
}

TEST_F(RocksdbSync, AfterOneThatFailedNoneSucceedsUntilItIsOpenedAgain) {
  ASSERT_OK(write("k", 100, Durability::disk));
  disk_fails = true;
  const auto failed = write("l", 100, Durability::disk);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::io);
  EXPECT_THAT(failed.error().message(), HasSubstr(".log: Input/output error"));
  disk_fails = false;
  EXPECT_THAT(write("m", 100, Durability::disk).error().message(), HasSubstr("open the store again"));
  backend.reset();
  backend = open_or_fail(BackendKind::rocksdb, folder.store());
  ASSERT_NE(backend, nullptr);
  EXPECT_TRUE(write("m", 100, Durability::disk));
}

}  // namespace
}  // namespace airssys::wasm::testing
