// InjectionQueue: what plain threads schedule and what does not fit into a worker's queue, first in first out. Threads: any;
// one lock for a chain of any length, none to see that it is empty.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

#include "airssys/rt/executor.h"

namespace airssys::rt {

class InjectionQueue {
 public:
  void push(Runnable& runnable) noexcept {
    runnable.next_runnable = nullptr;
    push(runnable, runnable, 1);
  }
  // A chain.
  void push(Runnable& first, Runnable& last, std::size_t count) noexcept {
    const std::scoped_lock lock(mutex_);
    (last_ ? last_->next_runnable : first_) = &first;
    last_ = &last;
    size_.store(size_.load(std::memory_order_relaxed) + count, std::memory_order_seq_cst);
  }
  // Null when empty; else a chain of at most so many, and of no more than a fair share for each worker.
  Runnable* pop(std::size_t at_most, std::size_t workers) noexcept {
    if (empty()) return nullptr;
    const std::scoped_lock lock(mutex_);
    Runnable* const first = first_;
    if (!first) return nullptr;
    const std::size_t size = size_.load(std::memory_order_relaxed);
    const std::size_t count = std::clamp<std::size_t>(size / workers, 1, at_most);
    Runnable* last = first;
    for (std::size_t n = 1; n < count; ++n) last = last->next_runnable;
    first_ = std::exchange(last->next_runnable, nullptr);
    if (!first_) last_ = nullptr;
    size_.store(size - count, std::memory_order_seq_cst);
    return first;
  }
  [[nodiscard]] bool empty() const noexcept { return size_.load(std::memory_order_seq_cst) == 0; }

 private:
  std::mutex mutex_;
  Runnable* first_ = nullptr;
  Runnable* last_ = nullptr;
  std::atomic<std::size_t> size_{0};
};

}  // namespace airssys::rt
