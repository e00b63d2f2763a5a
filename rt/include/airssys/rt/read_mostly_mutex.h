// ReadMostlyMutex: a lock for tables that every thread reads all the time and few ever change.
//
// It is several mutexes: a reader locks the one of its thread, so that readers on different threads share no cache line; a
// writer locks all of them. A reader waits only for a writer, and for the few threads that share its mutex.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "airssys/rt/executor.h"

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
  std::mutex& mine() noexcept {
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
    return shards_[(reinterpret_cast<std::uintptr_t>(&this_thread()) * golden) >> 61].mutex;
  }
  std::array<Shard, 8> shards_;
};

}  // namespace airssys::rt
