// The directory of a store: whose it is, who has it open, and what a crash left of it.
#include "store_directory.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <random>
#include <sstream>

#include "airssys/rt/testing/seeds.h"
#include "backend_suite.h"
#include "child_process.h"

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string contents(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}
void put(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

class StoreDirectories : public ::testing::TestWithParam<BackendKind> {
 public:
  [[nodiscard]] fs::path store() const { return folder.store(); }
  [[nodiscard]] Result<std::unique_ptr<StorageBackend>> open(BackendKind kind) const {
    return open_backend({.kind = kind, .directory = store(), .cache_bytes = 1 << 20});
  }
  void fill() const {
    const auto made = open_or_fail(GetParam(), store());
    ASSERT_NE(made, nullptr);
    ASSERT_OK(set(*made, "key", "value"));
  }
  void expect_refused(BackendKind kind, Code code, const std::string& text) const {
    const auto refused = open(kind);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), code) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr(text));
  }
  void expect_filled() const {
    const auto opened = open_or_fail(GetParam(), store());
    ASSERT_NE(opened, nullptr);
    EXPECT_EQ(get(*opened, "key"), "value");
  }

  StoreFolder folder;
};

TEST_P(StoreDirectories, SayWhoseTheyAreInOneLine) {
  EXPECT_EQ(backend_of(store()).value(), std::nullopt);
  fill();
  EXPECT_EQ(backend_of(store()).value(), GetParam());
  EXPECT_EQ(contents(store() / "BACKEND"),
            contents(fs::path(AIRSSYS_GOLDEN) / ("BACKEND." + std::string(backend_name(GetParam())))));
  struct ::stat status{};
  ASSERT_EQ(::stat(store().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

TEST_P(StoreDirectories, AreRefusedToAnotherBackend) {
  fill();
  const auto other = GetParam() == BackendKind::sled ? BackendKind::rocksdb : BackendKind::sled;
  expect_refused(other, Code::invalid_configuration, "storage migrate --from " + std::string(backend_name(GetParam())));
  expect_filled();
}

TEST_P(StoreDirectories, AreRefusedToTheSecondWhoOpensThem) {
  {
    const auto first = open_or_fail(GetParam(), store());
    expect_refused(GetParam(), Code::unavailable, "this process has it open");
  }
  ChildProcess child({"hold", std::string(backend_name(GetParam())), store()});
  char ready = 0;
  ASSERT_TRUE(child.read(&ready, 1));
  expect_refused(GetParam(), Code::unavailable, "process " + std::to_string(child.id()) + " has it open");
  child.end_input();
  EXPECT_EQ(child.wait(), 0);
  ASSERT_TRUE(open(GetParam())) << "the lock went with its process";
}

TEST_P(StoreDirectories, OfALaterVersionAreRefused) {
  fill();
  put(store() / "BACKEND", "airssys-storage 2 " + std::string(backend_name(GetParam())) + "\n");
  expect_refused(GetParam(), Code::invalid_configuration, "a later airssys-wasm made this store (layout 2, this one knows 1)");
}

TEST_P(StoreDirectories, OfWhichACrashLeftHalfAreFinished) {
  // Killed while data was made.
  fs::create_directories(store() / "making");
  put(store() / "making" / "CURRENT", "MANIFEST-00");
  put(store() / "BACKEND.new", "airssys-st");
  fill();
  EXPECT_FALSE(fs::exists(store() / "making"));
  expect_filled();
  // Killed between BACKEND and data.
  fs::rename(store() / "data", store() / "making");
  expect_filled();
}

TEST_P(StoreDirectories, WithoutTheirDataOrTheirNameAreLeftAlone) {
  fill();
  fs::rename(store() / "BACKEND", store() / "kept");
  expect_refused(GetParam(), Code::invalid_configuration, "there is data/ and no file BACKEND");
  EXPECT_TRUE(fs::exists(store() / "data"));
  fs::rename(store() / "kept", store() / "BACKEND");
  fs::rename(store() / "data", store() / "elsewhere");
  expect_refused(GetParam(), Code::corrupt, "data/ is missing");
  EXPECT_FALSE(fs::exists(store() / "data"));
  fs::rename(store() / "elsewhere", store() / "data");
  expect_filled();
}

TEST_P(StoreDirectories, ThatCannotBeMadeSaySo) {
  put(folder.path() / "file", "");
  const auto refused = open_backend({.kind = GetParam(), .directory = folder.path() / "file" / "store"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::io);
  EXPECT_THAT(refused.error().message(), HasSubstr(": Not a directory"));
  const auto nowhere = open_backend({.kind = GetParam()});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code(), Code::invalid_configuration);
}

TEST_P(StoreDirectories, OfABackupThatWasNotFinishedAreNoStore) {
  const auto to = folder.path() / "backup";
  const auto made = make_backup(to, GetParam(), [](const fs::path& data) -> Result<> {
    fs::create_directory(data);
    return fail(Code::io, "no space left on device");
  });
  ASSERT_FALSE(made);
  EXPECT_FALSE(fs::exists(to)) << "nothing is left of it";
}

INSTANTIATE_TEST_SUITE_P(All, StoreDirectories, ::testing::Values(BackendKind::rocksdb, BackendKind::sled), kind_name);

TEST(BackendFile, IsOneLineAndNothingElse) {
  EXPECT_EQ(parse_backend_file("airssys-storage 1 rocksdb\n").value(), BackendKind::rocksdb);
  EXPECT_EQ(parse_backend_file("airssys-storage 1 sled\n").value(), BackendKind::sled);
  for (const char* text :
       {"", "\n", "airssys-storage 1 rocksdb", "airssys-storage 1 rocksdb\n\n", "airssys-storage  1 rocksdb\n",
        "airssys-storage 0 rocksdb\n", "airssys-storage -1 rocksdb\n", "airssys-storage 1\n", "airssys-storage 1 \n",
        "airssys-storage 1 memory\n", "airssys-storage x sled\n", "airssys-storage 99999999999 sled\n", "sled\n"}) {
    const auto parsed = parse_backend_file(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message(), ::testing::StartsWith("BACKEND:1: ")) << text;
  }
  const auto unknown = parse_backend_file("airssys-storage 1 redb\n");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::invalid_configuration);
  EXPECT_THAT(unknown.error().message(), HasSubstr("'redb' is no storage backend; there are rocksdb, sled, memory"));
}

TEST(BackendFile, IsNothingElseHoweverItIsAltered) {
  const std::string line = "airssys-storage 1 rocksdb\n";
  for (const std::uint64_t seed : rt::testing::seeds(5000)) {
    std::mt19937_64 random(seed);
    std::string text = line;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % (text.size() + 1);
      const char byte = random() % 2 == 0 ? static_cast<char>(random()) : line[random() % line.size()];
      if (const auto how = random() % 3; how == 0 || at == text.size())
        text.insert(at, 1, byte);
      else if (how == 1)
        text.erase(at, 1);
      else
        text[at] = byte;
    }
    const auto parsed = parse_backend_file(text);
    if (parsed) {
      EXPECT_EQ(text, line) << "seed " << seed;
    } else {
      EXPECT_THAT(parsed.error().message(), ::testing::StartsWith("BACKEND:1: ")) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace airssys::wasm::testing
