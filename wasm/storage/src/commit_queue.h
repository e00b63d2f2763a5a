// FlushMode::always: writes wait here until they are written and synchronised, those of all components that came meanwhile
// together. What a guest waits for is the disk, and a disk takes as long for one write as for many.
//
// Two threads take turns: while one waits for the disk, the other plans and writes what has come since, and follows as soon as
// the disk is free, or a little later (commit_pace.h). A group is one synchronisation; it may be several batches below.
//
// Failures: a batch that the backend refuses is tried again write by write, so that what one has no room for is not the others'
// failure; what fails is taken back. Where a synchronisation fails all of its group do: what they wrote is there, and counted,
// and whether it outlasts the machine's power nobody knows.
//
// Threads: any. Its own end with the queue, after everything in it is on disk. A thread that has answered looks for the next
// write before it sleeps, for 100 us and a quarter of a synchronisation at most, where that was lately of use: waking it takes
// a part of that, and the writer would wait for it.
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "commit_pace.h"
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
  using Lock = std::unique_lock<std::mutex>;

  void serve();
  // What is written and has to be synchronised; the disk is free then. Empty: all were refused.
  Batch gather(Lock& lock);
  void sync(const Batch& group, Lock& lock);
  void wait_for_company(Lock& lock);
  // Without sleeping. Returns when somebody waits, or then.
  void look_for_work(Lock& lock, Instant until);
  // Those that are written; the others are answered.
  Batch write(Batch batch);
  void write_together(std::span<Waiting* const> batch, bool share_accounts);

  StorageContext& context_;
  std::mutex mutex_;
  std::condition_variable idle_, gatherer_;
  Batch waiting_;  // guarded, as what follows
  std::uint64_t waiting_bytes_ = 0;  // these, and those gathered
  std::size_t gathered_ = 0;
  bool gathering_ = false, syncing_ = false;  // one thread at most each
  bool looking_ = false;  // a thread does, and needs no waking
  bool over_ = false;
  CommitPace pace_;
  Attempts looks_;
  std::atomic<bool> arrived_{false};  // waiting_ is not empty
  std::array<std::unique_ptr<Thread>, 2> threads_;
};

}  // namespace airssys::wasm
