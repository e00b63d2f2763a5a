// Envelope: what a message carries beside its payload (R0.3).
//
// Most messages carry only who sent them. What else a sender says (SendOptions) stands in a block of its own, so that plain
// messages stay small.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "airssys/base/time.h"
#include "airssys/rt/atomic.h"
#include "airssys/rt/node_cache.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

// A mailbox gives all that waits of a higher priority before any of a lower one; within one, in the order it came.
enum class Priority : std::uint8_t { critical, high, normal, low };
inline constexpr std::size_t priorities = 4;

// W3C trace context: which trace a message belongs to, and which span sent it. All zero: none.
struct TraceContext {
  std::array<std::byte, 16> trace_id{};
  std::array<std::byte, 8> span_id{};
  std::uint8_t flags = 0;
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// What a sender may say about one message.
struct SendOptions {
  Priority priority = Priority::normal;
  // It counts from the send. A message whose turn comes when it is over is dropped: counted, and a dead letter. 0: it does not
  // expire; negative: it has expired already.
  Duration ttl = {};
  std::uint64_t correlation = 0;
  TraceContext trace = {};
  friend bool operator==(const SendOptions&, const SendOptions&) = default;
};

// The same as the receiver finds it: Context::headers().
struct Headers {
  ActorId sender{};
  Instant deadline = Instant::max();
  std::uint64_t correlation = 0;
  TraceContext trace = {};
  Priority priority = Priority::normal;
};
inline constexpr NodeSize headers_size = node_size_for(sizeof(Headers));

// Who sent a message: an id, or a block of headers that says it; told apart by the lowest bit.
class Origin {
 public:
  Origin() = default;
  explicit Origin(ActorId sender) noexcept : bits_(sender.value() << 1 | 1) {}
  explicit Origin(Headers& headers) noexcept : bits_(reinterpret_cast<std::uintptr_t>(&headers)) {}
  [[nodiscard]] Headers* headers() const noexcept {
    return (bits_ & 1) != 0 ? nullptr : reinterpret_cast<Headers*>(static_cast<std::uintptr_t>(bits_));
  }
  [[nodiscard]] ActorId sender() const noexcept { return (bits_ & 1) != 0 ? ActorId(bits_ >> 1) : headers()->sender; }

 private:
  std::uint64_t bits_ = 1;
};

struct Envelope {
  Atomic<Envelope*> next{nullptr};
  Origin origin{};  // its headers are owned; the receiver frees them when it is done with the message

  // Says afterwards only who sent it.
  void free_headers() noexcept {
    if (Headers* const headers = origin.headers()) {
      origin = Origin(headers->sender);
      free_node(headers_size, headers);
    }
  }
};

template <class M>
struct MessageNode final : Envelope {
  MessageNode(Origin from, M&& message) noexcept : Envelope{.origin = from}, payload(std::move(message)) {}
  ~MessageNode() {}
  union {
    M payload;  // destroyed by the receiver, long before the node: an emptied node stays as the queue's front
  };
};
template <class M>
inline constexpr NodeSize node_size_of = node_size_for(sizeof(MessageNode<M>));

}  // namespace airssys::rt
