#include "compile_cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "guests.h"

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Lines final : LogSink {
  std::vector<std::string> texts;
  void write(const LogRecord& record) noexcept override { texts.emplace_back(record.text); }
};

struct Records final : AuditSink {
  std::vector<std::string> texts;
  AuditStatus record(const AuditEvent& event) noexcept override {
    texts.push_back(std::string(event.action) + " " + std::string(event.resource) + ": " + std::string(event.rule));
    return AuditStatus::recorded;
  }
};

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(const std::optional<std::vector<std::byte>>& artifact) {
  return artifact ? std::string(reinterpret_cast<const char*>(artifact->data()), artifact->size()) : "-";
}

class CompileCacheTest : public ::testing::Test {
 protected:
  CompileCache open() {
    auto cache = CompileCache::open(folder_, log_, audit_);
    EXPECT_TRUE(cache) << cache.error().message();
    return *std::move(cache);
  }
  fs::path only_artifact() const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().extension() == ".cwasm") found = entry.path();
    return found;
  }
  std::size_t artifacts() const {
    return static_cast<std::size_t>(std::count_if(fs::directory_iterator(folder_), fs::directory_iterator(),
                                                  [](const auto& entry) { return entry.path().extension() == ".cwasm"; }));
  }
  static std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }
  static unsigned mode(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  Lines log_;
  Records audit_;
  const fs::path folder_ = fs::path(folder({})) / "cache";
};

TEST_F(CompileCacheTest, GivesBackWhatItWasGivenAlsoToAnotherProcess) {
  const CompileCache one = open();
  const std::string key = one.key_of(bytes("wasm"), 7);
  EXPECT_EQ(text_of(one.load(key)), "-");
  one.store(key, bytes("machine code"));
  EXPECT_EQ(text_of(one.load(key)), "machine code");
  EXPECT_EQ(text_of(open().load(key)), "machine code");
  EXPECT_THAT(log_.texts, IsEmpty());
}

TEST_F(CompileCacheTest, FilesByContentAndByEngine) {
  const CompileCache sut = open();
  EXPECT_EQ(sut.key_of(bytes("a"), 1), sut.key_of(bytes("a"), 1));
  EXPECT_NE(sut.key_of(bytes("a"), 1), sut.key_of(bytes("b"), 1));
  EXPECT_NE(sut.key_of(bytes("a"), 1), sut.key_of(bytes("a"), 2));
  EXPECT_EQ(sut.key_of(bytes("abc"), 0xab), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad-00000000000000ab");
}

TEST_F(CompileCacheTest, IsForItsOwnerAlone) {
  open().store("k", bytes("code"));
  EXPECT_EQ(mode(folder_), 0700u);
  EXPECT_EQ(mode(folder_ / "key"), 0600u);
  EXPECT_EQ(mode(only_artifact()), 0600u);
}

TEST_F(CompileCacheTest, WritesTheDocumentedFormat) {
  open().store("k", bytes("code"));
  const std::string file = content(only_artifact());
  ASSERT_EQ(file.size(), 8u + 32 + 4);
  EXPECT_EQ(file.substr(0, 8), "AIRSCW01");
  EXPECT_EQ(file.substr(40), "code");
  EXPECT_EQ(only_artifact().filename(), "k.cwasm");
  EXPECT_EQ(content(folder_ / "key").size(), 32u);
}

TEST_F(CompileCacheTest, DeletesAFileOfWhichAnyByteWasAltered) {
  const CompileCache sut = open();
  sut.store("k", bytes("code"));
  const fs::path file = only_artifact();
  const std::string whole = content(file);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    write(file, altered);
    EXPECT_EQ(text_of(sut.load("k")), "-") << "byte " << at;
    EXPECT_FALSE(fs::exists(file));
  }
  EXPECT_EQ(log_.texts.size(), whole.size());
  EXPECT_EQ(log_.texts.front(), "k.cwasm: not what this host wrote; deleted, compiling again");
  EXPECT_EQ(audit_.texts.size(), whole.size());
  EXPECT_EQ(audit_.texts.front(), "cache.refuse k.cwasm: not what this host wrote");
}

