// ComponentMessage: what waits in the mailbox of a component (R3.4). Most are a Message from another component, or from outside.
//
// It holds its place in the receiver's ByteBudget from when it is sent until it is taken out of the mailbox, or destroyed in it.
#pragma once
#include <cstdint>
#include <memory>
#include <utility>

#include "airssys/wasm/actor/byte_budget.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

class ComponentMessage {
 public:
  explicit ComponentMessage(Message of) noexcept : message(std::move(of)) {}
  ComponentMessage() noexcept = default;
  ComponentMessage(ComponentMessage&& other) noexcept
      : message(std::move(other.message)),
        tried_before(other.tried_before),
        budget_(std::exchange(other.budget_, nullptr)) {}
  ComponentMessage& operator=(ComponentMessage&& other) noexcept {
    leave();
    message = std::move(other.message);
    tried_before = other.tried_before;
    budget_ = std::exchange(other.budget_, nullptr);
    return *this;
  }
  ~ComponentMessage() { leave(); }

  // False: it does not fit.
  [[nodiscard]] bool enter(ByteBudget& budget) noexcept {
    if (!budget.reserve(message.payload.size())) return false;
    budget_ = &budget;
    return true;
  }
  // By the receiver, which has taken it out of the mailbox.
  void arrive() noexcept {
    if (ByteBudget* const budget = std::exchange(budget_, nullptr)) budget->take(message.payload.size());
  }

  [[nodiscard]] bool is_within() const noexcept { return budget_ != nullptr; }

  Message message;
  bool tried_before = false;  // the component has crashed at it once

 private:
  void leave() noexcept {
    if (ByteBudget* const budget = std::exchange(budget_, nullptr)) budget->give_back(message.payload.size());
  }
  ByteBudget* budget_ = nullptr;  // null: it holds no place
};

}  // namespace airssys::wasm
