#include "airssys/base/metric.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace airssys {

std::size_t Histogram::bucket_of(Duration value) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(0, value.count()));
  if (ns < (1u << sub_bits)) return static_cast<std::size_t>(ns);
  const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
  const auto sub = static_cast<std::size_t>((ns >> (power - sub_bits)) & ((1u << sub_bits) - 1));
  return std::min(bucket_count - 1, ((std::size_t{power - sub_bits} + 1) << sub_bits) + sub);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) noexcept {
  if (bucket < (1u << sub_bits)) return bucket;
  const auto power = static_cast<unsigned>(bucket >> sub_bits) - 1;
  const std::uint64_t sub = bucket & ((1u << sub_bits) - 1);
  return (((std::uint64_t{1} << sub_bits) + sub + 1) << power) - 1;
}

void Histogram::record(Duration value) noexcept { buckets_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed); }

void Histogram::record_alone(Duration value) noexcept {
  std::atomic<std::uint64_t>& bucket = buckets_[bucket_of(value)];
  bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

Duration Histogram::quantile(double fraction) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return Duration::zero();
  const auto exact = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(total)));
  const auto wanted = std::clamp<std::uint64_t>(exact, 1, total);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += buckets_[bucket].load(std::memory_order_relaxed);
    if (seen >= wanted) return Duration(static_cast<Duration::rep>(upper_end(bucket)));
  }
  return Duration(static_cast<Duration::rep>(upper_end(bucket_count - 1)));
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket)
    if (auto n = other.buckets_[bucket].load(std::memory_order_relaxed)) buckets_[bucket].fetch_add(n, std::memory_order_relaxed);
}

}  // namespace airssys
