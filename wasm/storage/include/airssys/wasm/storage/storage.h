// Storage: the stores of all components of a host, over one backend: who uses how much, and when what was written is on disk.
//
// Everything is charged to an account (R6.7): a component has one for its own and its named stores, a shared store is its own. An
// account takes the bytes of keys and values as guests see them. A write that would take it past its limit is refused before
// anything is written; what is there already stays, also where the limit was lowered below it.
//
// When a write is on disk (R6.10): with FlushMode::always before it is acknowledged: two threads gather the writes of many
// components and synchronise them together, so they are begun, and answered later. interval: at most that much later. manual:
// when flush() is called. A clean close synchronises in any mode. What the end of the process alone can undo the backend says
// (StorageBackend::survives_kill).
//
// Threads: any. A write of one account waits for the one before it, and for the backend; no lock is held otherwise.
#pragma once
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/core/storage_functions.h"
#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/store_id.h"
#include "airssys/wasm/storage/transfer.h"
#include "airssys/wasm/storage/usage_record.h"

namespace airssys::wasm {

enum class FlushMode : std::uint8_t { always, interval, manual };
// "always", "interval", "manual".
[[nodiscard]] std::string_view flush_mode_name(FlushMode mode) noexcept;
[[nodiscard]] std::optional<FlushMode> flush_mode(std::string_view name) noexcept;

struct StorageConfig {
  BackendConfig backend = {.kind = BackendKind::memory, .directory = {}};
  FlushMode flush = FlushMode::interval;
  Duration flush_interval = std::chrono::milliseconds(100);
  // R6.9: without a limit of its own an account has the smaller one of what its manifest asks for and of these; where it asks for
  // nothing the first, also when it is trusted.
  std::uint64_t default_max = std::uint64_t{50} << 20;
  std::uint64_t trusted_max = std::uint64_t{500} << 20;
  std::map<std::string, std::uint64_t, std::less<>> limits = {};  // bytes, by StoreId::text of an account
  Duration check_interval = std::chrono::seconds(300);  // R6.8; zero: never
  std::size_t max_shared_stores = 1000;
  // Of writes that wait to be synchronised: past these they are unavailable.
  std::size_t max_waiting_writes = 10'000;
  std::uint64_t max_waiting_bytes = std::uint64_t{64} << 20;
};

// Why nothing was read or written.
struct StoreError {
  StorageFailure failure = StorageFailure::io_error;
  std::string reason = {};
  StorageQuota quota = {};  // quota_exceeded
  std::uint64_t number = 0;  // value_too_large: the most that a value may have, in bytes
};
template <class T>
using StoreResult = std::expected<T, StoreError>;

// A moment's picture of an account.
struct AccountReport {
  StoreId id;
  AccountUsage used;
  std::uint64_t limit = 0;
  std::uint64_t reads = 0, writes = 0, deletes = 0;  // operations; of pages each entry is a read
  std::uint64_t bytes_read = 0, bytes_written = 0;  // of keys and values
  std::uint64_t over_quota = 0;  // writes refused
  std::int64_t drift = 0;  // what the latest check found that was not counted; negative: what was counted too much
};

struct StorageReport {
  std::string_view backend;
  std::uint64_t bytes = 0;  // StorageBackend::bytes
  std::uint64_t failures = 0;  // of the backend
  std::uint64_t drifts = 0;  // of more than 1 MiB, of all accounts
  std::uint64_t syncs = 0, synced_writes = 0;  // FlushMode::always: times that it was synchronised, and for how many writes
  Duration get_p50{}, get_p99{}, set_p50{}, set_p99{};  // without the wait for the disk
  std::vector<AccountReport> accounts;  // in the order of their ids
};

class StorageAccount;

// A write that is on its way to the disk; it gets there also when nobody waits for it any more. Or a clear, which then ends.
class PendingWrite {
 public:
  virtual ~PendingWrite() = default;
  // As PendingOperation's.
  virtual bool poll(const CallWaker& waker) noexcept = 0;
  // Once it is done: how many of the keys that it deletes were there. A clear that is not when the Storage ends never is.
  // io_error also where it is written and counted, and the disk failed to synchronise it: whether the end of the machine's power
  // undoes it nobody knows then.
  [[nodiscard]] virtual const StoreResult<std::uint64_t>& result() const noexcept = 0;
};

// What one scan found, and the memory for it, which the next one uses again. Threads: one at a time.
class StorePage {
 public:
  // Views, until the page is changed or moved.
  [[nodiscard]] std::span<const StorageEntryView> entries() const noexcept { return entries_; }
  [[nodiscard]] bool more() const noexcept { return more_; }  // the last key is the cursor of the page that follows

