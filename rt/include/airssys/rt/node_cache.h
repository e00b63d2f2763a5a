// Memory of messages: per-thread free lists of a few sizes, so that a send allocates and a receive frees without a lock.
//
// A worker keeps at most two chains of free nodes per size; full chains go to the executor's depot, where the workers that
// run out (they send what others receive) fetch them. The depot is bounded too; beyond it, and on plain threads, nodes come
// from and return to the heap. Every node is its own heap block, so it may be freed anywhere.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "airssys/rt/executor.h"

namespace airssys::rt {

// Usable sizes that fill the C library's blocks of 64, 128 and 256 bytes; larger nodes are plain heap blocks.
inline constexpr std::array<std::size_t, 3> node_sizes{56, 120, 248};
using NodeSize = std::uint8_t;  // index into node_sizes, or
inline constexpr NodeSize heap_node = node_sizes.size();

constexpr NodeSize node_size_for(std::size_t bytes) noexcept {
  NodeSize size = 0;
  while (size < heap_node && node_sizes[size] < bytes) ++size;
  return size;
}

struct FreeNode {
  FreeNode* next;
  FreeNode* next_chain;
};
struct FreeChain {
  FreeNode* first = nullptr;
  std::size_t length = 0;
};

// Full chains of free nodes, of one executor. Threads: any.
class NodeDepot {
 public:
  static constexpr std::size_t chain_length = 64;
  static constexpr std::size_t max_chains = 512;  // per size: 2 MiB of the smallest, 8 MiB of the largest
  NodeDepot() = default;
  NodeDepot(const NodeDepot&) = delete;
  NodeDepot& operator=(const NodeDepot&) = delete;
  ~NodeDepot();
  // A chain of chain_length nodes, or an empty one.
  FreeChain take(NodeSize size) noexcept;
  void give(NodeSize size, FreeChain chain) noexcept;

 private:
  struct Shelf {
    std::mutex mutex;
    FreeNode* chains = nullptr;
    std::size_t count = 0;
  };
  std::array<Shelf, node_sizes.size()> shelves_;
};

// One thread's free nodes; not for two threads at once.
class NodeCache {
 public:
  explicit NodeCache(NodeDepot& depot) noexcept : depot_(depot) {}
  NodeCache(const NodeCache&) = delete;
  NodeCache& operator=(const NodeCache&) = delete;
  ~NodeCache();

  [[nodiscard]] void* take(NodeSize size) {
    FreeChain& chain = slots_[size].loaded;
    if (!chain.first) [[unlikely]]
      return refill(size);
    FreeNode* node = chain.first;
    chain.first = node->next;
    --chain.length;
    return node;
  }
  void give(NodeSize size, void* memory) noexcept {
    FreeChain& chain = slots_[size].loaded;
    if (chain.length == NodeDepot::chain_length) [[unlikely]]
      make_room(size);
    auto* node = static_cast<FreeNode*>(memory);
    node->next = chain.first;
    chain.first = node;
    ++chain.length;
  }

 private:
  struct Slot {
    FreeChain loaded;
    FreeChain spare;  // empty or full
  };
  void* refill(NodeSize size);
  void make_room(NodeSize size) noexcept;

  NodeDepot& depot_;
  std::array<Slot, node_sizes.size()> slots_;
};

// `bytes` is the node's size and `size` is node_size_for(bytes).
[[nodiscard]] inline void* allocate_node(NodeSize size, std::size_t bytes) {
  if (NodeCache* cache = this_thread().nodes; cache && size != heap_node) [[likely]]
    return cache->take(size);
  return ::operator new(size == heap_node ? bytes : node_sizes[size]);
}
inline void free_node(NodeSize size, void* memory) noexcept {
  if (NodeCache* cache = this_thread().nodes; cache && size != heap_node) [[likely]]
    return cache->give(size, memory);
  ::operator delete(memory);
}

}  // namespace airssys::rt
