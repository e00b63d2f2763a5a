// What moves the contents of stores as a whole: export to JSON Lines and import from them (R6.12, R6.13), deletion, copies from
// one backend to another. All of it streams: what is in memory is bounded by a batch of writes and by the number of stores,
// never by what they hold.
//
// Whatever changes stores is done or not done, however it ends (docs/adr/0037-an-import-is-undone-a-deletion-is-finished.md):
// an import that fails, is stopped or killed leaves what was there before, a deletion that has begun is finished. What a killed
// process left is for recover_transfer(), which whoever opens a backend calls first.
//
// Threads: one, which has the backend for itself in import_storage, delete_stores, recover_transfer, and `to` of copy_storage;
// the others read what there is while others write. Failures besides their own: those of the backend; cancelled, when `watch`
// says so.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/store_id.h"

namespace airssys::wasm {

// Which stores something is about.
class StorageSelection {
 public:
  StorageSelection() = default;  // all of them
  // "counter", "photos/indexer": all stores that are the component's own; "counter:settings", "photos/indexer:default",
  // "shared:team": one store. invalid_argument: none of these.
  [[nodiscard]] static Result<StorageSelection> parse(std::string_view text);
  [[nodiscard]] static StorageSelection of_account(const StoreId& account);
  [[nodiscard]] static StorageSelection of_store(const StoreId& store);

  // Physical keys [first, second) of each; the second is empty where there is no end.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& ranges() const noexcept { return ranges_; }
  // The one store, or the account whose stores these are; none: all stores.
  [[nodiscard]] const std::optional<StoreId>& store() const noexcept { return store_; }
  [[nodiscard]] bool is_account() const noexcept { return is_account_; }

 private:
  std::vector<std::pair<std::string, std::string>> ranges_ = {{"", ""}};
  std::optional<StoreId> store_;
  bool is_account_ = false;
};

// Told what is done so far, every so often; false: it shall end. Keys and bytes of what it has gone through, over all passes.
using TransferWatch = std::function<bool(std::uint64_t keys, std::uint64_t bytes)>;

// ---- export

struct ExportReport {
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  // of keys and values as guests wrote them
  std::string sha256 = {};  // as the trailer has it
};

// Header, entries in ascending order of their physical keys, trailer; the same for the same contents and time, whatever the
// backend, but for its name in the header. `sink` gets whole lines. One range is of one moment, so an export of all stores or of
// one is; a component's own store and its named ones are read one after the other. A key of no store: corrupt.
using LineSink = std::function<Result<>(std::string_view lines)>;
[[nodiscard]] Result<ExportReport> export_storage(const StorageBackend& backend, const StorageSelection& what, WallTime now,
                                                  const LineSink& sink, const TransferWatch& watch);
// Into a file of mode 0600, which has all of it or is not there; another one of that name is replaced.
[[nodiscard]] Result<ExportReport> export_to_file(const StorageBackend& backend, const StorageSelection& what, WallTime now,
                                                  const std::filesystem::path& file, const TransferWatch& watch);

// ---- import

enum class ImportMode : std::uint8_t {
  merge,  // keys that are there are overwritten, others stay
  replace,  // each store that the file names holds what the file holds, and nothing else
  fail_on_conflict,  // a key that is there already refuses the file
};
[[nodiscard]] std::string_view import_mode_name(ImportMode mode) noexcept;  // "merge", "replace", "fail-on-conflict"
[[nodiscard]] std::optional<ImportMode> parse_import_mode(std::string_view text) noexcept;

struct ImportOptions {
  ImportMode mode = ImportMode::merge;
  bool dry_run = false;
  // What an account may hold in bytes of keys and values; none: nothing is limited. As for guests, only growth is refused (R6.7).
  std::function<std::uint64_t(const StoreId& account)> limit_of = {};
  TransferWatch watch = {};
};

struct ImportReport {
  std::uint64_t keys = 0, bytes = 0;  // in the file
  std::uint64_t stores = 0;  // that it names
  std::uint64_t overwritten = 0;  // of its keys were there already
  std::uint64_t removed = 0;  // keys that were there and are in the file no more; mode replace
  bool trailer = false;  // it has one, which fits: nothing is missing
};

// A regular file, read twice through one descriptor: all of it is checked before anything is written. `name` is for messages.
//
// Entries may come in any order and from any writer; header and trailer are both there, or neither. corrupt: a line that is
// none, a key that is there twice (where keys are not in their order, found only when it is written), a trailer that does not
// fit or is missing, each with its line as `name:12`; a file that changed between the passes. already_exists: fail_on_conflict
// found one. exhausted: a limit. Whatever fails, all stores are as they were.
[[nodiscard]] Result<ImportReport> import_storage(StorageBackend& backend, const Descriptor& file, std::string_view name,
                                                  const ImportOptions& options);
// The same checks but for those that need a backend.
[[nodiscard]] Result<ImportReport> check_export(const Descriptor& file, std::string_view name, const TransferWatch& watch);

// ---- deletion

struct DeletionReport {
  std::uint64_t keys = 0, bytes = 0;
};
// Once it has begun, `watch` cannot end it.
[[nodiscard]] Result<DeletionReport> delete_stores(StorageBackend& backend, const StorageSelection& what,
                                                   const TransferWatch& watch);

// ---- what a killed process left

struct RecoveredTransfer {
  enum class Kind : std::uint8_t { nothing, import_undone, deletion_finished };
  Kind kind = Kind::nothing;
  std::uint64_t keys = 0;
};
[[nodiscard]] Result<RecoveredTransfer> recover_transfer(StorageBackend& backend);

// ---- copies

// What a keyspace holds: equal for equal contents, whatever the backend.
struct StorageDigest {
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  // of keys and values as the backend has them
  std::string sha256 = {};
  friend bool operator==(const StorageDigest&, const StorageDigest&) = default;
};
[[nodiscard]] Result<StorageDigest> digest_storage(const StorageBackend& backend, Keyspace space, const TransferWatch& watch);

// Both keyspaces of `from`, which nobody writes to meanwhile, into `to`, which has to be empty (already_exists); then both are
// read and compared: corrupt, when they differ. What `to` holds after a failure is of no use. Returns the digest of the guests'.
[[nodiscard]] Result<StorageDigest> copy_storage(const StorageBackend& from, StorageBackend& to, const TransferWatch& watch);

// ---- verification

struct VerifyReport {
  struct Store {
    StoreId store;
    std::uint64_t keys = 0, bytes = 0;
  };
  std::vector<Store> stores;  // in the order of their keys
  std::vector<std::string>
      problems;  // the first max_problems: keys of no store, keys and values that no guest may write, figures
  std::uint64_t more_problems = 0;
  bool recorded = false;  // the host has a record of usage that holds, which was compared
  StorageDigest digest;  // of what guests have

  static constexpr std::size_t max_problems = 100;
};
[[nodiscard]] Result<VerifyReport> verify_storage(const StorageBackend& backend, const TransferWatch& watch);

}  // namespace airssys::wasm
