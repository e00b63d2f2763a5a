#include "../src/commit_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace airssys::wasm {
namespace {

using std::chrono::microseconds;
using Step = CommitPace::Step;

constexpr Duration sync_takes = microseconds(400);

// Writers, a thread that gathers, a disk: in a time of their own.
class World {
 public:
  // Writers that each come back so long after their answer; the first time one after the other.
  explicit World(std::vector<Duration> thinks, Duration a_write = microseconds(1), Duration apart = Duration::zero())
      : thinks_(std::move(thinks)),
        a_write_(a_write) {
    for (std::size_t n = 0; n < thinks_.size(); ++n) coming_.push_back({now_ + apart * static_cast<std::int64_t>(n), n});
  }
  // None comes back before all have their answer, and then all do.
  void in_bursts() { bursts_ = true; }

  void run(std::size_t syncs) {
    for (const std::size_t end = groups.size() + syncs; groups.size() < end;) step();
  }
  std::vector<std::size_t> groups;  // how many writes each synchronisation had
  std::size_t idle_waits = 0;  // of somebody for others, while the disk was free
  Duration waited{};

 private:
  struct Coming {
    Instant at;
    std::size_t writer;
  };

  void step() {
    if (!syncing_.empty() && now_ >= disk_free_) answer();
    std::erase_if(coming_, [this](const Coming& one) {
      if (one.at <= now_) waiting_.push_back(one.writer);
      return one.at <= now_;
    });
    if (gathered_.empty() && waiting_.empty()) {
      pace_.begin();
      now_ = next_event();
      return;
    }
    switch (pace_.next(gathered_.size(), waiting_.size(), syncing_.empty(), now_)) {
      case Step::take:
        now_ += a_write_ * static_cast<std::int64_t>(waiting_.size());
        gathered_.insert(gathered_.end(), waiting_.begin(), waiting_.end());
        waiting_.clear();
        break;
      case Step::sync:
        ASSERT_TRUE(syncing_.empty());
        ASSERT_FALSE(gathered_.empty());
        groups.push_back(gathered_.size());
        syncing_.swap(gathered_);
        disk_free_ = now_ + sync_takes;
        pace_.begin();
        break;
      case Step::wait:
        if (syncing_.empty()) {
          ++idle_waits;
          const Instant until = std::min(next_event(), pace_.deadline());
          waited += until - now_;
          now_ = until;
        } else {
          now_ = next_event();
        }
    }
  }
  void answer() {
    pace_.synced(syncing_.size(), gathered_.size() + waiting_.size(), sync_takes);
    for (const std::size_t writer : syncing_) (bursts_ ? answered_ : coming_).push_back({disk_free_ + thinks_[writer], writer});
    syncing_.clear();
    if (answered_.size() < thinks_.size()) return;
    for (Coming& one : answered_) one.at = disk_free_ + thinks_[one.writer];
    coming_.swap(answered_);
    answered_.clear();
  }
  [[nodiscard]] Instant next_event() const {
    Instant next = syncing_.empty() ? Instant::max() : disk_free_;
    for (const Coming& one : coming_) next = std::min(next, one.at);
    return next;
  }

  const std::vector<Duration> thinks_;
  const Duration a_write_;
  bool bursts_ = false;
  CommitPace pace_;
  Instant now_{};
  Instant disk_free_{};
  std::vector<Coming> coming_, answered_;
  std::vector<std::size_t> waiting_, gathered_, syncing_;
};

std::vector<Duration> think(std::size_t writers, Duration time) { return std::vector<Duration>(writers, time); }

TEST(CommitPace, WhoIsAloneWaitsForNobody) {
  for (const Duration time : {microseconds(0), microseconds(50), microseconds(5000)}) {
    World world(think(1, time));
    world.run(100);
    EXPECT_EQ(world.idle_waits, 0u);
  }
}

TEST(CommitPace, ThoseWhoComeBackAtOnceShareEachSynchronisation) {
  for (const std::size_t writers : {2u, 3u, 16u, 40u}) {
    World world(think(writers, microseconds(50)));
    world.run(10);
    world.groups.clear();
    world.run(100);
    EXPECT_EQ(world.groups, std::vector<std::size_t>(100, writers));
  }
}

TEST(CommitPace, EachBurstIsOneSynchronisation) {
  World world(think(16, microseconds(2000)));
  world.in_bursts();
  world.run(5);
  world.groups.clear();
  world.run(100);
  EXPECT_EQ(world.groups, std::vector<std::size_t>(100, 16));
}

TEST(CommitPace, WhoComesAloneAfterOthersSoonWaitsForNobody) {
  CommitPace pace;
  for (int n = 0; n < 4; ++n) pace.synced(16, 0, sync_takes);
  Instant now{};
  int waits = 0;
  for (int n = 0; n < 20; ++n) {
    pace.begin();
    EXPECT_EQ(pace.next(0, 1, true, now), Step::take);
    if (pace.next(1, 0, true, now) == Step::wait) {
      ++waits;
      now = pace.deadline();
      EXPECT_EQ(pace.next(1, 0, true, now), Step::sync);
    }
    now += sync_takes;
    pace.synced(1, 0, sync_takes);
  }
  EXPECT_GE(waits, 1);
  EXPECT_LE(waits, 3);
}

// Each comes back a little later than it is worth waiting, in the synchronisation of the other.
TEST(CommitPace, WhatIsInVainIsTriedRarely) {
  World world(think(2, microseconds(150)), microseconds(1), microseconds(200));
  world.run(1000);
  EXPECT_EQ(std::ranges::count(world.groups, 1u), 1000);
  EXPECT_GE(world.idle_waits, 2u);
  EXPECT_LE(world.idle_waits, 30u);
  EXPECT_LE(world.waited, 30 * sync_takes / 4);
}

// Where the work on each write takes longer than the disk, nobody stands still for long.
TEST(CommitPace, ManyWritersWaitForTheDiskAndNotForEachOther) {
  World world(think(256, microseconds(20)), microseconds(5));
  world.run(200);
  EXPECT_LE(world.waited, 200 * sync_takes / 50);
}

TEST(CommitPace, IsPatientForAQuarterOfTheShortestOfTheLastFour) {
  CommitPace pace;
  EXPECT_EQ(pace.patience(), Duration::zero());
  for (int n = 0; n < 3; ++n) pace.synced(1, 0, microseconds(400));
  pace.synced(1, 0, std::chrono::seconds(1));
  EXPECT_EQ(pace.patience(), microseconds(100));
  for (int n = 0; n < 4; ++n) pace.synced(1, 0, std::chrono::seconds(1));
  EXPECT_EQ(pace.patience(), std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace airssys::wasm