TEST_F(CompileCacheTest, DeletesATruncatedOrLongerFile) {
  const CompileCache sut = open();
  sut.store("k", bytes("code"));
  const fs::path file = only_artifact();
  const std::string whole = content(file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(file, whole.substr(0, size));
    EXPECT_EQ(text_of(sut.load("k")), "-") << size;
  }
  write(file, whole + "x");
  EXPECT_EQ(text_of(sut.load("k")), "-");
  EXPECT_EQ(artifacts(), 0u);
}

TEST_F(CompileCacheTest, DoesNotTakeAFileUnderAnotherName) {
  const CompileCache sut = open();
  sut.store("good", bytes("code"));
  fs::rename(folder_ / "good.cwasm", folder_ / "evil.cwasm");
  EXPECT_EQ(text_of(sut.load("evil")), "-");
}

TEST_F(CompileCacheTest, DoesNotTakeWhatWasWrittenWithAnotherKey) {
  open().store("k", bytes("code"));
  fs::remove(folder_ / "key");
  EXPECT_EQ(text_of(open().load("k")), "-");
  EXPECT_EQ(log_.texts.size(), 1u);
}

TEST_F(CompileCacheTest, RefusesAKeyThatOthersMayRead) {
  open().store("k", bytes("code"));
  fs::permissions(folder_ / "key", fs::perms(0640));
  const auto refused = CompileCache::open(folder_, log_, audit_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::corrupt);
  EXPECT_THAT(refused.error().message(), HasSubstr("others may read it (mode 640)"));
}

TEST_F(CompileCacheTest, RefusesAKeyOfAWrongSize) {
  open();
  write(folder_ / "key", "short");
  EXPECT_EQ(CompileCache::open(folder_, log_, audit_).error().code(), Code::corrupt);
}

TEST_F(CompileCacheTest, RefusesAFolderThatOthersMayWriteTo) {
  fs::create_directory(folder_);
  fs::permissions(folder_, fs::perms(0777));
  const auto refused = CompileCache::open(folder_, log_, audit_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::denied);
  EXPECT_EQ(mode(folder_), 0777u);  // not ours to change
}

TEST_F(CompileCacheTest, RefusesAFileInThePlaceOfItsFolder) {
  write(folder_, "");
  EXPECT_EQ(CompileCache::open(folder_, log_, audit_).error().code(), Code::io);
}

TEST_F(CompileCacheTest, OnlyWarnsWhenItCannotWrite) {
  const CompileCache sut = open();
  fs::remove_all(folder_);
  sut.store("k", bytes("code"));
  ASSERT_EQ(log_.texts.size(), 1u);
  EXPECT_THAT(log_.texts[0], HasSubstr("compiled code cannot be kept in"));
  EXPECT_EQ(text_of(sut.load("k")), "-");
}

TEST_F(CompileCacheTest, OnlyWarnsWhenItCannotRead) {
  const CompileCache sut = open();
  fs::create_directory(folder_ / "k.cwasm");
  EXPECT_EQ(text_of(sut.load("k")), "-");
  ASSERT_EQ(log_.texts.size(), 1u);
  EXPECT_THAT(log_.texts[0], HasSubstr("compiled code cannot be read"));
}

TEST_F(CompileCacheTest, KeepsTheFilesThatWereUsedLast) {
  const CompileCache sut = open();
  const auto name = [](std::size_t n) { return "k" + std::to_string(n); };
  for (std::size_t n = 0; n < CompileCache::max_files; ++n) {
    sut.store(name(n), bytes("code"));
    const auto age = std::chrono::hours(2) + std::chrono::seconds(CompileCache::max_files - n);
    fs::last_write_time(folder_ / (name(n) + ".cwasm"), fs::last_write_time(folder_ / (name(n) + ".cwasm")) - age);
  }
  EXPECT_EQ(text_of(sut.load(name(0))), "code");  // the oldest, but in use
  sut.store("new", bytes("code"));
  EXPECT_EQ(artifacts(), CompileCache::max_files);
  EXPECT_EQ(text_of(sut.load(name(0))), "code");
  EXPECT_EQ(text_of(sut.load("new")), "code");
  EXPECT_EQ(text_of(sut.load(name(1))), "-");
}

