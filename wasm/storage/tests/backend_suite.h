// What the tests of backends share: a store of each kind in a folder of its own.
#pragma once
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/wasm/storage/backends.h"

namespace airssys::wasm::testing {

// Where races are looked for, what is not instrumented is left out.
#ifdef AIRSSYS_NO_SLED
inline constexpr std::array backend_kinds{BackendKind::memory}, moment_kinds{BackendKind::memory};
#else
inline constexpr std::array backend_kinds{BackendKind::memory, BackendKind::rocksdb, BackendKind::sled};
inline constexpr std::array moment_kinds{BackendKind::memory, BackendKind::sled};  // of MomentBackend
#endif

using Entries = std::vector<std::pair<std::string, std::string>>;

// Fails the test, and ends its step, when there is an error.
#define ASSERT_OK(...)                                   \
  do {                                                   \
    const auto& ok = (__VA_ARGS__);                      \
    ASSERT_TRUE(ok.has_value()) << ok.error().message(); \
  } while (false)

class StoreFolder {
 public:
  StoreFolder() {
    std::string pattern = (std::filesystem::path(::testing::TempDir()) / "storage-XXXXXX").native();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~StoreFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path store() const { return path_ / "store"; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<StorageBackend> open_or_fail(BackendKind kind, const std::filesystem::path& directory) {
  auto opened = open_backend({.kind = kind, .directory = directory, .cache_bytes = 8 << 20});
  if (!opened) {
    ADD_FAILURE() << opened.error().message();
    return nullptr;
  }
  return *std::move(opened);
}

inline Result<> set(StorageBackend& backend, std::string_view key, std::string_view value, Keyspace space = Keyspace::guests,
                    Durability durability = Durability::process) {
  return backend.write(space, std::array{StorageWrite{key, value}}, durability);
}
inline Result<> remove(StorageBackend& backend, std::string_view key, Keyspace space = Keyspace::guests) {
  return backend.write(space, std::array{StorageWrite{key, std::nullopt}}, Durability::process);
}
// What the key has; "(none)", "(error: …)".
inline std::string get(const StorageBackend& backend, std::string_view key, Keyspace space = Keyspace::guests) {
  std::string value;
  const auto found = backend.get(space, key, value);
  if (!found) return "(error: " + found.error().message() + ")";
  return *found ? value : "(none)";
}
inline std::optional<std::uint64_t> size_of(const StorageBackend& backend, std::string_view key,
                                            Keyspace space = Keyspace::guests) {
  const auto size = backend.size_of(space, key);
  EXPECT_TRUE(size.has_value()) << size.error().message();
  return size ? *size : std::nullopt;
}
inline Entries scan(const StorageBackend& backend, KeyRange range = {}, Keyspace space = Keyspace::guests) {
  Entries entries;
  const auto done = backend.scan(space, range, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key, value);
    return true;
  });
  if (!done) entries.emplace_back("(error)", done.error().message());
  return entries;
}

class BackendTest : public ::testing::TestWithParam<BackendKind> {
 protected:
  BackendTest() : backend(open_or_fail(GetParam(), folder.store())) {}
  void SetUp() override { ASSERT_NE(backend, nullptr); }
  // False: of this kind nothing is left.
  [[nodiscard]] bool reopen() {
    if (GetParam() == BackendKind::memory) return false;
    backend.reset();
    backend = open_or_fail(GetParam(), folder.store());
    return backend != nullptr;
  }

  StoreFolder folder;
  std::unique_ptr<StorageBackend> backend;
};

inline std::string kind_name(const ::testing::TestParamInfo<BackendKind>& kind) { return std::string(backend_name(kind.param)); }

}  // namespace airssys::wasm::testing
