// Watch: what one client sees of what is published.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "airssys/wasm/admin/protocol.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {

// Threads: one.
class Watch {
 public:
  static constexpr std::size_t capacity = 256;  // messages between two looks

  explicit Watch(TopicTap tap) : tap_(std::move(tap)) {}

  // The next line for the client, at most `room` bytes of them in all. None: there is nothing, or no room; what does not fit is
  // counted and gone, so that no message is kept for a client that does not take it.
  [[nodiscard]] std::optional<std::string> next(std::size_t room);
  [[nodiscard]] std::uint64_t missed() const noexcept { return skipped_ + tap_.dropped(); }

 private:
  TopicTap tap_;
  std::uint64_t skipped_ = 0;
  std::uint64_t told_ = 0;  // of missed()
};

}  // namespace airssys::wasm
