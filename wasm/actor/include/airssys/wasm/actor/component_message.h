// ComponentMessage: what waits in the mailbox of a component (R3.4). Most are a Message from another component or from outside,
// which goes one way; what else there is stands in a block of its own, so that those stay small. A publication has all of itself
// there: one block, and one reference to it for each subscriber.
//
//   a Message                for `handle-message`
//   one with a Reply         the same, and what the guest answers goes to who asked
//   an operation             for `execute`, whose answer goes to who asked; `payload` is the operation
//   a callback               for `handle-callback`: how the request `id` ended; made by its actor, and in no mailbox
//
// It holds its place in the receiver's ByteBudget from when it is sent until it is taken out of the mailbox, or destroyed in it.
#pragma once
#include <cstdint>
#include <utility>

#include "airssys/base/bytes.h"
#include "airssys/rt/ref.h"
#include "airssys/rt/reply.h"
#include "airssys/wasm/actor/byte_budget.h"
#include "airssys/wasm/core/message.h"
#include "airssys/wasm/core/operation.h"

namespace airssys::wasm {

class ComponentMessage {
 public:
  enum class Kind : std::uint8_t { message, operation, callback };
  // Changed by nobody once it is sent, but for the reply, by its one receiver: publications have none.
  struct More final : rt::RefCounted<More> {
    [[nodiscard]] static rt::Ref<More> make() { return rt::Ref<More>::adopt(new More); }
    Kind kind = Kind::message;
    rt::Reply<Bytes> reply = {};     // of messages and operations; empty: nobody waits for an answer
    Bytes topic = {};                // of publications, never empty there
    Message published = {};          // of publications: the message
    // Of a request, and of everything that its handling causes: when whoever asked stops waiting (R5.6). Zero: nobody waits.
    Instant deadline = {};
    ExecutionContext context = {};   // of operations
    RequestOutcome outcome = {};     // of callbacks
  };

  ComponentMessage() noexcept = default;
  explicit ComponentMessage(Message of, rt::Ref<More> beside = {}) noexcept : more(std::move(beside)), own_(std::move(of)) {}
  // One of the deliveries of a publication, whose topic and message are in `published`.
  explicit ComponentMessage(rt::Ref<More> published) noexcept : more(std::move(published)) {}
  ComponentMessage(ComponentMessage&& other) noexcept
      : more(std::move(other.more)),
        tried_before(other.tried_before),
        own_(is_publication() ? Message() : std::move(other.own_)),
        budget_(std::exchange(other.budget_, nullptr)) {}
  ComponentMessage& operator=(ComponentMessage&& other) noexcept {
    leave();
    own_ = other.is_publication() ? Message() : std::move(other.own_);
    more = std::move(other.more);
    tried_before = other.tried_before;
    budget_ = std::exchange(other.budget_, nullptr);
    return *this;
  }
  ~ComponentMessage() { leave(); }

  // For handle-callback: how the request ended.
  [[nodiscard]] static ComponentMessage callback(MessageId request, RequestOutcome outcome) {
    auto more = More::make();
    more->kind = Kind::callback;
    more->outcome = std::move(outcome);
    return ComponentMessage({.sender = {}, .payload = {}, .id = request}, std::move(more));
  }

  // False: it does not fit.
  [[nodiscard]] bool enter(ByteBudget& budget) noexcept {
    if (!budget.reserve(bytes())) return false;
    budget_ = &budget;
    return true;
  }
  // By the receiver, which has taken it out of the mailbox.
  void arrive() noexcept {
    if (ByteBudget* const budget = std::exchange(budget_, nullptr)) budget->take(bytes());
  }
  // By the sender, whose message was not taken.
  [[nodiscard]] Message give_back() noexcept {
    leave();
    return take_message();
  }

  [[nodiscard]] const Message& message() const noexcept { return is_publication() ? more->published : own_; }
  // Which is then gone, but where other deliveries share it.
  [[nodiscard]] Message take_message() noexcept { return is_publication() ? more->published : std::move(own_); }
  [[nodiscard]] bool is_within() const noexcept { return budget_ != nullptr; }
  [[nodiscard]] Kind kind() const noexcept { return more ? more->kind : Kind::message; }

  rt::Ref<More> more;  // null: there is none
  bool tried_before = false;  // the component has crashed at it once

 private:
  [[nodiscard]] bool is_publication() const noexcept { return more && !more->topic.empty(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return message().payload.size(); }
  void leave() noexcept {
    if (ByteBudget* const budget = std::exchange(budget_, nullptr)) budget->give_back(bytes());
  }
  Message own_;                   // nothing in publications, which so need not move it
  ByteBudget* budget_ = nullptr;  // null: it holds no place
};

}  // namespace airssys::wasm
