#include "dead_letter_record.h"

namespace airssys::wasm {

void DeadLetterRecord::on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                                      bool keep_contents) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  HostedActor* const counts_it =
      reason == DeadLetterReason::unresolved ? components_.find_address(message.sender.text()) : components_.find(receiver);
  if (counts_it) counts_it->dead_letters[index].add();
  const Instant now = platform_.now();

  std::lock_guard lock(mutex_);
  ++counts_[index];
  DeadLetter& slot = ring_.size() < capacity_ ? ring_.emplace_back() : ring_[added_ % capacity_];
  ++added_;
  slot.at = now;
  slot.reason = reason;
  slot.kind = message.kind;
  slot.sender.assign(message.sender.text());
  slot.receiver.assign(receiver.text());
  slot.bytes = message.payload.size();
  slot.beginning.assign(keep_contents ? message.payload.text().substr(0, DeadLetter::max_beginning) : std::string_view());
}

DeadLetters DeadLetterRecord::read() const {
  std::lock_guard lock(mutex_);
  const std::size_t oldest = ring_.size() < capacity_ ? 0 : added_ % capacity_;
  DeadLetters letters{.latest = {}, .dropped = added_ - ring_.size(), .counts = counts_};
  letters.latest.reserve(ring_.size());
  for (std::size_t n = 0; n < ring_.size(); ++n) letters.latest.push_back(ring_[(oldest + n) % ring_.size()]);
  return letters;
}

}  // namespace airssys::wasm
