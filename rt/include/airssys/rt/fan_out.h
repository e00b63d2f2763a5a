// One message to many actors: what Broker and Group share.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "airssys/rt/cell.h"

namespace airssys::rt {

// What became of one message, counted by receiver.
struct FanOut {
  std::uint32_t delivered = 0;
  std::uint32_t refused = 0;  // the mailbox was full; counted by its actor too
  std::uint32_t ended = 0;    // removed now; a dead letter each
};

// Actors as they were at one moment; shared, never changed.
struct CellList final : RefCounted<CellList> {
  explicit CellList(std::vector<Ref<Cell>> list) noexcept : cells(std::move(list)) {}
  const std::vector<Ref<Cell>> cells;

 private:
  friend class RefCounted<CellList>;
  ~CellList() = default;
};

// `cell` takes messages of type M. True: it has ended.
template <class M>
bool deliver_copy(Cell& cell, const M& message, FanOut& counts) {
  M copy = message;
  switch (static_cast<ActorCell<M>&>(cell).offer(copy)) {
    case SendStatus::sent: ++counts.delivered; return false;
    case SendStatus::ended: ++counts.ended; return true;
    default: ++counts.refused; return false;
  }
}

}  // namespace airssys::rt
