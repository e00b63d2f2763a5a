// A Storage over a backend that fails where a test wants it to.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/wasm/storage/storage.h"
#include "airssys/wasm/storage/testing/faulty_backend.h"

namespace airssys::wasm::testing {

class KeptLines final : public LogSink {
 public:
  void write(const LogRecord& record) noexcept override {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(record.text);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Blocks until what it waits for is done, as a suspended guest would. Outlives whoever may still wake it.
class Waiter final : public WakeTarget {
 public:
  void retain() noexcept override {}
  void release() noexcept override {}
  void wake() noexcept override { woken_.release(); }
  template <class Pending>
  void wait_for(Pending& pending) {
    while (!pending.poll(CallWaker(*this))) woken_.acquire();
  }

 private:
  std::counting_semaphore<> woken_{0};
};

class StorageWorld {
 public:
  explicit StorageWorld(StorageConfig config = quiet()) : config_(std::move(config)) { open(); }

  // Nothing happens but what a test does.
  static StorageConfig quiet() { return {.flush = FlushMode::manual, .check_interval = Duration::zero()}; }
  static StorageConfig always() { return {.flush = FlushMode::always, .check_interval = Duration::zero()}; }

  // The guests' entries as they are below.
  [[nodiscard]] std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    const auto scanned = storage->backend().scan(Keyspace::guests, {}, [&](std::string_view key, std::string_view value) {
      all.emplace(key, value);
      return true;
    });
    EXPECT_TRUE(scanned);
    return all;
  }
  // Adds up what a scan finds.
  void expect_exact_counts() const {
    const auto scanned = scan_usage(storage->backend());
    ASSERT_TRUE(scanned) << scanned.error().message();
    for (const AccountReport& account : storage->report().accounts) {
      const auto found = scanned->find(account.id);
      EXPECT_EQ(account.used, found == scanned->end() ? AccountUsage{} : found->second) << account.id.text();
    }
  }
  static ComponentAddress address(std::string_view name) { return *ComponentAddress::parse(name); }
  [[nodiscard]] Store own(std::string_view name) const { return storage->own_store(address(name), std::nullopt, false); }
  // Written at once, or when it is on disk: as the mode has it.
  StoreResult<std::uint64_t> write(const Store& store, std::span<const StorageOperation> operations) {
    if (!storage->writes_wait()) return store.write(operations);
    auto begun = store.begin_write(operations);
    if (!begun) return std::unexpected(begun.error());
    waiter.wait_for(**begun);
    return (*begun)->result();
  }
  StoreResult<std::uint64_t> set(const Store& store, std::string_view key, std::string_view value) {
    const StorageOperation one{key, value};
    return write(store, std::span(&one, 1));
  }
  StoreResult<std::uint64_t> remove(const Store& store, std::string_view key) {
    const StorageOperation one{key, std::nullopt};
    return write(store, std::span(&one, 1));
  }

  StoreResult<std::uint64_t> clear(const Store& store) {
    auto begun = store.begin_clear();
    if (!begun) return std::unexpected(begun.error());
    waiter.wait_for(**begun);
    return (*begun)->result();
  }

  const std::unique_ptr<Platform> platform = real_platform();
  Waiter waiter;
  KeptLines log;
  FaultyBackend* disk = nullptr;
  std::unique_ptr<Storage> storage;

 private:
  void open() {
    auto backend = std::make_unique<FaultyBackend>(*open_backend({.kind = BackendKind::memory}));
    disk = backend.get();
    auto opened = Storage::open(std::move(backend), config_, *platform, log);
    ASSERT_TRUE(opened) << opened.error().message();
    storage = *std::move(opened);
  }

  const StorageConfig config_;
};

}  // namespace airssys::wasm::testing
