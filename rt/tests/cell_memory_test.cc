#include "airssys/rt/cell_memory.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "airssys/rt/cell.h"

namespace airssys::rt {
namespace {

Ref<CellDepot> make_depot() { return Ref<CellDepot>::adopt(new CellDepot); }

TEST(CellMemory, GivesEachCellItsOwnAlignedMemory) {
  const auto depot = make_depot();
  CellCache cache(*depot);
  std::set<void*> cells;
  for (int n = 0; n < 1000; ++n) {
    void* const cell = cache.take();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cell) % alignof(Cell), 0u);
    EXPECT_TRUE(cells.insert(cell).second);
  }
  for (void* cell : cells) cache.give(cell);
  depot->close();
}

TEST(CellMemory, UsesAgainWhatAnotherWorkerHasFreed) {
  const auto depot = make_depot();
  CellCache spawner(*depot);
  CellCache ender(*depot);
  std::set<void*> first;
  for (int n = 0; n < 640; ++n) first.insert(spawner.take());
  for (void* cell : first) ender.give(cell);
  std::size_t again = 0;
  std::vector<void*> second;
  for (int n = 0; n < 640; ++n) second.push_back(spawner.take());
  for (void* cell : second) {
    again += first.count(cell);
    ender.give(cell);
  }
  EXPECT_GE(again, 640 - 2 * NodeDepot::chain_length - 127) << "all but what the other worker keeps and the slab's rest";
  depot->close();
}

TEST(CellMemory, TakesBackWhatPlainThreadsFree) {
  const auto depot = make_depot();
  CellCache cache(*depot);
  std::set<void*> cells;
  for (std::size_t n = 0; n < NodeDepot::chain_length + 1; ++n) cells.insert(cache.take());
  for (void* cell : cells) free_cell(cell, true);
  std::vector<std::size_t> lengths;
  for (FreeChain chain; (chain = depot->take()).length > 0;) {
    lengths.push_back(chain.length);
    for (FreeNode* cell = chain.first; cell;) cache.give(std::exchange(cell, cell->next));
  }
  EXPECT_EQ(lengths, (std::vector<std::size_t>{NodeDepot::chain_length, 1}));
  depot->close();
}

TEST(CellMemory, FreesASlabWithTheLastOfItsCellsWhenTheExecutorIsGone) {
  std::vector<void*> held;
  {
    const auto depot = make_depot();
    CellCache cache(*depot);
    for (int n = 0; n < 300; ++n) held.push_back(cache.take());
    for (int n = 0; n < 150; ++n) {
      cache.give(held.back());
      held.pop_back();
    }
    depot->close();
  }
  for (void* cell : held) free_cell(cell, true);  // LeakSanitizer tells whether that was all
}

TEST(CellMemory, ComesFromTheHeapOnPlainThreads) {
  const CellMemory memory = allocate_cell();
  EXPECT_FALSE(memory.pooled);
  free_cell(memory.at, memory.pooled);
}

}  // namespace
}  // namespace airssys::rt
