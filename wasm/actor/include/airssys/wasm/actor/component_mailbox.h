// ComponentMailbox: the one way to put a message into the mailbox of a component (R3.5), with its bounds in number and bytes and
// what its manifest says about a message more.
//
// The strategies of rt decide about the number. Bytes beyond the budget: with `drop-newest` the message is dropped, otherwise it
// is refused as by a full mailbox; nothing else is dropped for it, and nobody is held up.
//
// Copying one is copying an address. Threads: any. The component's inbox outlives it.
#pragma once
#include <cstdint>
#include <utility>

#include "airssys/base/result.h"
#include "airssys/rt/address.h"
#include "airssys/rt/context.h"
#include "airssys/rt/policy.h"
#include "airssys/rt/system.h"
#include "airssys/wasm/actor/component_inbox.h"
#include "airssys/wasm/actor/component_message.h"

namespace airssys::wasm {

// What rt has to know of the policy.
void apply(const MailboxPolicy& policy, rt::SpawnOptions& options) noexcept;

class ComponentMailbox {
 public:
  ComponentMailbox() = default;
  ComponentMailbox(rt::Address<ComponentMessage> address, ComponentInbox& inbox) noexcept
      : address_(std::move(address)),
        inbox_(&inbox) {}

  // `message` is moved from, unless the answer is `ended`. `dropped` is no failure: the receiver wants it so, and counts it.
  // `full` is counted here, `ended` is a dead letter, except where the receiver has a successor. rt::WhenFull::wait: by an actor
  // in its turn, which a mailbox that blocks then holds up once that turn is over; to others such a mailbox is `full`. Never
  // timed_out. `deadline`: as ComponentMessage::More.
  [[nodiscard]] rt::SendStatus send(Message&& message, rt::WhenFull when_full = rt::WhenFull::refuse,
                                    Instant deadline = {}) const {
    ComponentMessage whole(std::move(message));
    if (deadline != Instant{}) [[unlikely]] {
      whole.more = ComponentMessage::More::make();
      whole.more->deadline = deadline;
    }
    const rt::SendStatus status = send(whole, when_full);
    if (status == rt::SendStatus::ended) [[unlikely]]
      message = whole.give_back();
    return status;
  }
  [[nodiscard]] rt::SendStatus send(ComponentMessage& whole, rt::WhenFull when_full) const {
    if (whole.enter(inbox_->bytes()) && is_plain()) [[likely]] {
      const rt::SendStatus status = address_.try_send(whole);
      if (status == rt::SendStatus::sent) [[likely]]
        return status;
      return settle(status);
    }
    return send_otherwise(whole, when_full);
  }

  // What handle-message answers to `message`; nothing answered is empty. Blocks a plain thread until the outcome: the answer;
  // as `result`; timed_out; execution_failed, with the guest's own words; trapped, when it crashed at it; unavailable, when it
  // ended or the message is a dead letter. Field "request-error": as in wit/core.wit, where a guest has answered or crashed.
  [[nodiscard]] Result<Bytes> request(rt::ActorSystem& system, Message message, Duration timeout) const;
  // The same of `execute`: `operation.payload` is the operation, its sender the caller.
  [[nodiscard]] Result<Bytes> execute(rt::ActorSystem& system, Message operation, Duration timeout) const;
  // Both by an actor in its turn: `next` as of rt::Context::ask. Errors: as result, also where the actor has no ask left.
  template <class Next>
  [[nodiscard]] Result<rt::PendingAsk> request(rt::Context& context, Message message, Duration timeout, Next next) const {
    return ask(context, request_of(std::move(message), ComponentMessage::Kind::message, context.recent(), timeout), timeout,
               std::move(next));
  }
  template <class Next>
  [[nodiscard]] Result<rt::PendingAsk> execute(rt::Context& context, Message operation, Duration timeout, Next next) const {
    return ask(context, request_of(std::move(operation), ComponentMessage::Kind::operation, context.recent(), timeout), timeout,
               std::move(next));
  }

  // In words, for callers outside: exhausted, unavailable; what was dropped as the receiver wants it is no failure.
  [[nodiscard]] Result<> result(rt::SendStatus status) const;

  [[nodiscard]] bool ended() const noexcept { return address_.ended(); }
  [[nodiscard]] const rt::ActorRef& actor() const noexcept { return address_; }
  [[nodiscard]] const ComponentInbox& inbox() const noexcept { return *inbox_; }

 private:
  // No message carries anything but itself, and none is held up.
  [[nodiscard]] bool is_plain() const noexcept {
    return inbox_->policy().message_ttl == Duration::zero() && inbox_->policy().overload != MailboxOverload::block;
  }
  [[nodiscard]] static ComponentMessage request_of(Message message, ComponentMessage::Kind kind, Instant now, Duration timeout);
  [[nodiscard]] static auto replying(ComponentMessage& whole) {
    return [&whole](rt::Reply<Bytes> reply) {
      whole.more->reply = std::move(reply);
      return std::move(whole);
    };
  }
  [[nodiscard]] Result<Bytes> ask(rt::ActorSystem& system, ComponentMessage whole, Duration timeout) const;
  template <class Next>
  [[nodiscard]] Result<rt::PendingAsk> ask(rt::Context& context, ComponentMessage whole, Duration timeout, Next next) const {
    if (!whole.enter(inbox_->bytes())) return std::unexpected(result(settle(rt::SendStatus::full)).error());
    Result<rt::PendingAsk> asked = context.ask<Bytes>(address_, replying(whole), timeout, std::move(next));
    if (!asked && asked.error().code() == Code::exhausted) static_cast<void>(settle(rt::SendStatus::full));
    return asked;
  }
  [[nodiscard]] rt::SendStatus send_otherwise(ComponentMessage& whole, rt::WhenFull when_full) const;
  [[nodiscard]] rt::SendStatus settle(rt::SendStatus status) const noexcept;

  rt::Address<ComponentMessage> address_;
  ComponentInbox* inbox_ = nullptr;
};

}  // namespace airssys::wasm
