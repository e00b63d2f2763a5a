// RateLimit: a token bucket (R5.12) in one word. So many at once, and so many a minute in the long run.
//
// It holds the time at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371 Annex A): taking a token
// moves that on by the price of one, and is refused where it would lie further ahead than the whole bucket. So nothing has to
// refill it. Threads: any; without locks. A clock that is late by some milliseconds lets nothing through too early.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "airssys/base/time.h"

namespace airssys::wasm {

// `[limits] calls_per_minute` and `burst` (N.26).
struct RatePolicy {
  static constexpr std::uint64_t most = 60'000'000'000;  // a minute: one each nanosecond
  std::uint64_t per_minute = 1000;  // at least 1, at most `most`
  std::uint64_t burst = 1000;  // likewise
  // Of the program's own actors.
  [[nodiscard]] static constexpr RatePolicy unlimited() noexcept { return {most, most}; }
  friend bool operator==(const RatePolicy&, const RatePolicy&) = default;
};

class RateLimit {
 public:
  explicit RateLimit(RatePolicy policy) noexcept
      : price_(static_cast<std::int64_t>(RatePolicy::most / policy.per_minute)),
        depth_(static_cast<std::int64_t>(std::min<std::uint64_t>(policy.burst, RatePolicy::most / 1000)) * price_) {}

  // Whether one is left; then it is taken.
  [[nodiscard]] bool take(Instant now) noexcept {
    const std::int64_t at = now.time_since_epoch().count();
    std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t next = std::max(full_at, at) + price_;
      if (next - at > depth_) return false;
      if (full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
    }
  }
  // When the next one will be left; `now` or earlier: there is one.
  [[nodiscard]] Instant next(Instant now) const noexcept {
    return now + Duration(std::max<std::int64_t>(
                     full_at_.load(std::memory_order_relaxed) + price_ - depth_ - now.time_since_epoch().count(), 0));
  }

 private:
  const std::int64_t price_;  // of a token, in nanoseconds
  const std::int64_t depth_;  // of the bucket, likewise
  std::atomic<std::int64_t> full_at_{INT64_MIN / 2};
};

}  // namespace airssys::wasm
