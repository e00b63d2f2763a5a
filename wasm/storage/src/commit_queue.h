// FlushMode::always: writes wait here until one thread has written and synchronised them, those of all components that came
// meanwhile together. What a guest waits for is the disk, and a disk takes as long for one write as for many.
//
// Threads: any. The thread ends with the queue, after everything in it is on disk.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "storage_account.h"

namespace airssys::wasm {

class CommitQueue {
 public:
  explicit CommitQueue(StorageContext& context);
  ~CommitQueue();

  // `operations` are checked. unavailable: too many wait.
  [[nodiscard]] StoreResult<std::shared_ptr<PendingWrite>> add(std::shared_ptr<StorageAccount> account, std::string_view prefix,
                                                               std::span<const StorageOperation> operations);

 private:
  class Waiting;
  using Batch = std::vector<std::shared_ptr<Waiting>>;

  void serve();
  void commit(const Batch& batch);
  void write_together(std::span<const std::shared_ptr<Waiting>> batch);

  StorageContext& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch waiting_;  // guarded, as what follows
  std::uint64_t waiting_bytes_ = 0;
  bool over_ = false;
  std::unique_ptr<Thread> thread_;
};

}  // namespace airssys::wasm
