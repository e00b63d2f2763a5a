// Fiber: a stack of its own on the same thread, for the explorer. What `this_thread()` holds changes over with it.
#pragma once
#include <cstddef>
#include <vector>

#include "airssys/rt/executor.h"

namespace airssys::rt::model {

class Fiber {
 public:
  Fiber() = default;               // the one that runs
  explicit Fiber(void (*body)());  // never returns; begins with arrived()
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // On the running fiber: goes on with `other`, until somebody switches back.
  void switch_to(Fiber& other) noexcept;
  void arrived() noexcept;

 private:
  std::vector<std::byte> stack_;
  void* sp_ = nullptr;  // while it does not run
  // For AddressSanitizer, which must know whose stack it is on.
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* fake_stack_ = nullptr;
  Fiber* came_from_ = nullptr;
  ThisThread thread_{};
};

}  // namespace airssys::rt::model
