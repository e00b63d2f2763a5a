// AuditRing: decisions on their way from the threads that decide to the one that writes them, in one order.
//
// A bounded ring of bytes. Who records reserves a place by one compare-and-swap, copies the event there and publishes it;
// nobody waits for anybody. The reader sees places in the order in which they were reserved and stops at one that is not
// published yet. After close() nobody can reserve, and what was reserved before is all there until empty(): so nothing is
// lost in between.
//
// Threads: reserve and publish any; the rest one, the reader.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "airssys/base/time.h"
#include "airssys/wasm/core/audit.h"

namespace airssys::wasm {

class AuditRing {
 public:
  // An event in the ring, followed by its texts. From `session` on it is what makes two events equal.
  struct Record {
    std::uint32_t size;  // in the ring; 0: not published yet
    std::uint32_t equal_bytes;
    std::uint64_t count;
    std::int64_t time;  // nanoseconds since the Unix epoch
    std::uint64_t number;
    std::uint64_t session;
    std::uint16_t component, action, resource, rule, place;  // lengths of the texts, which follow in this order
    AuditDecision decision;
    bool cut;
    bool is_gap;  // nothing but the rest of the ring, before its beginning
    std::uint8_t none;
    std::uint16_t none_either;  // all of it is written: it is compared

    // All that makes two events equal.
    [[nodiscard]] std::string_view equal() const noexcept { return {reinterpret_cast<const char*>(&session), equal_bytes}; }
    // Its texts are in the ring.
    [[nodiscard]] AuditEvent event(std::uint64_t times) const noexcept;
  };

  // `capacity`: a power of two, at least 64 KiB.
  explicit AuditRing(std::size_t capacity);

  [[nodiscard]] AuditStatus put(const AuditEvent& event, WallTime time) noexcept;
  // Bytes that are reserved and not freed yet.
  [[nodiscard]] std::size_t used() const noexcept { return place(tail_.load(std::memory_order_seq_cst)) - freed(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] bool empty() const noexcept { return used() == 0; }

  // Nobody can put anything from now on: `failed`.
  void close() noexcept { tail_.fetch_or(closed_bit, std::memory_order_acq_rel); }
  // The next published record after the last one that was taken; null: there is none, or it is not published yet.
  [[nodiscard]] const Record* take() noexcept;
  // All that were taken: their memory may be used again.
  void free_taken() noexcept;
  // They come again.
  void return_taken() noexcept { taken_ = freed(); }

 private:
  static constexpr std::uint64_t closed_bit = 1;  // places are multiples of 16
  struct alignas(64) Block {
    std::array<std::byte, 64> bytes{};
  };

  [[nodiscard]] static std::uint64_t place(std::uint64_t tail) noexcept { return tail & ~closed_bit; }
  [[nodiscard]] std::uint64_t freed() const noexcept { return head_.load(std::memory_order_acquire); }
  [[nodiscard]] std::byte* at(std::uint64_t place) const noexcept {
    return reinterpret_cast<std::byte*>(memory_.get()) + (place & mask_);
  }
  // Of the record there; see Record::size.
  [[nodiscard]] static std::atomic_ref<std::uint32_t> size_of(std::byte* record) noexcept {
    return std::atomic_ref(reinterpret_cast<Record*>(record)->size);
  }

  const std::uint64_t mask_;
  const std::unique_ptr<Block[]> memory_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t taken_ = 0;  // the reader's
};

}  // namespace airssys::wasm
