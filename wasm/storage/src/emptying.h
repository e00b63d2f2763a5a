// Deletes the keys of a range, all of one account, in steps that each are all or none and take no longer than a batch of a guest.
// Threads: one at a time.
#pragma once
#include <string>

#include "scanning.h"
#include "storage_account.h"

namespace airssys::wasm {

class Emptying {
 public:
  // The keys from <= k < to. The account outlives it.
  Emptying(StorageAccount& account, std::string from, std::string to)
      : account_(account),
        from_(std::move(from)),
        to_(std::move(to)) {}

  // False: nothing is left. What fails has deleted nothing, and may be tried again.
  [[nodiscard]] StoreResult<bool> step();
  [[nodiscard]] const DeletionReport& deleted() const noexcept { return deleted_; }

 private:
  StorageAccount& account_;
  std::string from_;
  const std::string to_;
  StoreCursor stores_;
  DeletionReport deleted_;
};

}  // namespace airssys::wasm
