// When what a CommitQueue has gathered goes to the disk. A synchronisation takes as long for one write as for many, so one that
// begins a moment before the others come back costs them a whole one; and one that waits for nobody costs whoever is there.
//
// What is known: how many writes there lately were at once, those in a synchronisation and those that came during it. So many are
// waited for, where those who may still come are not fewer than those who are there, for a quarter at most of what a
// synchronisation takes. Who was alone lately waits for nobody. What was in vain is tried ever more rarely, at least each 65th
// time.
//
// Threads: one at a time. Without a clock: it is told the time.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ranges>

#include "airssys/base/time.h"

namespace airssys::wasm {

// Whether to do again what does not always pay.
class Attempts {
 public:
  [[nodiscard]] bool worth_it() noexcept {
    if (to_skip_ == 0) return true;
    --to_skip_;
    return false;
  }
  void paid() noexcept { penalty_ = 0; }
  void in_vain() noexcept { to_skip_ = penalty_ = std::clamp(2 * penalty_, 1u, most); }

 private:
  static constexpr unsigned most = 64;
  unsigned penalty_ = 0, to_skip_ = 0;
};

class CommitPace {
 public:
  // While the disk is not free there is time; but a batch for each write costs the processor twice as much.
  static constexpr std::size_t portion = 4;
  enum class Step : std::uint8_t {
    take,  // write what waits, unsynchronised
    sync,
    wait,  // for one more write, until the disk is free, or until deadline()
  };

  // A new group is gathered.
  void begin() noexcept { decided_ = false; }
  // `gathered` are written, `waiting` are not. A step `sync` ends the group.
  [[nodiscard]] Step next(std::size_t gathered, std::size_t waiting, bool disk_is_free, Instant now) noexcept {
    if (!disk_is_free) return waiting >= portion ? Step::take : Step::wait;
    const bool first = !decided_;
    if (first) {
      decided_ = true;
      wanted_ = company_of(gathered + waiting);
      deadline_ = now + patience();
    }
    const bool late = now >= deadline_;
    if (waiting > 0 && (first || gathered == 0 || !late)) return Step::take;
    if (gathered < wanted_ && !late) return Step::wait;
    if (wanted_ > 0) gathered < wanted_ ? company_.in_vain() : company_.paid();
    return Step::sync;
  }
  // Of a step `wait` while the disk is free.
  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }

  // It is over, of `writes`; `came` others were there by then, written or not.
  void synced(std::size_t writes, std::size_t came, Duration took) noexcept {
    last_[at_++ % last_.size()] = {.writers = writes + came, .took = took};
  }

  // How long a writer may let another one wait, or a thread that looks for one its processor.
  [[nodiscard]] Duration patience() const noexcept {
    // The shortest, or a disk that once took a second would make the next wait for a quarter of one.
    return std::min(std::ranges::min(last_, {}, &Sync::took).took / 4, longest);
  }

 private:
  static constexpr Duration longest = std::chrono::milliseconds(5);

  struct Sync {
    std::size_t writers = 1;
    Duration took{};
  };
  // How many to wait for; 0: for nobody.
  std::size_t company_of(std::size_t there) noexcept {
    const std::size_t most = std::ranges::max(last_, {}, &Sync::writers).writers;
    if (most <= there || most - there < there) return 0;
    return company_.worth_it() ? most : 0;
  }

  std::array<Sync, 4> last_{};
  std::size_t at_ = 0;
  Attempts company_;
  bool decided_ = false;  // of this group, as what follows
  std::size_t wanted_ = 0;
  Instant deadline_{};
};

}  // namespace airssys::wasm
