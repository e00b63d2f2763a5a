// Metrics: counters and a histogram that one thread or many may write, and that anyone may read at any time.
//
// They are plain members of the thing they measure: no registry, no name, no lock. Whoever exports metrics gives them
// their names. A read while others write is a moment's picture, each number by itself correct.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "airssys/base/time.h"

namespace airssys {

class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  // For a counter that only one thread at a time writes: a fifth of the price.
  void add_alone(std::uint64_t n = 1) noexcept { value_.store(value() + n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Durations in log-linear buckets: 16 per power of two, so a quantile is at most 6.25 % above the true value. From 1 ns
// to 2^40 ns (18 minutes); longer ones count as the longest. 4.6 KiB.
class Histogram {
 public:
  void record(Duration value) noexcept;
  // As Counter::add_alone.
  void record_alone(Duration value) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  // The smallest bucket's upper end that at least `fraction` of the values do not exceed; 0 when empty. 0 < fraction <= 1.
  [[nodiscard]] Duration quantile(double fraction) const noexcept;
  // Adds the other's values to this one.
  void merge(const Histogram& other) noexcept;

 private:
  static constexpr unsigned sub_bits = 4;
  static constexpr unsigned max_power = 40;
  static constexpr std::size_t bucket_count = (std::size_t{max_power - sub_bits} + 1) << sub_bits;
  static std::size_t bucket_of(Duration value) noexcept;
  static std::uint64_t upper_end(std::size_t bucket) noexcept;

  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
};

}  // namespace airssys
