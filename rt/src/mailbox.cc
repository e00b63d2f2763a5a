#include "airssys/rt/mailbox.h"

#include <algorithm>
#include <memory>

#include "lanes.h"

namespace airssys::rt {

Mailbox::~Mailbox() {
  if (head_ != &stub_) free_node(node_size_, head_);
  const std::unique_ptr<Lanes> lanes(lanes_.load(std::memory_order_acquire));
  if (lanes && lanes->spent) free_node(node_size_, lanes->spent);
}

Mailbox::Lanes& Mailbox::lanes() noexcept {
  Lanes* found = lanes_.load(std::memory_order_acquire);
  if (found) return *found;
  auto made = std::make_unique<Lanes>();
  if (lanes_.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel, std::memory_order_acquire))
    return *made.release();
  return *found;  // another sender's
}

void Mailbox::push(Envelope& node, Priority priority) noexcept {
  if (priority == Priority::normal) return push(node);
  Lanes& mine = lanes();
  const std::scoped_lock lock(mine.mutex);
  mine.put(node, priority);
  (priority == Priority::low ? mine.unhurried : mine.urgent).fetch_add(1, std::memory_order_release);
}

Envelope* Mailbox::pop(Lanes& lanes) noexcept {
  if (lanes.spent) free_node(node_size_, std::exchange(lanes.spent, nullptr));
  if (is_locked(overload_)) return pop_locked(lanes);
  const auto take = [&](std::atomic<std::uint32_t>& waiting, Priority highest, Priority lowest) -> Envelope* {
    if (waiting.load(std::memory_order_acquire) == 0) return nullptr;
    const std::scoped_lock lock(lanes.mutex);
    waiting.fetch_sub(1, std::memory_order_relaxed);
    count_taken();
    return lanes.spent = lanes.take(highest, lowest);
  };
  if (Envelope* const node = take(lanes.urgent, Priority::critical, Priority::high)) return node;
  if (Envelope* const node = pop_queue()) return node;
  return take(lanes.unhurried, Priority::low, Priority::low);
}

Mailbox::Admission Mailbox::reserve_at_limit(Word before) noexcept {
  if ((before & closed_bit) == 0) {
    if (is_locked(overload_)) return Admission::locked;
    const auto taken = static_cast<std::uint32_t>(taken_.load(std::memory_order_acquire));
    const std::uint32_t limit = taken + capacity_;
    limit_.store(limit, std::memory_order_relaxed);  // may overwrite a newer one: that only brings the next one here
    if (earlier(static_cast<std::uint32_t>(before >> 32), limit)) return Admission::granted;
  }
  take_back();
  return (before & closed_bit) != 0 ? Admission::closed : Admission::full;
}

std::uint32_t Mailbox::waiting() const noexcept {
  const auto taken = static_cast<std::uint32_t>(taken_.load(std::memory_order_acquire));
  const auto reserved = static_cast<std::uint32_t>(word_.load(std::memory_order_acquire) >> 32);
  return std::min(reserved - taken, capacity_);
}

}  // namespace airssys::rt