TEST_F(CompileCacheTest, SweepsWhatAKilledProcessLeftBehind) {
  const CompileCache sut = open();
  const fs::path dead = folder_ / "k.cwasm.tmp-0011223344556677";
  const fs::path alive = folder_ / "l.cwasm.tmp-0011223344556677";
  write(dead, "half");
  write(alive, "half");
  fs::last_write_time(dead, fs::last_write_time(dead) - std::chrono::hours(2));
  sut.store("k", bytes("code"));
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
}

TEST_F(CompileCacheTest, AgreesOnOneKeyHoweverManyMakeItAtOnce) {
  constexpr int hosts = 16;
  std::vector<std::thread> threads;
  for (int n = 0; n < hosts; ++n)
    threads.emplace_back([&, n] {
      const auto cache = CompileCache::open(folder_, null_log(), null_audit());
      ASSERT_TRUE(cache) << cache.error().message();
      cache->store("k" + std::to_string(n), bytes("code"));
    });
  for (std::thread& thread : threads) thread.join();
  const CompileCache sut = open();
  for (int n = 0; n < hosts; ++n) EXPECT_EQ(text_of(sut.load("k" + std::to_string(n))), "code") << n;
  EXPECT_THAT(log_.texts, IsEmpty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), hosts + 1);
}

// --- used by the engine

class CachedEngineTest : public CompileCacheTest {
 protected:
  void compile() {
    const auto engine = wasmtime_engine(
        {.max_instances = 4, .max_fibers = 2, .max_memory_bytes = 1 << 20, .cache_directory = folder_}, *platform_, log_);
    ASSERT_TRUE(engine);
    const auto code = (*engine)->compile("puppet.wasm", std::as_bytes(std::span(wasm_)), {});
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ((*code)->description().memories, 1u);
  }

  const std::unique_ptr<Platform> platform_ = real_platform();
  const Wasm wasm_ = puppet();
};

TEST_F(CachedEngineTest, CompilesOnceAndLoadsAfterwards) {
  compile();
  const fs::path file = only_artifact();
  const std::string first = content(file);
  ASSERT_FALSE(first.empty());
  const auto inode = [&] {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0);
    return status.st_ino;
  };
  const auto before = inode();
  compile();
  EXPECT_EQ(inode(), before);  // not written again
  EXPECT_THAT(log_.texts, IsEmpty());
}

TEST_F(CachedEngineTest, CompilesAgainWhatWasAltered) {
  compile();
  const fs::path file = only_artifact();
  const std::string whole = content(file);
  std::string altered = whole;
  altered[altered.size() / 2] = static_cast<char>(altered[altered.size() / 2] ^ 1);
  write(file, altered);
  compile();
  EXPECT_EQ(log_.texts.size(), 1u);
  EXPECT_EQ(content(file), whole);
}

TEST_F(CachedEngineTest, CompilesAgainWhatTheEngineDoesNotTake) {
  compile();
  const std::string key = only_artifact().stem();
  open().store(key, bytes("authentic, but of another engine"));
  compile();
  ASSERT_EQ(log_.texts.size(), 1u);
  EXPECT_THAT(log_.texts[0], HasSubstr("deleted, compiling again"));
  log_.texts.clear();
  compile();
  EXPECT_THAT(log_.texts, IsEmpty());
}

TEST_F(CachedEngineTest, WorksWithoutItsCache) {
  fs::create_directory(folder_);
  fs::permissions(folder_, fs::perms(0777));
  compile();
  ASSERT_EQ(log_.texts.size(), 1u);
  EXPECT_THAT(log_.texts[0], HasSubstr("compiled code is not kept: "));
}

}  // namespace
}  // namespace airssys::wasm::testing
