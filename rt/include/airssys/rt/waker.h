// Waker: makes the runtime go on with a parked actor (R0.12).
#pragma once
#include <cstdint>

#include "airssys/rt/ref.h"

namespace airssys::rt {

class Cell;

// Taken with Context::waker() by the hook or handler that is about to park, and given to whoever will know when it can go on.
// It belongs to that one operation: once the operation has finished, or the actor has ended or was restarted, wake() does
// nothing. Several wakes before the actor runs again count as one; a wake before the actor has parked is not lost.
// Threads: any; copies are independent. A waker keeps some memory of an ended actor alive, not the actor.
class Waker {
 public:
  Waker() = default;
  Waker(Ref<Cell> cell, std::uint32_t epoch) noexcept;
  Waker(const Waker&) noexcept;
  Waker(Waker&&) noexcept;
  Waker& operator=(const Waker&) noexcept;
  Waker& operator=(Waker&&) noexcept;
  ~Waker();

  // Never blocks; may run nothing of the actor on this thread. An empty waker does nothing.
  void wake() const noexcept;
  explicit operator bool() const noexcept { return static_cast<bool>(cell_); }

 private:
  Ref<Cell> cell_;
  std::uint32_t epoch_ = 0;
};

}  // namespace airssys::rt
