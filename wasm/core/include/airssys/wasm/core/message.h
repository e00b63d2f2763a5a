// A message between components: what travels through mailboxes. Two copies of a payload in all: out of the sender's memory
// into an immutable Bytes, and out of that into the receiver's memory.
#pragma once
#include <cstdint>
#include <string_view>

#include "airssys/base/bytes.h"
#include "airssys/base/time.h"

namespace airssys::wasm {

// The cases of `message-kind` in wit/core.wit, in its order.
enum class MessageKind : std::uint8_t { fire_and_forget, request, publish, broadcast, external };
// "fire-and-forget", "request", …
[[nodiscard]] std::string_view message_kind_name(MessageKind kind) noexcept;

// 128 bits, unique per host: `high` names the sender's endpoint, `low` counts what it sent.
struct MessageId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const MessageId&, const MessageId&) = default;
};

struct Message {
  // UTF-8, `namespace/name/instance`, set by the host and never by a guest; "external" for what came from outside. Bytes,
  // because all messages of one sender share it.
  Bytes sender;
  Bytes payload;
  MessageId id{};
  WallTime sent_at{};
  MessageKind kind = MessageKind::fire_and_forget;
};

}  // namespace airssys::wasm
