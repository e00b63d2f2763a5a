// Tap: sees what a broker publishes, for monitors, audits and tests (R0.7). Bounded and lossy: what does not fit is counted and
// gone, and no publisher ever waits for the reader of a tap.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "airssys/base/topic.h"
#include "airssys/rt/ref.h"
#include "airssys/rt/types.h"

namespace airssys::rt {

template <class M>
struct Tapped {
  Topic topic;
  ActorId publisher;  // 0: a plain thread
  M message;
};

// A bounded queue of many writers and readers without a lock (Vyukov's): each slot's turn says who may use it next.
template <class M>
class TapRing final : public RefCounted<TapRing<M>> {
 public:
  // `capacity` is a power of two and at least 2.
  TapRing(TopicPattern pattern, std::size_t capacity)
      : pattern_(std::move(pattern)),
        mask_(capacity - 1),
        slots_(std::make_unique<Slot[]>(capacity)) {
    for (std::size_t n = 0; n < capacity; ++n) slots_[n].turn.store(n, std::memory_order_relaxed);
  }

  void offer(const Topic& topic, ActorId publisher, const M& message) {
    if (closed() || !pattern_.matches(topic)) return;
    std::optional<Tapped<M>> copy;  // made before a slot is taken: copying may throw
    std::size_t at = end_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const auto ahead = static_cast<std::ptrdiff_t>(slot.turn.load(std::memory_order_acquire) - at);
      if (ahead == 0 && !copy) copy.emplace(topic, publisher, message);
      if (ahead < 0) {  // a message of one round before stands there
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      if (ahead > 0) {
        at = end_.load(std::memory_order_relaxed);
      } else if (end_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        slot.what = std::move(copy);
        slot.turn.store(at + 1, std::memory_order_release);
        return;
      }
    }
  }
  std::optional<Tapped<M>> take() {
    std::size_t at = begin_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const auto ahead = static_cast<std::ptrdiff_t>(slot.turn.load(std::memory_order_acquire) - (at + 1));
      if (ahead < 0) return std::nullopt;
      if (ahead > 0) {
        at = begin_.load(std::memory_order_relaxed);
      } else if (begin_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        std::optional<Tapped<M>> taken = std::exchange(slot.what, std::nullopt);
        slot.turn.store(at + mask_ + 1, std::memory_order_release);
        return taken;
      }
    }
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  void close() noexcept { closed_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }

 private:
  friend class RefCounted<TapRing>;
  ~TapRing() = default;

  struct Slot {
    std::atomic<std::size_t> turn;
    std::optional<Tapped<M>> what;
  };
  const TopicPattern pattern_;
  const std::size_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  std::atomic<bool> closed_{false};
  alignas(64) std::atomic<std::size_t> end_{0};
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::atomic<std::size_t> begin_{0};
};

// The reader's end, made by Broker::tap; may outlive the broker. Destroying it ends the tap. Threads: any.
template <class M>
class Tap {
 public:
  explicit Tap(Ref<TapRing<M>> ring) noexcept : ring_(std::move(ring)) {}
  Tap(Tap&&) noexcept = default;
  Tap& operator=(Tap other) noexcept {
    std::swap(ring_, other.ring_);
    return *this;
  }
  ~Tap() {
    if (ring_) ring_->close();
  }
  // The oldest that was not taken yet. The messages of one publisher are in its order; none is there twice.
  [[nodiscard]] std::optional<Tapped<M>> take() { return ring_->take(); }
  // Published, and matched, while there was no room.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return ring_->dropped(); }

 private:
  Ref<TapRing<M>> ring_;
};

}  // namespace airssys::rt
