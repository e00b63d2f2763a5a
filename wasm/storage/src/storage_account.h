// What one account uses, and the writes that are charged to it.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/metric.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/storage/storage.h"
#include "size_cache.h"

namespace airssys::wasm {

class ClearQueue;
class CommitQueue;

// What all accounts of a Storage share.
struct StorageContext {
  std::unique_ptr<StorageBackend> backend;
  StorageConfig config;
  Platform& platform;
  LogSink& log_sink;
  CommitQueue* queue = nullptr;  // FlushMode::always
  ClearQueue* clears = nullptr;
  std::atomic<bool> dirty{false};  // something was written that is not synchronised
  Counter failures{}, drifts{}, syncs{}, synced_writes{};
  Histogram gets{}, sets{};
  SizeCache value_sizes{};  // of guests' keys; a key is put under the lock of its account

  // Counts and logs an error of the backend: what of it a guest may know.
  [[nodiscard]] StoreError failed(const Error& error);
};

// The sizes that what is planned gives to keys, before it is written. Views of those writes.
using PlannedSizes = std::unordered_map<std::string_view, std::optional<std::uint64_t>>;

// What a write does to its account.
struct PlannedWrite {
  std::int64_t bytes = 0, keys = 0;
  std::uint64_t sets = 0, deletes = 0, found = 0;  // deleted keys that were there
  std::uint64_t bytes_written = 0;
};

class StorageAccount {
 public:
  StorageAccount(StoreId id, AccountUsage used, StorageContext& context);

  [[nodiscard]] const StoreId& id() const noexcept { return id_; }
  [[nodiscard]] StorageContext& context() const noexcept { return context_; }
  [[nodiscard]] AccountUsage usage() const noexcept;
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint64_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }
  // While all that it keeps is deleted: what would be set meanwhile is unavailable.
  void refuse_sets(bool refuse) {
    const auto held = lock();
    refuses_sets_ = refuse;
  }
  void count_read(std::uint64_t entries, std::uint64_t bytes) noexcept;
  [[nodiscard]] AccountReport report() const;

  // `writes` have physical keys, whose first `prefix_bytes` are not charged.
  [[nodiscard]] StoreResult<std::uint64_t> write(std::span<const StorageWrite> writes, std::size_t prefix_bytes);

  // For whoever writes for several accounts at once, in this order, while it holds the lock of each. plan: as if it were written,
  // and the writes planned before it; where it is refused nothing is changed.
  [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  [[nodiscard]] StoreResult<PlannedWrite> plan(std::span<const StorageWrite> writes, std::size_t prefix_bytes,
                                               PlannedSizes* before_it);
  void undo(const PlannedWrite& planned) noexcept;
  void written(const PlannedWrite& planned, std::span<const StorageWrite> writes);

  // R6.8. The scan is of the moment at which it begins, so that writes may go on meanwhile.
  [[nodiscard]] Result<> check();

 private:
  void change(std::int64_t bytes, std::int64_t keys) noexcept;
  void warn_when_nearly_full();

  const StoreId id_;
  StorageContext& context_;
  std::mutex mutex_;  // of writes
  std::atomic<std::uint64_t> bytes_, keys_;  // written under the lock
  std::atomic<std::uint64_t> limit_{0};
  unsigned warned_ = 0;  // percent; guarded
  bool refuses_sets_ = false;  // guarded
  Counter reads_, sets_, deletes_, bytes_read_, bytes_written_, over_quota_;
  std::atomic<std::int64_t> drift_{0};
};

}  // namespace airssys::wasm
