#include "airssys/rt/node_cache.h"

#include <utility>

namespace airssys::rt {
namespace {

void free_all(FreeNode* node) noexcept {
  while (node) ::operator delete(std::exchange(node, node->next));
}

}  // namespace

NodeDepot::~NodeDepot() {
  for (Shelf& shelf : shelves_)
    while (shelf.chains) free_all(std::exchange(shelf.chains, shelf.chains->next_chain));
}

FreeChain NodeDepot::take(NodeSize size) noexcept {
  Shelf& shelf = shelves_[size];
  const std::scoped_lock lock(shelf.mutex);
  if (!shelf.chains) return {};
  --shelf.count;
  return {.first = std::exchange(shelf.chains, shelf.chains->next_chain), .length = chain_length};
}

void NodeDepot::give(NodeSize size, FreeChain chain) noexcept {
  Shelf& shelf = shelves_[size];
  {
    const std::scoped_lock lock(shelf.mutex);
    if (shelf.count < max_chains) {
      chain.first->next_chain = std::exchange(shelf.chains, chain.first);
      ++shelf.count;
      return;
    }
  }
  free_all(chain.first);
}

NodeCache::~NodeCache() {
  for (const Slot& slot : slots_) {
    free_all(slot.loaded.first);
    free_all(slot.spare.first);
  }
}

void* NodeCache::refill(NodeSize size) {
  Slot& slot = slots_[size];
  slot.loaded = slot.spare.first ? std::exchange(slot.spare, {}) : depot_.take(size);
  if (!slot.loaded.first) return ::operator new(node_sizes[size]);
  return take(size);
}

void NodeCache::make_room(NodeSize size) noexcept {
  Slot& slot = slots_[size];
  if (slot.spare.first) depot_.give(size, slot.spare);
  slot.spare = std::exchange(slot.loaded, {});
}

}  // namespace airssys::rt
