// What the tests of exports share: stores with contents that a seed chooses, and exports as texts.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <random>

#include "airssys/base/descriptor.h"
#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/storage/transfer.h"
#include "backend_suite.h"

namespace airssys::wasm::testing {

inline const WallTime export_time = *parse_rfc3339("2026-01-31T12:00:00Z");

inline std::unique_ptr<StorageBackend> in_memory() { return open_or_fail(BackendKind::memory, {}); }

inline Descriptor file_of(std::string_view text) {
  Descriptor file(::memfd_create("export", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return file;
}

inline void put(StorageBackend& backend, std::string_view store, std::string_view key, std::string_view value) {
  ASSERT_OK(set(backend, StoreId::parse(store)->prefix() + std::string(key), value));
}

// Keys with all that is allowed in them, values with any bytes.
inline void fill(StorageBackend& backend, std::uint64_t seed, std::size_t keys = 40) {
  std::mt19937_64 random(seed);
  const std::array stores{"default/a", "default/a:settings", "default/a-b", "photos/a", "shared:team", "shared:a"};
  const std::array words{"k", ":", "component:default/a:", "\xc3\xa9", "0", "/", "\xf0\x9f\x98\x80", " ", "a"};
  for (std::size_t n = 0; n < keys; ++n) {
    std::string key, value;
    for (std::size_t parts = 1 + random() % 4; parts > 0; --parts) key += words[random() % words.size()];
    value.resize(random() % 5 == 0 ? 0 : random() % 100);
    for (char& byte : value) byte = static_cast<char>(random());
    put(backend, stores[random() % stores.size()], key, value);
  }
}

inline std::string export_text(const StorageBackend& backend, const StorageSelection& what = {}) {
  std::string text;
  const auto report = export_storage(backend, what, export_time,
                                     [&](std::string_view lines) {
                                       text += lines;
                                       return Result<>();
                                     },
                                     {});
  EXPECT_TRUE(report) << report.error().message();
  return text;
}

inline Result<ImportReport> import_text(StorageBackend& backend, std::string_view text, const ImportOptions& options = {}) {
  return import_storage(backend, file_of(text), "f.jsonl", options);
}

// Without header and trailer.
inline std::vector<std::string> entries_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n') + 1, rest.size());
    if (!rest.starts_with(R"({"type")")) lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return lines;
}

// What was killed: after so many writes nothing answers any more. The backend below is what the disk has.
class KilledBackend final : public StorageBackend {
 public:
  KilledBackend(StorageBackend& disk, std::uint64_t writes) : disk_(disk), most_(writes) {}
  [[nodiscard]] bool killed() const noexcept { return killed_; }
  [[nodiscard]] std::uint64_t writes() const noexcept { return writes_; }

  std::string_view name() const noexcept override { return disk_.name(); }
  bool survives_kill() const noexcept override { return true; }
  Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override {
    AIRSSYS_TRY_VOID(alive());
    return disk_.get(space, key, value);
  }
  Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override {
    AIRSSYS_TRY_VOID(alive());
    return disk_.size_of(space, key);
  }
  Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override {
    if (writes_ == most_) killed_ = true;
    AIRSSYS_TRY_VOID(alive());
    ++writes_;
    return disk_.write(space, writes, durability);
  }
  Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override {
    AIRSSYS_TRY_VOID(alive());
    return disk_.scan(space, range, visit);
  }
  Result<> flush() override { return alive(); }
  Result<> compact() override { return alive(); }
  Result<> back_up(const std::filesystem::path&) const override { return alive(); }
  std::uint64_t bytes() const override { return disk_.bytes(); }

 private:
  Result<> alive() const { return killed_ ? fail(Code::io, "killed") : Result<>(); }
  StorageBackend& disk_;
  const std::uint64_t most_;
  std::uint64_t writes_ = 0;
  bool killed_ = false;
};

}  // namespace airssys::wasm::testing
