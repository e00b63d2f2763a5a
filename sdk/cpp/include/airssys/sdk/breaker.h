// circuit_breaker: keeps a component from asking another one that does not answer.
//
//   if (!breaker_.allows(airssys::monotonic_now())) return airssys::failed("prices are not to be had");
//   airssys::request("prices", question, 500, [this](airssys::response got) {
//     got ? breaker_.succeeded() : breaker_.failed(airssys::monotonic_now());
//   });
//
// Closed at first. After so many failures in a row it opens: nothing is allowed. When it has been open for a while it is half
// open, and one trial at a time is allowed: so many successes in a row close it, the first failure opens it again.
#pragma once
#include <cstdint>

namespace airssys {

class circuit_breaker {
 public:
  enum class state : std::uint8_t { closed, open, half_open };
  struct options {
    unsigned failures = 5;  // in a row; at least 1
    unsigned successes = 2;  // likewise
    std::uint64_t open_for = 30'000'000'000;  // nanoseconds
    // A trial that has had no outcome for so long counts as failed, nanoseconds.
    std::uint64_t trial_for = 60'000'000'000;
  };

  constexpr circuit_breaker() = default;
  constexpr explicit circuit_breaker(options with) : options_(with) {}

  // Whether to ask, at that time (monotonic_now). After yes: succeeded() or failed(), once.
  constexpr bool allows(std::uint64_t now) {
    if (state_ == state::open && now - since_ >= options_.open_for) enter(state::half_open, now);
    if (state_ == state::half_open && on_trial_ && now - since_ >= options_.trial_for) enter(state::open, now);
    if (state_ == state::closed) return true;
    if (state_ == state::open || on_trial_) return false;
    since_ = now;
    return on_trial_ = true;
  }
  constexpr void succeeded() {
    on_trial_ = false;
    if (state_ == state::closed) in_a_row_ = 0;
    if (state_ == state::half_open && ++in_a_row_ >= options_.successes) enter(state::closed, 0);
  }
  constexpr void failed(std::uint64_t now) {
    on_trial_ = false;
    if (state_ == state::half_open || (state_ == state::closed && ++in_a_row_ >= options_.failures)) enter(state::open, now);
  }
  [[nodiscard]] constexpr state now_is() const { return state_; }

 private:
  constexpr void enter(state next, std::uint64_t now) {
    state_ = next;
    since_ = now;
    in_a_row_ = 0;
    on_trial_ = false;
  }

  options options_{};
  state state_ = state::closed;
  std::uint64_t since_ = 0;  // when it opened; half open: when the trial began
  unsigned in_a_row_ = 0;  // failures while closed, successes while half open
  bool on_trial_ = false;
};

}  // namespace airssys
