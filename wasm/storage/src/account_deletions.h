// Deletions of what accounts keep, while the host runs: with the line of the journal that has the next opening finish what a
// killed process left (transfer_journal.h), one after the other, as there is one line. As long as it stands, nothing may be set
// that it would take along: StorageAccount::refuse_sets.
//
// Threads: any; a deletion waits for the one before it.
#pragma once
#include <memory>
#include <mutex>

#include "airssys/wasm/storage/transfer.h"
#include "storage_account.h"

namespace airssys::wasm {

class AccountDeletions {
 public:
  // As Storage::erase; `account` is charged for all of `what`.
  [[nodiscard]] Result<DeletionReport> erase(std::shared_ptr<StorageAccount> account, const StorageSelection& what,
                                             Durability durability);

 private:
  [[nodiscard]] Result<> end();

  std::mutex mutex_;
  std::shared_ptr<StorageAccount> begun_;  // guarded; its line of the journal stands
};

}  // namespace airssys::wasm
