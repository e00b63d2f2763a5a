// How long to wait before trying again, and how long to wait for an answer.
#pragma once
#include <algorithm>
#include <cstdint>

namespace airssys {

// Exponential backoff: each wait is `factor` times the one before it, up to `most`; any unit.
struct backoff {
  std::uint64_t first = 100;
  double factor = 2;
  std::uint64_t most = 10'000;

  // After failure number `attempt`, from 1 on. With `chance`, any number, somewhere between half of that and all of it, so that
  // those who failed together do not come back together.
  [[nodiscard]] constexpr std::uint64_t wait(unsigned attempt) const {
    double wait = static_cast<double>(first);
    for (unsigned n = 1; n < attempt && wait < static_cast<double>(most); ++n) wait *= factor;
    return wait < static_cast<double>(most) ? static_cast<std::uint64_t>(wait) : most;
  }
  [[nodiscard]] constexpr std::uint64_t wait(unsigned attempt, std::uint64_t chance) const {
    const std::uint64_t all = wait(attempt), half = all / 2;
    return half + (chance * 0x9e3779b97f4a7c15 >> 32) % (all - half + 1);
  }
};

// A timeout that follows how long answers take: their mean and four times how much they vary (as RFC 6298), within bounds. One
// that did not come doubles it. Any unit.
class adaptive_timeout {
 public:
  constexpr adaptive_timeout(std::uint64_t first, std::uint64_t least, std::uint64_t most)
      : least_(least),
        most_(most),
        timeout_(std::clamp(first, least, most)) {}

  [[nodiscard]] constexpr std::uint64_t value() const { return timeout_; }
  constexpr void answered(std::uint64_t after) {
    const auto took = static_cast<double>(after);
    if (mean_ < 0) {
      mean_ = took;
      varies_ = took / 2;
    } else {
      varies_ += ((took > mean_ ? took - mean_ : mean_ - took) - varies_) / 4;
      mean_ += (took - mean_) / 8;
    }
    set(mean_ + 4 * varies_);
  }
  constexpr void timed_out() { set(2 * static_cast<double>(timeout_)); }

 private:
  constexpr void set(double timeout) {
    timeout_ = timeout < static_cast<double>(most_) ? std::max(least_, static_cast<std::uint64_t>(timeout)) : most_;
  }

  std::uint64_t least_, most_, timeout_;
  double mean_ = -1, varies_ = 0;
};

}  // namespace airssys
