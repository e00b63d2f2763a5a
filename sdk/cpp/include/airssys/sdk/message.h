// message: what handle() gets.
//
// Owns its sender and payload; views into it live as long as the message. Take the payload out to keep or forward it.
#pragma once
#include <cstdint>
#include <string_view>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"

namespace airssys {

// In the order of the WIT.
enum class message_kind : std::uint8_t { fire_and_forget, request, publish, broadcast, external };

struct message_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

class message {
 public:
  // Takes over what the host lowered into this component's memory.
  explicit message(const airssys_core_types_message_t& raw)
      : sender_(bytes::adopt(raw.sender.ptr, raw.sender.len)),
        payload_(bytes::adopt(raw.payload.ptr, raw.payload.len)),
        id_{raw.id.high, raw.id.low},
        sent_at_(raw.sent_at),
        kind_(static_cast<message_kind>(raw.kind)) {}

  // `namespace/name/instance`, set by the host; `external` when the message came from outside of it.
  [[nodiscard]] std::string_view sender() const { return sender_.text(); }
  [[nodiscard]] const bytes& payload() const { return payload_; }
  [[nodiscard]] std::string_view text() const { return payload_.text(); }
  [[nodiscard]] message_kind kind() const { return kind_; }
  [[nodiscard]] message_id id() const { return id_; }
  // Nanoseconds since the Unix epoch.
  [[nodiscard]] std::uint64_t sent_at() const { return sent_at_; }

  [[nodiscard]] bytes take_payload() { return std::move(payload_); }

 private:
  bytes sender_;
  bytes payload_;
  message_id id_;
  std::uint64_t sent_at_;
  message_kind kind_;
};

}  // namespace airssys
