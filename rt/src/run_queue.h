// RunQueue: one worker's bounded queue of runnables. The worker puts in and takes out, first in first out; any other worker
// may steal half. No lock.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "airssys/rt/atomic.h"
#include "airssys/rt/executor.h"

namespace airssys::rt {

template <std::uint32_t Capacity>
class BasicRunQueue {
 public:
  static constexpr std::uint32_t capacity = Capacity;
  static_assert((Capacity & (Capacity - 1)) == 0, "the positions run over at 2^32");

  // The owner. False when full.
  bool push(Runnable& runnable) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= capacity) return false;
    slot(tail).store(&runnable, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  // The owner. Null when empty.
  Runnable* pop() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      if (head == tail_.load(std::memory_order_relaxed)) return nullptr;
      Runnable* const first = slot(head).load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return first;
    }
  }
  // The owner: takes half of a full queue out, oldest first, or what thieves have left of it. How many they are.
  std::uint32_t pop_half(std::array<Runnable*, Capacity / 2>& into) noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t count = std::min(tail_.load(std::memory_order_relaxed) - head, Capacity / 2);
      for (std::uint32_t n = 0; n < count; ++n) into[n] = slot(head + n).load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel, std::memory_order_acquire)) return count;
    }
  }
  // The owner of `thief`, an empty queue that is not this one: moves the older half over there and returns one of them.
  Runnable* steal_into(BasicRunQueue& thief) noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);
      std::uint32_t count = tail - head;
      if (count > capacity) {  // head and tail are of different moments
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      count -= count / 2;
      if (count == 0) return nullptr;
      const std::uint32_t to = thief.tail_.load(std::memory_order_relaxed);
      for (std::uint32_t n = 0; n < count; ++n)
        thief.slot(to + n).store(slot(head + n).load(std::memory_order_relaxed), std::memory_order_relaxed);
      if (!head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      thief.tail_.store(to + count - 1, std::memory_order_release);
      return thief.slot(to + count - 1).load(std::memory_order_relaxed);
    }
  }
  // Any thread, and a moment's picture: where the next to come will stand; whether one who stands before `place` is still here.
  [[nodiscard]] std::uint32_t end() const noexcept { return tail_.load(std::memory_order_acquire); }
  [[nodiscard]] bool has_before(std::uint32_t place) const noexcept {
    return static_cast<std::int32_t>(place - head_.load(std::memory_order_acquire)) > 0;
  }
  [[nodiscard]] bool empty() const noexcept {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  Atomic<Runnable*>& slot(std::uint32_t at) noexcept { return slots_[at % capacity]; }

  alignas(64) Atomic<std::uint32_t> head_{0};
  alignas(64) Atomic<std::uint32_t> tail_{0};
  std::array<Atomic<Runnable*>, capacity> slots_{};
};

using RunQueue = BasicRunQueue<256>;

}  // namespace airssys::rt
