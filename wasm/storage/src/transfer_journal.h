// TransferJournal: what makes an import or a deletion happen whole or not at all, kept in the host's keyspace:
//
//   transfer                    "1 import" or "1 delete\n<from>\n<to>…": it has begun and not ended
//   transfer/undo/<physical>    of an import: "-", there was no such key, or "+" and the value that it had
//
// What a key had is on the disk before the key changes, and the first line goes after everything else is on the disk. So
// whoever finds the first line puts back what the others say (import), or deletes what is left (delete); whoever finds only
// others removes them. Both can be done again from the beginning, however often they are interrupted.
//
// Lifecycle: begin, change, end; a second one is begun after the first has ended. Threads: one, which has the backend for itself.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/transfer.h"

namespace airssys::wasm {

// So much is put into one write, and one value more.
inline constexpr std::size_t max_pending_keys = 1000, max_pending_bytes = 4 << 20;

// Keys to change, until there are enough of them for one write.
class PendingWrites {
 public:
  PendingWrites(StorageBackend& backend, Keyspace space, Durability durability) noexcept
      : backend_(backend),
        space_(space),
        durability_(durability) {}

  // Sets it, or deletes it where there is no value. Writes all when there are enough.
  [[nodiscard]] Result<> add(std::string_view key, std::optional<std::string_view> value);
  [[nodiscard]] Result<> write();

 private:
  StorageBackend& backend_;
  const Keyspace space_;
  const Durability durability_;
  std::vector<std::pair<std::string, std::optional<std::string>>> keys_;
  std::size_t bytes_ = 0;
};

// An import that has begun. Without commit() or undo(), recover_transfer() undoes it.
class ImportJournal {
 public:
  // Nothing is left of another one: recover_transfer().
  [[nodiscard]] static Result<ImportJournal> begin(StorageBackend& backend);

  // False: this import has set it before, and nothing is done.
  [[nodiscard]] Result<bool> set(std::string_view physical, const Bytes& value);
  // Of a key that has this value, and that is set afterwards at the most.
  [[nodiscard]] Result<> remove(std::string_view physical, std::string_view before);
  // What was changed is in the backend.
  [[nodiscard]] Result<> write();

  // All of it stays, and is on the disk.
  [[nodiscard]] Result<> commit();
  // All is as it was.
  [[nodiscard]] Result<> undo();

 private:
  struct Change {
    std::optional<Bytes> value;  // none: it goes
    std::optional<std::string> undo;  // its line of the journal; none: that is written
  };
  explicit ImportJournal(StorageBackend& backend) noexcept : backend_(&backend) {}
  [[nodiscard]] Result<> add(std::string_view physical, Change change);

  StorageBackend* backend_;
  std::map<std::string, Change, std::less<>> pending_;  // by physical key
  std::size_t bytes_ = 0;
};

// The line of a deletion, which has begun when this returns, and the rest of the work, from its beginning or from where it was
// left.
[[nodiscard]] Result<std::string> begin_deletion(StorageBackend& backend, const StorageSelection& what);
[[nodiscard]] Result<DeletionReport> finish_deletion(StorageBackend& backend, std::string_view line, const TransferWatch& watch);
// It has ended: everything is on the disk, and no line says any more that the rest has to go.
[[nodiscard]] Result<> end_deletion(StorageBackend& backend);

}  // namespace airssys::wasm
