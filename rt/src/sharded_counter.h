// A counter that many threads write all the time: each in a cache line of its own. Read rarely.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "airssys/rt/thread_shard.h"

namespace airssys::rt {

class ShardedCounter {
 public:
  void add(std::uint64_t n = 1) noexcept { shards_[thread_shard()].value.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Shard, thread_shards> shards_{};
};

}  // namespace airssys::rt
