// Messages that nobody handled to the end, and why.
#pragma once
#include <cstdint>
#include <string_view>

#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

// Append only: metrics and JSON use the names.
enum class DeadLetterReason : std::uint8_t {
  unresolved,  // there is no such component
  overflow,    // dropped by a full mailbox
  expired,     // waited longer than the receiver's message_ttl, or than who asked would wait for the answer
  crashed,     // its handler crashed
  poison,      // set aside: its contents had crashed the receiver before
  discarded,   // accepted, but the receiver ended before its turn came
  incompatible,  // published in a codec that this subscriber does not understand
};
inline constexpr std::size_t dead_letter_reason_count = 7;
// "unresolved", "overflow", …
[[nodiscard]] std::string_view dead_letter_reason_name(DeadLetterReason reason) noexcept;

// Threads: any, several at once; within turns, so quick and without blocking.
class DeadLetterSink {
 public:
  virtual ~DeadLetterSink() = default;
  // `keep_contents`: the receiver's policy wants them kept; otherwise who, when and how much is all that is of interest.
  virtual void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                              bool keep_contents) noexcept = 0;
};

}  // namespace airssys::wasm
