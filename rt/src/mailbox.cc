#include "airssys/rt/mailbox.h"

#include <algorithm>

namespace airssys::rt {

Mailbox::~Mailbox() {
  if (head_ != &stub_) free_node(node_size_, head_);
}

Mailbox::Admission Mailbox::reserve_at_limit(Word before) noexcept {
  if ((before & closed_bit) == 0) {
    const auto taken = static_cast<std::uint32_t>(taken_.load(std::memory_order_acquire));
    const std::uint32_t limit = taken + capacity_;
    limit_.store(limit, std::memory_order_relaxed);  // may overwrite a newer one: that only brings the next one here
    if (earlier(static_cast<std::uint32_t>(before >> 32), limit)) return Admission::granted;
  }
  word_.fetch_sub(one, std::memory_order_acq_rel);
  return (before & closed_bit) != 0 ? Admission::closed : Admission::full;
}

std::uint32_t Mailbox::waiting() const noexcept {
  const auto taken = static_cast<std::uint32_t>(taken_.load(std::memory_order_acquire));
  const auto reserved = static_cast<std::uint32_t>(word_.load(std::memory_order_acquire) >> 32);
  return std::min(reserved - taken, capacity_);
}

}  // namespace airssys::rt
