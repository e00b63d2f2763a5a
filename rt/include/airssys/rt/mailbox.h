// Mailbox: the bounded queue of one actor; many senders, one receiver, no lock (a Vyukov queue with reservations).
//
// A sender first reserves a place, then links its node. Reservations make the bound exact (never more than `capacity` wait)
// and tell the receiver about messages that are on their way, so that closing loses none: what was reserved before the
// close arrives, what comes later is refused. The word that counts them also holds the receiver's own state: one addition
// reserves a place and tells the sender whether the receiver must be scheduled, one exchange lets the receiver rest if and
// only if nothing is on its way.
//
// Messages of another priority than normal wait in lanes beside the queue, made when the first one comes and guarded by a
// mutex; they are reserved in the same word, so the bound and the closing cover all.
#pragma once
#include <atomic>
#include <cstdint>

#include "airssys/rt/atomic.h"
#include "airssys/rt/envelope.h"
#include "airssys/rt/node_cache.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

class Mailbox {
 public:
  using Word = std::uint64_t;  // reservations, modulo 2^32, in the upper half; the receiver's state in the lower
  static constexpr Word closed_bit = 1;
  static constexpr Word one = Word{1} << 32;
  static constexpr std::uint32_t max_capacity = 1u << 30;
  enum class Admission : std::uint8_t {
    granted,
    full,
    closed,
    locked,  // the mailbox is one whose mutex decides; the reservation stands meanwhile
  };
  struct Lanes;

  // 1 <= capacity <= max_capacity. Nodes are freed as `node_size`.
  Mailbox(std::uint32_t capacity, NodeSize node_size, std::uint32_t state, Overload overload = Overload::error) noexcept
      : word_(state),
        limit_(is_locked(overload) ? never(0) : capacity),
        capacity_(capacity),
        node_size_(node_size),
        overload_(overload) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  // Without messages by then.
  ~Mailbox();

  // --- senders, any thread
  // Granted: push must follow, and `before` is the word as it was. Else nothing has changed. While a refusal is being taken
  // back another sender may be refused too.
  [[nodiscard]] Admission reserve(Word& before) noexcept {
    before = word_.fetch_add(one, std::memory_order_acq_rel);
    const auto ticket = static_cast<std::uint32_t>(before >> 32);
    if ((before & closed_bit) == 0 && earlier(ticket, limit_.load(std::memory_order_relaxed))) [[likely]]
      return Admission::granted;
    return reserve_at_limit(before);
  }
  void push(Envelope& node) noexcept {
    Envelope* previous = tail_.exchange(&node, std::memory_order_acq_rel);
    previous->next.store(&node, std::memory_order_release);
  }
  void push(Envelope& node, Priority priority) noexcept;
  // Takes back a reservation that nothing was pushed for.
  void take_back() noexcept { word_.fetch_sub(one, std::memory_order_acq_rel); }
  [[nodiscard]] Lanes& lanes() noexcept;
  // Under the mutex of a locked mailbox: lets it stay one, for the next 2^30 reservations.
  void stay_locked(Word before) noexcept {
    limit_.store(never(static_cast<std::uint32_t>(before >> 32)), std::memory_order_relaxed);
  }

  // --- the receiver
  // The message whose turn it is, or null: empty, or its sender is between reserving and linking. The node stays valid until
  // the next pop; the receiver destroys its payload and frees its headers before.
  [[nodiscard]] Envelope* pop() noexcept {
    if (Lanes* const lanes = lanes_.load(std::memory_order_acquire)) [[unlikely]]
      return pop(*lanes);
    return pop_queue();
  }
  // No message waits and none is on its way, in a given word.
  [[nodiscard]] bool drained(Word word) const noexcept {
    return static_cast<std::uint32_t>(word >> 32) == static_cast<std::uint32_t>(taken_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] bool drained() const noexcept { return drained(word_.load(std::memory_order_acquire)); }
  // From now on every reservation is refused.
  void close() noexcept { word_.fetch_or(closed_bit, std::memory_order_acq_rel); }
  // The lower half is the receiver's, except closed_bit.
  [[nodiscard]] Atomic<Word>& word() noexcept { return word_; }
  [[nodiscard]] const Atomic<Word>& word() const noexcept { return word_; }

  void count_dropped() noexcept { dropped_.fetch_add(1, std::memory_order_relaxed); }
  void count_refused() noexcept { refused_.fetch_add(1, std::memory_order_relaxed); }
  void count_expired() noexcept { expired_.store(expired() + 1, std::memory_order_relaxed); }  // by the receiver

  // --- anyone, a moment's picture
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t expired() const noexcept { return expired_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t waiting() const noexcept;
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Overload overload() const noexcept { return overload_; }
  [[nodiscard]] NodeSize node_size() const noexcept { return node_size_; }

 private:
  [[nodiscard]] Envelope* pop_queue() noexcept {
    Envelope* next = head_->next.load(std::memory_order_acquire);
    if (!next) return nullptr;
    if (head_ != &stub_) [[likely]]
      free_node(node_size_, head_);
    head_ = next;
    count_taken();
    return next;
  }
  [[nodiscard]] Envelope* pop(Lanes& lanes) noexcept;
  [[nodiscard]] Envelope* pop_locked(Lanes& lanes) noexcept;
  void count_taken() noexcept { taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  // Two strategies are decided under a mutex, with everything in the lanes. Their limit is one that no reservation is before.
  static constexpr bool is_locked(Overload overload) noexcept {
    return overload == Overload::block || overload == Overload::drop_oldest;
  }
  static constexpr std::uint32_t never(std::uint32_t ticket) noexcept { return ticket - max_capacity; }
  static bool earlier(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) < 0; }
  Admission reserve_at_limit(Word before) noexcept;

  // Written by senders. limit_ is a past value of taken_ + capacity_: senders read the receiver's line only when it is reached.
  alignas(64) Atomic<Word> word_;
  Atomic<Envelope*> tail_{&stub_};
  Atomic<std::uint32_t> limit_;
  const std::uint32_t capacity_;
  const NodeSize node_size_;
  const Overload overload_;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> dropped_{0};
  // Written by the receiver.
  alignas(64) Atomic<std::uint64_t> taken_{0};
  Envelope* head_{&stub_};
  std::atomic<std::uint64_t> expired_{0};
  Envelope stub_;
  Atomic<Lanes*> lanes_{nullptr};  // owned; made by the first who needs them
};

}  // namespace airssys::rt
