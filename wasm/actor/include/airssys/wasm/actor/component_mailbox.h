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
#include "airssys/rt/policy.h"
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

  // `dropped` is no failure: the receiver wants it so, and counts it. `full` is counted here, `ended` is a dead letter.
  // rt::WhenFull::wait: by an actor in its turn, which a mailbox that blocks then holds up once that turn is over; to others such
  // a mailbox is `full`. Never timed_out.
  [[nodiscard]] rt::SendStatus send(Message message, rt::WhenFull when_full = rt::WhenFull::refuse) const {
    ComponentMessage whole(std::move(message));
    if (whole.enter(inbox_->bytes()) && is_plain()) [[likely]] {
      const rt::SendStatus status = address_.try_send(whole);
      if (status == rt::SendStatus::sent) [[likely]]
        return status;
      return settle(status);
    }
    return send_otherwise(std::move(whole), when_full);
  }

  // In words, for callers outside: exhausted, unavailable; what was dropped as the receiver wants it is no failure.
  [[nodiscard]] Result<> result(rt::SendStatus status) const;

  [[nodiscard]] bool ended() const noexcept { return address_.ended(); }
  [[nodiscard]] const rt::ActorRef& actor() const noexcept { return address_; }

 private:
  // No message carries anything but itself, and none is held up.
  [[nodiscard]] bool is_plain() const noexcept {
    return inbox_->policy().message_ttl == Duration::zero() && inbox_->policy().overload != MailboxOverload::block;
  }
  [[nodiscard]] rt::SendStatus send_otherwise(ComponentMessage message, rt::WhenFull when_full) const;
  [[nodiscard]] rt::SendStatus settle(rt::SendStatus status) const noexcept;

  rt::Address<ComponentMessage> address_;
  ComponentInbox* inbox_ = nullptr;
};

}  // namespace airssys::wasm
