#include "airssys/base/metric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace airssys {
namespace {

using namespace std::chrono_literals;

TEST(Counter, AddsUpWhatAllThreadsCount) {
  Counter counter;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) counter.add(2);
    });
  threads.clear();
  EXPECT_EQ(counter.value(), 8000u);
}

TEST(Counter, OfOneWriterAddsUpTheSame) {
  Counter counter;
  for (int n = 0; n < 1000; ++n) counter.add_alone(2);
  counter.add();
  EXPECT_EQ(counter.value(), 2001u);
}

TEST(Histogram, OfOneWriterRecordsTheSame) {
  Histogram shared, alone;
  for (int n = 1; n < 100'000; n = n * 3 + 1) {
    shared.record(Duration(n));
    alone.record_alone(Duration(n));
  }
  EXPECT_EQ(alone.count(), shared.count());
  for (const double fraction : {0.01, 0.3, 0.5, 0.99, 1.0}) EXPECT_EQ(alone.quantile(fraction), shared.quantile(fraction));
}

TEST(Histogram, OfNothingHasQuantileZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.quantile(0.99), 0ns);
}

TEST(Histogram, IsExactBelowThirtyTwoNanoseconds) {
  for (int n = 0; n < 32; ++n) {
    Histogram histogram;
    histogram.record(Duration(n));
    EXPECT_EQ(histogram.quantile(0.5), Duration(n));
  }
}

TEST(Histogram, NeverUnderstatesAndOverstatesByLessThanASixteenth) {
  for (std::int64_t ns = 1; ns < (std::int64_t{1} << 40); ns = ns * 9 / 8 + 1) {
    Histogram histogram;
    histogram.record(Duration(ns));
    const auto got = histogram.quantile(1).count();
    EXPECT_GE(got, ns);
    EXPECT_LT(static_cast<double>(got - ns), static_cast<double>(ns) / 16 + 1) << ns;
  }
}

TEST(Histogram, TakesNegativeForZeroAndTheEndlessForTheLongest) {
  Histogram histogram;
  histogram.record(-5ns);
  EXPECT_EQ(histogram.quantile(1), 0ns);
  histogram.record(Duration::max());
  EXPECT_EQ(histogram.quantile(1).count(), (std::int64_t{1} << 40) - 1);
}

TEST(Histogram, GivesTheQuantilesOfTheSortedValues) {
  std::mt19937_64 random(7);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(random() % 50'000'000));
    histogram.record(Duration(values.back()));
  }
  std::ranges::sort(values);
  for (double fraction : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * 10'000)) - 1;
    const auto got = histogram.quantile(fraction).count();
    EXPECT_GE(got, values[rank]) << fraction;
    EXPECT_LE(static_cast<double>(got), static_cast<double>(values[rank]) * 1.0626) << fraction;
  }
}

TEST(Histogram, MergedHoldsTheValuesOfBoth) {
  Histogram left, right;
  left.record(3ns);
  right.record(9ns);
  right.record(9ns);
  left.merge(right);
  EXPECT_EQ(left.count(), 3u);
  EXPECT_EQ(left.quantile(0.3), 3ns);
  EXPECT_EQ(left.quantile(0.5), 9ns);
  EXPECT_EQ(right.count(), 2u);
}

}  // namespace
}  // namespace airssys
