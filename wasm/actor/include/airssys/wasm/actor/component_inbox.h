// ComponentInbox: what all incarnations of a component have in common on the receiving side, beside what rt keeps.
//
// Outlives the actor and everybody who sends to it. Threads: bytes and policy any; the rest by the actor within its turns, one
// after another, and by nobody else before its end.
#pragma once
#include <utility>

#include "airssys/wasm/actor/byte_budget.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/mailbox_policy.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

class ComponentInbox {
 public:
  // `stats` and `dead_letters` outlive this; the latter may be null: nobody wants them.
  ComponentInbox(ComponentAddress address, const MailboxPolicy& policy, ComponentStats& stats, DeadLetterSink* dead_letters)
      : policy_(policy),
        address_(std::move(address)),
        stats_(stats),
        dead_letters_(dead_letters),
        bytes_(policy.max_bytes) {}

  [[nodiscard]] const MailboxPolicy& policy() const noexcept { return policy_; }
  [[nodiscard]] const ComponentAddress& address() const noexcept { return address_; }
  [[nodiscard]] ByteBudget& bytes() noexcept { return bytes_; }
  [[nodiscard]] ComponentStats& stats() const noexcept { return stats_; }
  // Threads: any.
  void tell(const Message& message, DeadLetterReason reason, bool keep_contents) const noexcept {
    if (dead_letters_) dead_letters_->on_dead_letter(address_, message, reason, keep_contents);
  }

 private:
  const MailboxPolicy policy_;
  const ComponentAddress address_;
  ComponentStats& stats_;
  DeadLetterSink* const dead_letters_;
  ByteBudget bytes_;
};

}  // namespace airssys::wasm
