// ByteBudget: how many bytes of payloads may wait in one mailbox (R3.5). Many senders reserve, one receiver takes.
//
// A soft bound: what does not fit is refused, except that something of any size fits when nothing waits, and nothing at all
// always. While a refusal is
// being taken back another sender may be refused too.
//
// Each side writes a cache line of its own, as in rt's mailbox: senders look at the receiver's only when a limit of the past is
// reached.
#pragma once
#include <atomic>
#include <cstdint>

namespace airssys::wasm {

class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t max_bytes) noexcept : max_(max_bytes), limit_(max_bytes) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // Threads: any. True: exactly one of `take` and `give_back` follows, with the same number.
  [[nodiscard]] bool reserve(std::uint64_t bytes) noexcept {
    const std::uint64_t before = reserved_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_.load(std::memory_order_relaxed)) [[likely]]
      return true;
    return reserve_at_limit(before, bytes);
  }
  // By the receiver, in its turn.
  void take(std::uint64_t bytes) noexcept {
    taken_.store(taken_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
  // Threads: any.
  void give_back(std::uint64_t bytes) noexcept { returned_.fetch_add(bytes, std::memory_order_relaxed); }

  // A moment's picture.
  [[nodiscard]] std::uint64_t waiting() const noexcept { return reserved_.load(std::memory_order_relaxed) - gone(); }
  [[nodiscard]] std::uint64_t max_bytes() const noexcept { return max_; }

 private:
  bool reserve_at_limit(std::uint64_t before, std::uint64_t bytes) noexcept;
  [[nodiscard]] std::uint64_t gone() const noexcept {
    return taken_.load(std::memory_order_relaxed) + returned_.load(std::memory_order_relaxed);
  }

  const std::uint64_t max_;
  // All that was ever reserved, taken and given back.
  alignas(64) std::atomic<std::uint64_t> reserved_{0};
  std::atomic<std::uint64_t> limit_;  // a past value of gone() + max_
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> returned_{0};
};

}  // namespace airssys::wasm
