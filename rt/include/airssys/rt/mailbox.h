// Mailbox: the bounded queue of one actor; many senders, one receiver, no lock (a Vyukov queue with reservations).
//
// A sender first reserves a place, then links its node. Reservations make the bound exact (never more than `capacity` wait)
// and tell the receiver about messages that are on their way, so that closing loses none: what was reserved before the
// close arrives, what comes later is refused.
#pragma once
#include <atomic>
#include <cstdint>

#include "airssys/rt/node_cache.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

// What every message carries. Priority and deadline (R0.3) will stand here.
struct Envelope {
  std::atomic<Envelope*> next{nullptr};
  ActorId sender{};
};

template <class M>
struct MessageNode final : Envelope {
  MessageNode(ActorId from, M&& message) noexcept : Envelope{.sender = from}, payload(std::move(message)) {}
  ~MessageNode() {}
  union {
    M payload;  // destroyed by the receiver, long before the node: an emptied node stays as the queue's front
  };
};
template <class M>
inline constexpr NodeSize node_size_of = node_size_for(sizeof(MessageNode<M>));

class Mailbox {
 public:
  enum class Admission : std::uint8_t { granted, full, closed };

  // capacity >= 1. Nodes are freed as `node_size`.
  Mailbox(std::uint32_t capacity, NodeSize node_size) noexcept : limit_(capacity), capacity_(capacity), node_size_(node_size) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  // Empty by then.
  ~Mailbox();

  // --- senders, any thread
  // Granted: push must follow. Refused: the caller calls refused() and, if that says so, notifies the receiver.
  [[nodiscard]] Admission reserve() noexcept {
    const std::uint64_t ticket = reserved_.fetch_add(1, std::memory_order_seq_cst);
    if (ticket < limit_.load(std::memory_order_relaxed)) [[likely]] return Admission::granted;  // a closed ticket is huge
    return reserve_at_limit(ticket);
  }
  // Takes back a refused reservation. True: the mailbox is closed and the receiver may be waiting for this.
  [[nodiscard]] bool refused() noexcept { return (reserved_.fetch_sub(1, std::memory_order_seq_cst) & closed_bit) != 0; }
  void push(Envelope& node) noexcept {
    Envelope* previous = tail_.exchange(&node, std::memory_order_acq_rel);
    previous->next.store(&node, std::memory_order_release);
  }

  // --- the receiver
  // The oldest message, or null: empty, or its sender is between reserving and linking. The node stays the queue's front,
  // and valid, until the next pop; the receiver destroys its payload before.
  [[nodiscard]] Envelope* pop() noexcept {
    Envelope* next = head_->next.load(std::memory_order_acquire);
    if (!next) return nullptr;
    if (head_ != &stub_) [[likely]] free_node(node_size_, head_);
    head_ = next;
    taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    return next;
  }
  // No message, linked or on its way. A refused sender's reservation may show for a moment.
  [[nodiscard]] bool drained() const noexcept {
    return (reserved_.load(std::memory_order_seq_cst) & ~closed_bit) == taken_.load(std::memory_order_relaxed);
  }
  void close() noexcept { reserved_.fetch_or(closed_bit, std::memory_order_seq_cst); }

  // --- anyone, a moment's picture
  [[nodiscard]] bool closed() const noexcept { return (reserved_.load(std::memory_order_relaxed) & closed_bit) != 0; }
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t waiting() const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;
  Admission reserve_at_limit(std::uint64_t ticket) noexcept;

  // Written by senders. limit_ is a past value of taken_ + capacity_: senders read the receiver's line only when it is reached.
  alignas(64) std::atomic<std::uint64_t> reserved_{0};
  std::atomic<Envelope*> tail_{&stub_};
  std::atomic<std::uint64_t> limit_;
  const std::uint32_t capacity_;
  const NodeSize node_size_;
  // Written by the receiver.
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  Envelope* head_{&stub_};
  Envelope stub_;
};

}  // namespace airssys::rt
