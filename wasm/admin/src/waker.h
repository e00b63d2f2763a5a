// Waker: ends the wait of the thread that polls its descriptor.
#pragma once
#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"

namespace airssys::wasm {

// Threads: wake any, the rest the one that polls.
class Waker {
 public:
  [[nodiscard]] static Result<Waker> make();
  void wake() const noexcept;
  void clear() const noexcept;
  [[nodiscard]] int get() const noexcept { return event_.get(); }

 private:
  explicit Waker(Descriptor event) noexcept : event_(std::move(event)) {}
  Descriptor event_;
};

}  // namespace airssys::wasm
