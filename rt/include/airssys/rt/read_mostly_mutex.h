// ReadMostlyMutex: a lock for tables that every thread reads all the time and few ever change.
//
// It is several mutexes: a reader locks the one of its thread, so that readers on different threads share no cache line; a
// writer locks all of them. A reader waits only for a writer, and for the few threads that share its mutex.
#pragma once
#include <array>
#include <mutex>

#include "airssys/rt/thread_shard.h"

namespace airssys::rt {

// For std::scoped_lock and std::shared_lock; the thread that locked unlocks. Not recursive, also not for readers.
class ReadMostlyMutex {
 public:
  void lock() {
    for (Shard& shard : shards_) shard.mutex.lock();
  }
  void unlock() {
    for (Shard& shard : shards_) shard.mutex.unlock();
  }
  void lock_shared() { mine().lock(); }
  void unlock_shared() { mine().unlock(); }

 private:
  struct alignas(64) Shard {
    std::mutex mutex;
  };
  std::mutex& mine() noexcept { return shards_[thread_shard()].mutex; }
  std::array<Shard, thread_shards> shards_;
};

}  // namespace airssys::rt
