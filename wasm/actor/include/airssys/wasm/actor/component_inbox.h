// ComponentInbox: what all incarnations of a component have in common on the receiving side, beside what rt keeps: the budget in
// bytes, and what becomes of messages at which the component crashed (R3.6).
//
// Every message that was taken out of the mailbox is handled, counted in `lost` or `poisoned` and told as a dead letter, or in
// hand; one that waits for its second attempt is in hand.
//
// Outlives the actor and everybody who sends to it. Threads: policy, bytes and tell any; the rest by the actor within its turns,
// one after another.
#pragma once
#include <memory>
#include <optional>

#include "airssys/wasm/actor/byte_budget.h"
#include "airssys/wasm/actor/component_message.h"
#include "airssys/wasm/actor/suspects.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/mailbox_policy.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

class ComponentInbox {
 public:
  // `stats` and `dead_letters` outlive this; the latter may be null: nobody wants them.
  ComponentInbox(ComponentAddress address, const MailboxPolicy& policy, ComponentStats& stats, DeadLetterSink* dead_letters);

  [[nodiscard]] const MailboxPolicy& policy() const noexcept { return policy_; }
  [[nodiscard]] const ComponentAddress& address() const noexcept { return address_; }
  [[nodiscard]] ByteBudget& bytes() noexcept { return bytes_; }
  [[nodiscard]] ComponentStats& stats() const noexcept { return stats_; }
  void tell(const Message& message, DeadLetterReason reason, bool keep_contents) const noexcept {
    if (dead_letters_) dead_letters_->on_dead_letter(address_, message, reason, keep_contents);
  }

  // Whether there may be messages to set aside.
  [[nodiscard]] bool has_poison() const noexcept { return suspects_.any_poison(); }
  // True: its contents have crashed the component too often. It is set aside, and whoever waits for its answer is told.
  [[nodiscard]] bool set_aside(ComponentMessage& message, Instant now) {
    return suspects_.is_poison(message.message(), now) && set_aside_poison(message);
  }
  // The guest crashed at it, because of `error`.
  void crashed(ComponentMessage message, const Error& error, Instant now, Platform& platform);
  // It was in hand when the object was destroyed from outside.
  void interrupted(ComponentMessage message);
  // What the next incarnation is to begin with.
  [[nodiscard]] bool has_second_attempt() const noexcept { return second_attempt_ != nullptr; }
  [[nodiscard]] ComponentMessage take_second_attempt() noexcept { return std::move(*std::exchange(second_attempt_, nullptr)); }
  // The actor has ended for good: what waits for its second attempt is discarded.
  void close() noexcept;

 private:
  bool set_aside_poison(ComponentMessage& message);
  [[nodiscard]] bool keep_for_second_attempt(ComponentMessage& message);
  void lose(const ComponentMessage& message);

  const MailboxPolicy policy_;
  const ComponentAddress address_;
  ComponentStats& stats_;
  DeadLetterSink* const dead_letters_;
  std::unique_ptr<ComponentMessage> second_attempt_;
  Suspects suspects_;
  ByteBudget bytes_;
};

}  // namespace airssys::wasm
