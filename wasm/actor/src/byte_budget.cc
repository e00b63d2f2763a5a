#include "airssys/wasm/actor/byte_budget.h"

namespace airssys::wasm {

bool ByteBudget::reserve_at_limit(std::uint64_t before, std::uint64_t bytes) noexcept {
  const std::uint64_t gone_by_now = gone();
  // What went between the two readings makes it less than nothing: then nothing waits.
  const std::uint64_t waiting = before > gone_by_now ? before - gone_by_now : 0;
  if (bytes == 0 || waiting == 0 || (bytes <= max_ && waiting <= max_ - bytes)) {
    limit_.store(gone_by_now + max_, std::memory_order_relaxed);
    return true;
  }
  reserved_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

}  // namespace airssys::wasm
