// Memory of cells: slabs of many, with free lists per worker, so that a spawn on a worker allocates without a lock and an end
// frees without one.
//
// A worker takes a cell from its own free list, then a chain of them from its executor's depot, then the next of its slab.
// A freed cell is used again and never given back while the executor lives: its cells take the memory of as many as were
// alive at once. After that a slab is freed with the last of its cells, which addresses may hold for longer.
//
// Plain threads, which spawn little, take cells from the heap; so does everybody under AddressSanitizer, which then sees what
// is used after its end.
#pragma once
#include <cstddef>
#include <mutex>

#include "airssys/rt/node_cache.h"
#include "airssys/rt/ref.h"

namespace airssys::rt {

// Free cells of one executor: chains, and single ones that plain threads have freed. Threads: any.
class CellDepot final : public RefCounted<CellDepot> {
 public:
  CellDepot() = default;
  // At most NodeDepot::chain_length cells; an empty chain when there are none.
  FreeChain take() noexcept;
  // A chain of that length.
  void give(FreeChain chain) noexcept;
  void give_one(void* cell) noexcept;
  // The executor is gone: what is free, and what will be, goes back to its slab.
  void close() noexcept;

 private:
  friend class RefCounted<CellDepot>;
  ~CellDepot() = default;

  std::mutex mutex_;
  FreeNode* chains_ = nullptr;  // guarded, as all below
  FreeChain loose_;
  bool closed_ = false;
};

// One worker's free cells; not for two threads at once.
class CellCache {
 public:
  explicit CellCache(CellDepot& depot) noexcept : depot_(depot) {}
  CellCache(const CellCache&) = delete;
  CellCache& operator=(const CellCache&) = delete;
  ~CellCache();

  // Memory of one cell.
  [[nodiscard]] void* take() {
    if (!loaded_.first) [[unlikely]]
      return refill();
    FreeNode* const cell = loaded_.first;
    loaded_.first = cell->next;
    --loaded_.length;
    return cell;
  }
  void give(void* memory) noexcept {
    if (loaded_.length == NodeDepot::chain_length) [[unlikely]]
      make_room();
    auto* const cell = static_cast<FreeNode*>(memory);
    cell->next = loaded_.first;
    loaded_.first = cell;
    ++loaded_.length;
  }

 private:
  void* refill();
  void make_room() noexcept;

  CellDepot& depot_;
  FreeChain loaded_;
  FreeChain spare_;  // empty or full
  std::byte* fresh_ = nullptr;  // the rest of a slab that nobody has had yet
  std::byte* fresh_end_ = nullptr;
};

struct CellMemory {
  void* at;
  bool pooled;  // of a slab; to be said when it is freed
};
[[nodiscard]] CellMemory allocate_cell();
void free_cell(void* at, bool pooled) noexcept;

}  // namespace airssys::rt
