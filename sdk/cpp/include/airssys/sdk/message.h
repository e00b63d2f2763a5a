// message: what handle() gets.
//
// Owns its sender and payload; views into it live as long as the message. Take the payload out to keep or forward it.
#pragma once
#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/id.h"
#include "airssys/sdk/payload.h"

namespace airssys {

// In the order of the WIT.
enum class message_kind : std::uint8_t { fire_and_forget, request, publish, broadcast, external };

class message {
 public:
  // Takes over what the host lowered into this component's memory. Otherwise what is wrong with its payload.
  [[nodiscard]] static std::expected<message, std::string_view> adopt(const airssys_core_types_message_t& raw) {
    bytes sender = bytes::adopt(raw.sender.ptr, raw.sender.len);
    auto payload = airssys::payload::adopt(bytes::adopt(raw.payload.ptr, raw.payload.len));
    if (!payload) return std::unexpected(payload.error());
    return message(raw, std::move(sender), *std::move(payload));
  }

  // `namespace/name/instance`, set by the host; `external` when the message came from outside of it.
  [[nodiscard]] std::string_view sender() const { return sender_.text(); }
  [[nodiscard]] const airssys::payload& payload() const { return payload_; }
  // Of the payload.
  [[nodiscard]] std::uint64_t codec() const { return payload_.codec(); }
  [[nodiscard]] std::string_view text() const { return payload_.text(); }
  [[nodiscard]] message_kind kind() const { return kind_; }
  [[nodiscard]] message_id id() const { return id_; }
  // Nanoseconds since the Unix epoch.
  [[nodiscard]] std::uint64_t sent_at() const { return sent_at_; }

  [[nodiscard]] airssys::payload take_payload() { return std::move(payload_); }

 private:
  message(const airssys_core_types_message_t& raw, bytes sender, airssys::payload payload)
      : sender_(std::move(sender)),
        payload_(std::move(payload)),
        id_{raw.id.high, raw.id.low},
        sent_at_(raw.sent_at),
        kind_(static_cast<message_kind>(raw.kind)) {}

  bytes sender_;
  airssys::payload payload_;
  message_id id_;
  std::uint64_t sent_at_;
  message_kind kind_;
};

}  // namespace airssys
