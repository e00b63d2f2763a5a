// Suspects: contents of messages at which a component crashed, and which of them are poison: crashed it so often that it is not
// given them any more, lest one message that is sent again and again use up its restarts.
//
// A content is its sender and its payload, remembered as a hash under a key of its own, so that nobody can make a message that
// is taken for somebody else's. It is forgotten when its last crash is longer ago than the window, or when it is the oldest of
// more than max_suspects. Nothing is hashed while there is no poison.
//
// Threads: not two at once.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

class Suspects {
 public:
  static constexpr std::size_t max_suspects = 64;

  // `after` crashes within `window` make poison; 0: never.
  Suspects(std::uint32_t after, Duration window) noexcept : after_(after), window_(window) {}

  void accuse(const Message& message, Instant now, Platform& platform);
  [[nodiscard]] bool any_poison() const noexcept { return poisons_ != 0; }
  [[nodiscard]] bool is_poison(const Message& message, Instant now) { return any_poison() && look_up(message, now); }

 private:
  struct Suspect {
    std::uint64_t content;
    Instant last;  // crash
    std::uint32_t crashes;
  };
  [[nodiscard]] bool look_up(const Message& message, Instant now);
  [[nodiscard]] std::uint64_t content_of(const Message& message) const noexcept;
  void forget_before(Instant now);
  void count_poisons() noexcept;

  const std::uint32_t after_;
  const Duration window_;
  std::uint32_t poisons_ = 0;  // suspects with `after_` crashes
  std::array<std::uint64_t, 2> key_{};
  std::vector<Suspect> suspects_;  // the latest crash last
};

}  // namespace airssys::wasm
