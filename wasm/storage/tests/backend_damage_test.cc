// Stores whose files are not what was written: cut short, overwritten, gone; and disks that take no more.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "backend_suite.h"
#include "child_process.h"

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string value_of(int number) { return std::string(500, static_cast<char>('a' + number % 26)) + std::to_string(number); }

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), folder));
  std::ranges::sort(files);
  return files;
}

void flip(const fs::path& file, std::uintmax_t at) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(at));
  const int byte = bytes.peek();
  bytes.seekp(bytes.tellg());
  bytes.put(static_cast<char>(byte ^ 0x55));
}

// The one file whose name begins or ends so, the last of several.
fs::path one_of(const fs::path& folder, std::string_view begin, std::string_view end) {
  fs::path found;
  for (const fs::path& file : files_below(folder))
    if (file.native().starts_with(begin) && file.native().ends_with(end)) found = folder / file;
  EXPECT_FALSE(found.empty()) << begin << "*" << end;
  return found;
}

class DamagedBackend : public ::testing::TestWithParam<BackendKind> {
 public:
  static constexpr int count = 600;

  // Sorted files, and behind them a log with half of it.
  void fill() {
    const auto store = open_or_fail(GetParam(), folder.store());
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < count; ++i) {
      ASSERT_OK(set(*store, std::to_string(10'000 + i), value_of(i)));
      if (i == count / 2) {
        ASSERT_OK(store->compact());
      }
    }
  }
  // Another one with the same files.
  [[nodiscard]] fs::path copy(const std::string& name) const {
    const fs::path to = folder.path() / name;
    fs::copy(folder.store(), to, fs::copy_options::recursive);
    return to;
  }
  // Opens it and reads all there is: how many entries, in their order and with their values, there are; or why not.
  [[nodiscard]] Result<int> read_all(const fs::path& store) const {
    AIRSSYS_TRY(const auto opened, open_backend({.kind = GetParam(), .directory = store, .cache_bytes = 1 << 20}));
    int found = 0;
    AIRSSYS_TRY_VOID(opened->scan(Keyspace::guests, {}, [&](std::string_view key, std::string_view value) {
      const int number = std::stoi(std::string(key)) - 10'000;
      EXPECT_EQ(value, value_of(number)) << "never another value";
      ++found;
      return true;
    }));
    return found;
  }

  StoreFolder folder;
};

TEST_P(DamagedBackend, OpensOrSaysWhyWhereverAFileIsCut) {
  fill();
  int number = 0;
  for (const fs::path& file : files_below(folder.store() / "data")) {
    const auto size = fs::file_size(folder.store() / "data" / file);
    for (const std::uintmax_t left : {std::uintmax_t{0}, size / 2, size - std::min<std::uintmax_t>(size, 1)}) {
      const fs::path damaged = copy("cut" + std::to_string(++number));
      fs::resize_file(damaged / "data" / file, left);
      const auto found = read_all(damaged);
      if (found)
        EXPECT_LE(*found, count) << file;
      else
        EXPECT_TRUE(found.error().code() == Code::corrupt || found.error().code() == Code::io) << file << found.error().message();
      fs::remove_all(damaged);
    }
  }
}

TEST_P(DamagedBackend, OpensOrSaysWhyWhereverAByteIsAnother) {
  fill();
  int number = 0;
  for (const fs::path& file : files_below(folder.store() / "data")) {
    const auto size = fs::file_size(folder.store() / "data" / file);
    for (int part = 0; size > 0 && part < 4; ++part) {
      const fs::path damaged = copy("byte" + std::to_string(++number));
      flip(damaged / "data" / file, size * static_cast<unsigned>(part) / 4);
      const auto found = read_all(damaged);
      if (!found) {
        EXPECT_TRUE(found.error().code() == Code::corrupt || found.error().code() == Code::io) << file << found.error().message();
      }
      fs::remove_all(damaged);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, DamagedBackend, ::testing::Values(BackendKind::rocksdb, BackendKind::sled), kind_name);

class DamagedRocksdb : public DamagedBackend {
 public:
  void expect_corrupt(const fs::path& store, const std::string& file) const {
    const auto found = read_all(store);
    ASSERT_FALSE(found) << file << ": " << *found;
    EXPECT_EQ(found.error().code(), Code::corrupt) << found.error().message();
    EXPECT_THAT(found.error().message(), HasSubstr(file));
    EXPECT_THAT(found.error().message(), HasSubstr("restore a backup"));
  }
};

TEST_P(DamagedRocksdb, OpensWithWhatWasWholeWhenItsLogIsTorn) {
  fill();
  const fs::path log = one_of(folder.store() / "data", "", ".log");
  int before = count;
  for (const std::uintmax_t less : {1, 100, 5'000, 60'000}) {
    fs::resize_file(log, fs::file_size(log) - less);
    const fs::path torn = copy("torn" + std::to_string(less));
    const auto found = read_all(torn);
    ASSERT_OK(found);
    EXPECT_LE(*found, before);
    EXPECT_GT(*found, count / 2) << "the sorted files are whole";
    before = *found;
  }
  EXPECT_LT(before, count - 100);
}

TEST_P(DamagedRocksdb, TellsWhatItLeavesOutWhenItsLogIsDamagedInTheMiddle) {
  fill();
  flip(one_of(folder.store() / "data", "", ".log"), 40'000);
  struct Told final : LogSink {
    void write(const LogRecord& record) noexcept override { text += record.text; }
    std::string text{};
  } told;
  {
    const auto opened = open_backend({.kind = GetParam(), .directory = folder.store(), .log = told});
    ASSERT_OK(opened);
    const auto found = scan(**opened).size();
    EXPECT_GT(found, count / 2);
    EXPECT_LT(found, count);
  }
  EXPECT_THAT(told.text, HasSubstr("it was opened with what its log has up to there"));
  told.text.clear();
  ASSERT_OK(open_backend({.kind = GetParam(), .directory = folder.store(), .log = told}));
  EXPECT_EQ(told.text, "") << "it is mended";
}

TEST_P(DamagedRocksdb, NamesTheFileThatIsShortOrGone) {
  fill();
  for (const auto& [begin, end] : {std::pair{"", ".sst"}, std::pair{"MANIFEST-", ""}}) {
    for (const bool gone : {false, true}) {
      const fs::path damaged = copy(std::string("short") + begin + end + (gone ? "gone" : ""));
      const fs::path file = one_of(damaged / "data", begin, end);
      if (gone)
        fs::remove(file);
      else
        fs::resize_file(file, fs::file_size(file) / 2);
      expect_corrupt(damaged, gone || std::string(end) == ".sst" ? file.stem().native() : "WAL");
    }
  }
  const fs::path damaged = copy("current");
  fs::remove(damaged / "data" / "CURRENT");
  expect_corrupt(damaged, "CURRENT");
}

INSTANTIATE_TEST_SUITE_P(All, DamagedRocksdb, ::testing::Values(BackendKind::rocksdb), kind_name);

TEST(SlowDisk, RefusesWritesOfRocksdbUntilItHasCaughtUp) {
  const StoreFolder folder;
  const auto store = open_or_fail(BackendKind::rocksdb, folder.store());
  ASSERT_NE(store, nullptr);
  const std::string value(900'000, 'v');
  Result<> written;
  for (int n = 0; n < 400 && written; ++n) written = set(*store, std::to_string(n), value);
  if (written) return;  // a disk that nobody outruns
  EXPECT_EQ(written.error().code(), Code::unavailable) << written.error().message();
  EXPECT_THAT(written.error().message(), HasSubstr("more is written than the disk takes"));
  EXPECT_EQ(get(*store, "0"), value);
  while (!written) written = set(*store, "again", "");
}

class FullDisk : public ::testing::TestWithParam<BackendKind> {
 public:
  StoreFolder folder;
};

TEST_P(FullDisk, LeavesReadableWhatWasTaken) {
  ChildProcess child({"limited", std::string(backend_name(GetParam())), folder.store()});
  EXPECT_EQ(child.wait(), 0);
  EXPECT_NE(open_or_fail(GetParam(), folder.store()), nullptr);
}

TEST_P(FullDisk, TakesWritesAgainWhenThereIsRoom) {
  ChildProcess child({"full", std::string(backend_name(GetParam())), folder.store()});
  const int code = child.wait();
  if (code == 77) return;  // this kernel lets nobody make a small disk
  EXPECT_EQ(code, 0);
}

INSTANTIATE_TEST_SUITE_P(All, FullDisk, ::testing::Values(BackendKind::rocksdb, BackendKind::sled), kind_name);

}  // namespace
}  // namespace airssys::wasm::testing
