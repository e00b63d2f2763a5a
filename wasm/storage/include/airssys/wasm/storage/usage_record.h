// What the host keeps about the stores in its own keyspace: how much each account uses, so that opening need not read
// everything. It holds only from a clean close to the next opening, and for who writes no other way than through Storage.
//
//   usage/<account, as StoreId writes it>   "<bytes> <keys>"
//   usage-holds                             "1": the records above are what a scan would find
//
// Threads: any, but a writer has the backend for itself.
#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/store_id.h"

namespace airssys::wasm {

// Bytes of user keys and values (R6.7).
struct AccountUsage {
  std::uint64_t bytes = 0, keys = 0;
  friend bool operator==(const AccountUsage&, const AccountUsage&) = default;
};
using UsageOfAccounts = std::map<StoreId, AccountUsage>;

// By reading all that is there; a key of no store is corrupt.
[[nodiscard]] Result<UsageOfAccounts> scan_usage(const StorageBackend& backend);

// None: it holds no more, and has to be scanned.
[[nodiscard]] Result<std::optional<UsageOfAccounts>> recorded_usage(const StorageBackend& backend);
// On disk when it returns.
[[nodiscard]] Result<> record_usage(StorageBackend& backend, const UsageOfAccounts& usage);
// Before anything is written by other means than Storage, and by Storage itself when it opens: the record holds no more.
[[nodiscard]] Result<> forget_usage(StorageBackend& backend);

}  // namespace airssys::wasm