 private:
  friend class Store;
  void clear();
  void add(std::string_view key, std::string_view value);
  std::string_view keep(std::string_view bytes) noexcept;

  std::vector<StorageEntryView> entries_;
  std::vector<char> text_;  // of entries; as large as there is room
  std::size_t used_ = 0;
  bool more_ = false;
};

// One store. A value; holds on to its account; its Storage outlives it.
class Store {
 public:
  [[nodiscard]] const StoreId& id() const noexcept { return id_; }
  // Whether it is there; then `value` is what it has.
  [[nodiscard]] StoreResult<bool> get(std::string_view key, std::string& value) const;
  [[nodiscard]] StoreResult<bool> has(std::string_view key) const;
  // Entries whose keys begin with `prefix` and come after `cursor`, in the order of their bytes: at most `limit` (0: as many as a
  // page holds), 10 000, and 1 MiB of keys and values, but at least one (R6.4). Without values they are left empty. `page`: what
  // it had is gone; its own entries may be `prefix` and `cursor` of the next.
  [[nodiscard]] std::expected<void, StoreError> scan(std::string_view prefix, std::optional<std::string_view> cursor,
                                                     std::uint32_t limit, bool with_values, StorePage& page) const;
  // In their order, at most 100, all or none: how many of the keys that it deletes were there.
  [[nodiscard]] StoreResult<std::uint64_t> write(std::span<const StorageOperation> operations) const;
  // The same where Storage::writes_wait(), on disk once it is done. Without operations: what was written before is, then.
  [[nodiscard]] StoreResult<std::shared_ptr<PendingWrite>> begin_write(std::span<const StorageOperation> operations) const;
  // Deletes everything, on a thread of the storage's, in steps of a batch that each are all or none; on disk once it is done,
  // where Storage::writes_wait(). How many keys that were. What is set meanwhile stays or goes. After a failure, and when the
  // PendingWrite is given up before it is done, the rest stays.
  [[nodiscard]] StoreResult<std::shared_ptr<PendingWrite>> begin_clear() const;
  [[nodiscard]] AccountUsage usage() const;
  [[nodiscard]] std::uint64_t limit() const;

 private:
  friend class Storage;
  Store(StoreId id, std::shared_ptr<StorageAccount> account);
  StoreId id_;
  std::string prefix_;
  std::shared_ptr<StorageAccount> account_;
};

class Storage {
  class Books;

 public:
  // Opens the backend, and finds out how much everybody uses: at once after a clean close, else by reading all there is.
  // `platform` and `log` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Storage>> open(StorageConfig config, Platform& platform, LogSink& log);
  // The same over a backend that somebody made; for tests.
  [[nodiscard]] static Result<std::unique_ptr<Storage>> open(std::unique_ptr<StorageBackend> backend, StorageConfig config,
                                                             Platform& platform, LogSink& log);
  explicit Storage(std::unique_ptr<Books> books);  // for open()
  ~Storage();  // what waits is written, everything synchronised; failures are logged

  // The account of a component and its own store; again: its limit anew. `wanted`: what its manifest asks for.
  [[nodiscard]] Store own_store(const ComponentAddress& component, std::optional<std::uint64_t> wanted, bool trusted);
  // One more of that component, or a shared one. exhausted: there are too many shared stores.
  [[nodiscard]] Result<Store> store(const StoreId& id);

  // Deletes what an account or one store keeps, in steps; until it ends sets of that account are unavailable. With
  // Durability::disk it is finished by the next opening where the process was killed (ADR 40). Takes as long as that takes: no
  // worker calls it.
  //
  // invalid_argument: all stores. Of a failure the message says what is left.
  [[nodiscard]] Result<DeletionReport> erase(const StorageSelection& what, Durability durability);

  // Everything written so far is on disk.
  [[nodiscard]] Result<> flush();
  // Compares what was counted with what is there, and counts on from what is there (R6.8). Also done every check_interval.
  [[nodiscard]] Result<> check();
  [[nodiscard]] StorageReport report() const;
  // For tools that read; who writes by it makes the counts wrong.
  [[nodiscard]] StorageBackend& backend() noexcept;
  [[nodiscard]] bool writes_wait() const noexcept;  // FlushMode::always: begin_write is the way

 private:
  std::unique_ptr<Books> books_;
};

}  // namespace airssys::wasm
