// The part of a mailbox that most do not have: a lane for each priority.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

#include "airssys/rt/cell.h"
#include "airssys/rt/mailbox.h"

namespace airssys::rt {

struct Mailbox::Lanes {
  struct Lane {
    Envelope* first = nullptr;
    Envelope* last = nullptr;
  };

  // A message beyond the capacity of a blocking mailbox, and whom it holds up.
  struct Held {
    Envelope* node;
    Priority priority;
    Ref<Cell> sender;                      // an actor
    std::atomic<std::uint32_t>* admitted;  // or a plain thread, which waits until this is 1
  };

  void put(Envelope& node, Priority priority) noexcept {
    Lane& lane = all[static_cast<std::size_t>(priority)];
    node.next.store(nullptr, std::memory_order_relaxed);
    if (lane.first)
      lane.last->next.store(&node, std::memory_order_relaxed);
    else
      lane.first = &node;
    lane.last = &node;
  }
  // The oldest of the first priority from `highest` to `lowest` that has one.
  Envelope* take(Priority highest, Priority lowest) noexcept {
    for (auto n = static_cast<std::size_t>(highest); n <= static_cast<std::size_t>(lowest); ++n)
      if (Envelope* const node = all[n].first) {
        all[n].first = node->next.load(std::memory_order_relaxed);
        return node;
      }
    return nullptr;
  }

  // The lowest that waits; something does.
  [[nodiscard]] Priority lowest() const noexcept {
    std::size_t n = priorities - 1;
    while (!all[n].first) --n;
    return static_cast<Priority>(n);
  }

  std::mutex mutex;
  std::array<Lane, priorities> all;       // guarded
  std::atomic<std::uint32_t> urgent{0};   // how many wait above normal; written under the mutex
  std::atomic<std::uint32_t> unhurried{0};  // below normal
  // Of a locked mailbox, guarded: what waits within the capacity, and, when that is full, what waits for a place.
  std::uint32_t size = 0;
  std::deque<Held> held;
  Envelope* spent = nullptr;              // the receiver's: the last one taken from a lane, until the next pop
};

}  // namespace airssys::rt
