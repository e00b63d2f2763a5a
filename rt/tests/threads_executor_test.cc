// The run queue and the executor on real threads; run under ThreadSanitizer by the preset `tsan`.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "../src/run_queue.h"
#include "airssys/base/platform.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {
namespace {

struct Item final : Runnable {
  void run() noexcept override { runs.fetch_add(1, std::memory_order_relaxed); }
  std::atomic<int> runs{0};
};

TEST(RunQueue, GivesEachItemToExactlyOneTaker) {
  constexpr std::size_t count = 20'000;
  const auto platform = real_platform();
  std::vector<Item> items(count);
  RunQueue queue;
  std::atomic<std::size_t> taken{0};
  const auto take = [&](Runnable* item) {
    if (!item) return;
    item->run();
    taken.fetch_add(1);
  };
  std::vector<std::unique_ptr<Thread>> thieves;
  for (int n = 0; n < 2; ++n)
    thieves.push_back(platform->start_thread("thief", [&] {
      RunQueue mine;
      while (taken.load() < count) {
        take(queue.steal_into(mine));
        while (Runnable* item = mine.pop()) take(item);
      }
    }));
  for (std::size_t n = 0; n < count;) {
    if (queue.push(items[n])) {
      ++n;
    } else {
      std::array<Runnable*, RunQueue::capacity / 2> half{};
      const std::uint32_t out = queue.pop_half(half);
      std::for_each_n(half.begin(), out, take);
    }
    if (n % 3 == 0) take(queue.pop());
  }
  while (Runnable* item = queue.pop()) take(item);
  thieves.clear();
  EXPECT_EQ(std::count_if(items.begin(), items.end(), [](const Item& item) { return item.runs == 1; }), static_cast<long>(count));
}

TEST(RunQueue, SaysWhetherThoseBeforeAPlaceStillWait) {
  std::array<Item, 3> items;
  RunQueue queue;
  EXPECT_FALSE(queue.has_before(queue.end()));
  ASSERT_TRUE(queue.push(items[0]) && queue.push(items[1]));
  const std::uint32_t end = queue.end();
  ASSERT_TRUE(queue.push(items[2]));
  EXPECT_TRUE(queue.has_before(end));
  queue.pop();
  EXPECT_TRUE(queue.has_before(end));
  queue.pop();
  EXPECT_FALSE(queue.has_before(end)) << "who is left came later";
}

TEST(Executor, RunsWhatOverflowsTheQueueOfAWorkerOnce) {
  struct Spreader final : Runnable {
    WorkStealingExecutor* executor = nullptr;
    std::vector<Item>* items = nullptr;
    void run() noexcept override {
      for (Item& item : *items) executor->schedule(item, Urgency::later);
    }
    std::string describe() const override { return "spreader"; }
  } spreader;
  const auto platform = real_platform();
  std::vector<Item> items(5'000);
  {
    WorkStealingExecutor executor(*platform, 3);
    spreader.executor = &executor;
    spreader.items = &items;
    executor.schedule(spreader, Urgency::next);
    while (!executor.quiet()) {
      const std::uint32_t before = executor.quiet_word().load();
      if (!executor.quiet()) executor.wait(executor.quiet_word(), before, Instant::max());
    }
  }
  EXPECT_TRUE(std::all_of(items.begin(), items.end(), [](const Item& item) { return item.runs == 1; }));
}

TEST(Executor, RunsEverythingThatPlainThreadsScheduleOnce) {
  const auto platform = real_platform();
  std::vector<Item> items(10'000);
  {
    WorkStealingExecutor executor(*platform, 3);
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::size_t t = 0; t < 2; ++t)
      threads.push_back(platform->start_thread("test", [&, t] {
        for (std::size_t n = t; n < items.size(); n += 2) executor.schedule(items[n], Urgency::next);
      }));
    threads.clear();
    while (!executor.quiet()) {
      const std::uint32_t before = executor.quiet_word().load();
      if (!executor.quiet()) executor.wait(executor.quiet_word(), before, Instant::max());
    }
  }
  EXPECT_TRUE(std::all_of(items.begin(), items.end(), [](const Item& item) { return item.runs == 1; }));
}

TEST(Executor, FiresEachTimerOnceUnlessItWasCancelled) {
  const auto platform = real_platform();
  constexpr std::size_t count = 4'000;
  std::vector<std::atomic<int>> fired(count);
  std::vector<int> cancelled(count, 0);
  std::atomic<std::uint32_t> left{0};
  WorkStealingExecutor executor(*platform, 2);
  const auto arm = [&](std::size_t t) {
    for (std::size_t n = t; n < count; n += 2) {
      left.fetch_add(1);
      const auto task = executor.post_at(platform->now() + Duration((n * 7919) % 2'000'000), [&, n] {
        fired[n].fetch_add(1);
        left.fetch_sub(1);
        executor.notify(left);
      });
      if (n % 3 == 0 && executor.cancel(*task)) {
        cancelled[n] = 1;
        left.fetch_sub(1);
      }
    }
  };
  {
    const auto one = platform->start_thread("test", [&] { arm(0); });
    const auto two = platform->start_thread("test", [&] { arm(1); });
  }
  for (std::uint32_t now = 0; (now = left.load()) != 0;) executor.wait(left, now, Instant::max());
  for (std::size_t n = 0; n < count; ++n) ASSERT_EQ(fired[n] + cancelled[n], 1) << n;
}

}  // namespace
}  // namespace airssys::rt
