#include "dead_letter_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "airssys/wasm/core/multicodec.h"

namespace airssys::wasm {

void DeadLetterRecord::on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                                      bool keep_contents) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  HostedActor* const counts_it =
      reason == DeadLetterReason::unresolved ? components_.find_address(message.sender.text()) : components_.find(receiver);
  if (counts_it) counts_it->dead_letters[index].add();
  const Instant now = platform_.now();
  const auto payload = decode(message.payload);
  const Bytes& content = payload ? payload->content : message.payload;

  std::lock_guard lock(mutex_);
  ++counts_[index];
  Kept& slot = ring_.size() < limits_.letters ? ring_.emplace_back() : ring_[added_ % limits_.letters];
  ++added_;
  forget(slot);
  DeadLetter& letter = slot.shown;
  letter.number = added_;
  letter.at = now;
  letter.reason = reason;
  letter.kind = message.kind;
  letter.sender.assign(message.sender.text());
  letter.receiver.assign(receiver.text());
  letter.codec = payload ? std::optional(payload->codec) : std::nullopt;
  letter.bytes = content.size();
  letter.beginning.assign(keep_contents ? content.text().substr(0, DeadLetter::max_beginning) : std::string_view());
  letter.resent = false;
  if (keep_contents) keep(slot, message);
}

DeadLetterRecord::Kept* DeadLetterRecord::find(std::uint64_t number) {
  if (number == 0 || number > added_ || number + ring_.size() <= added_) return nullptr;
  return &ring_[(number - 1) % limits_.letters];
}

void DeadLetterRecord::keep(Kept& letter, Message message) {
  content_bytes_ += message.payload.size();
  letter.message = std::move(message);
  oldest_kept_ = std::max(oldest_kept_, added_ - ring_.size() + 1);
  for (; content_bytes_ > limits_.content_bytes && oldest_kept_ <= added_; ++oldest_kept_)
    if (Kept* const oldest = find(oldest_kept_)) forget(*oldest);
}

void DeadLetterRecord::forget(Kept& letter) {
  if (!letter.message) return;
  content_bytes_ -= letter.message->payload.size();
  letter.message.reset();
}

Result<DeadLetterRecord::Claimed> DeadLetterRecord::claim(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  Kept* const letter = find(number);
  if (!letter)
    return fail(Code::not_found,
                fmt::format("no dead letter {} is kept; there were {} so far, the latest {} are", number, added_, ring_.size()));
  if (letter->shown.resent) return fail(Code::unavailable, fmt::format("dead letter {} was sent again already", number));
  if (!letter->message)
    return fail(
        Code::unavailable,
        fmt::format("the contents of dead letter {} were not kept, so it cannot be sent again: its receiver does not want "
                    "it ([mailbox] on_crash), or later ones have made room",
                    number));
  Claimed claimed{letter->shown.receiver, *letter->message};
  forget(*letter);
  letter->shown.resent = true;
  return claimed;
}

void DeadLetterRecord::give_back(std::uint64_t number, Message message) {
  const std::scoped_lock lock(mutex_);
  Kept* const letter = find(number);
  if (!letter) return;
  letter->shown.resent = false;
  oldest_kept_ = std::min(oldest_kept_, number);
  keep(*letter, std::move(message));
}

DeadLetters DeadLetterRecord::read() const {
  std::lock_guard lock(mutex_);
  const std::size_t oldest = ring_.size() < limits_.letters ? 0 : added_ % limits_.letters;
  DeadLetters letters{.latest = {}, .dropped = added_ - ring_.size(), .counts = counts_};
  letters.latest.reserve(ring_.size());
  for (std::size_t n = 0; n < ring_.size(); ++n) {
    const Kept& kept = ring_[(oldest + n) % ring_.size()];
    letters.latest.push_back(kept.shown);
    if (kept.message) letters.latest.back().contents = kept.message->payload;
  }
  return letters;
}

}  // namespace airssys::wasm
