#include "airssys/rt/cell_memory.h"

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "airssys/rt/cell.h"

namespace airssys::rt {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool pooling = false;
#elif defined(__has_feature)
constexpr bool pooling = !__has_feature(address_sanitizer);
#else
constexpr bool pooling = true;
#endif

constexpr std::size_t slab_span = 32 << 10;           // its alignment: a cell's address says where its slab begins
constexpr std::size_t slab_bytes = slab_span - 16;    // so that the C library puts one directly behind the other
constexpr std::align_val_t slab_alignment{slab_span};
constexpr std::align_val_t cell_alignment{alignof(Cell)};

struct Slab {
  Ref<CellDepot> depot;
  std::atomic<std::size_t> outstanding;  // cells that have not come back for good
};
constexpr std::size_t first_cell = alignof(Cell);
constexpr std::size_t cells_per_slab = (slab_bytes - first_cell) / sizeof(Cell);
static_assert(sizeof(Slab) <= first_cell && cells_per_slab > 0);

Slab& slab_of(void* cell) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(cell);
  return *reinterpret_cast<Slab*>(address - address % slab_span);
}

// `count` cells of a slab will never be used again.
void retire(Slab& slab, std::size_t count) noexcept {
  if (slab.outstanding.fetch_sub(count, std::memory_order_acq_rel) != count) return;
  const Ref<CellDepot> depot = std::move(slab.depot);
  slab.~Slab();
  ::operator delete(&slab, slab_bytes, slab_alignment);
}

void retire_all(FreeNode* cell) noexcept {
  while (cell) {
    FreeNode* const next = cell->next;
    retire(slab_of(cell), 1);
    cell = next;
  }
}

}  // namespace

FreeChain CellDepot::take() noexcept {
  const std::scoped_lock lock(mutex_);
  if (!chains_) return std::exchange(loose_, {});
  return {.first = std::exchange(chains_, chains_->next_chain), .length = NodeDepot::chain_length};
}

void CellDepot::give(FreeChain chain) noexcept {
  const std::scoped_lock lock(mutex_);
  chain.first->next_chain = std::exchange(chains_, chain.first);
}

void CellDepot::give_one(void* memory) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
      auto* const cell = static_cast<FreeNode*>(memory);
      cell->next = loose_.first;
      loose_.first = cell;
      if (++loose_.length == NodeDepot::chain_length) {
        cell->next_chain = std::exchange(chains_, cell);
        loose_ = {};
      }
      return;
    }
  }
  retire(slab_of(memory), 1);
}

void CellDepot::close() noexcept {
  const Ref<CellDepot> self = Ref<CellDepot>::share(*this);  // the slabs' references may be the last
  FreeNode* chains = nullptr;
  FreeChain loose;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    chains = std::exchange(chains_, nullptr);
    loose = std::exchange(loose_, {});
  }
  while (chains) retire_all(std::exchange(chains, chains->next_chain));
  retire_all(loose.first);
}

CellCache::~CellCache() {
  retire_all(loaded_.first);
  retire_all(spare_.first);
  if (fresh_ != fresh_end_) retire(slab_of(fresh_), static_cast<std::size_t>(fresh_end_ - fresh_) / sizeof(Cell));
}

void* CellCache::refill() {
  loaded_ = spare_.first ? std::exchange(spare_, {}) : depot_.take();
  if (loaded_.first) return take();
  if (fresh_ == fresh_end_) {
    auto* const memory = static_cast<std::byte*>(::operator new(slab_bytes, slab_alignment));
    ::new (memory) Slab{Ref<CellDepot>::share(depot_), cells_per_slab};
    fresh_ = memory + first_cell;
    fresh_end_ = fresh_ + cells_per_slab * sizeof(Cell);
  }
  return std::exchange(fresh_, fresh_ + sizeof(Cell));
}

void CellCache::make_room() noexcept {
  if (spare_.first) depot_.give(spare_);
  spare_ = std::exchange(loaded_, {});
}

CellMemory allocate_cell() {
  if (CellCache* const cache = this_thread().cells; cache && pooling) return {.at = cache->take(), .pooled = true};
  return {.at = ::operator new(sizeof(Cell), cell_alignment), .pooled = false};
}

void free_cell(void* at, bool pooled) noexcept {
  if (!pooled) return ::operator delete(at, sizeof(Cell), cell_alignment);
  if (CellCache* const cache = this_thread().cells) return cache->give(at);
  const Ref<CellDepot> depot = slab_of(at).depot;  // which somebody may close and let go of meanwhile
  depot->give_one(at);
}

}  // namespace airssys::rt
