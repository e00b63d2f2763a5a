// The part of a mailbox that most do not have: a lane for each priority.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "airssys/rt/mailbox.h"

namespace airssys::rt {

struct Mailbox::Lanes {
  struct Lane {
    Envelope* first = nullptr;
    Envelope* last = nullptr;
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

  std::mutex mutex;
  std::array<Lane, priorities> all;       // guarded
  std::atomic<std::uint32_t> urgent{0};   // how many wait above normal; written under the mutex
  std::atomic<std::uint32_t> unhurried{0};  // below normal
  Envelope* spent = nullptr;              // the receiver's: the last one taken from a lane, until the next pop
};

}  // namespace airssys::rt
