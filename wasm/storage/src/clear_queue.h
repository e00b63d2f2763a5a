// Clears: a store that is emptied may have any number of keys, so that no worker does it. One thread deletes a step of each that
// waits, in turn: nobody waits for what another one has to delete, and who writes to the same account waits for a step at most.
//
// Whoever gives the PendingWrite up ends it after its step; what is left then stays. Threads: any. The thread starts with the
// first clear, and ends with the queue.
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "storage_account.h"

namespace airssys::wasm {

class ClearQueue {
 public:
  explicit ClearQueue(StorageContext& context) noexcept : context_(context) {}
  ~ClearQueue();

  // unavailable: too many wait.
  [[nodiscard]] StoreResult<std::shared_ptr<PendingWrite>> add(std::shared_ptr<StorageAccount> account, std::string prefix);

 private:
  class Clearing;

  void serve();

  StorageContext& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::weak_ptr<Clearing>> waiting_;  // guarded, as what follows
  bool over_ = false;
  std::unique_ptr<Thread> thread_;
};

}  // namespace airssys::wasm
