#include "audit_ring.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "audit_fold.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t smallest = 64 << 10;

AuditEvent event(std::string_view resource, std::uint64_t number = 0) {
  return {.component = "default/a/main", .action = "storage.read", .resource = resource, .rule = "r", .number = number};
}

TEST(AuditRing, GivesOutWhatWasPutInInItsOrderOverAndOverAgain) {
  AuditRing ring(smallest);
  std::mt19937_64 dice(1);
  std::uint64_t put = 0, taken = 0;
  std::map<std::uint64_t, std::string> expected;
  for (int round = 0; round < 2000; ++round) {
    for (std::uint64_t n = dice() % 8; n > 0; --n) {
      const std::string text(dice() % 5000, static_cast<char>('a' + put % 26));
      if (ring.put(event(text, put + 1), WallTime(Duration(static_cast<Duration::rep>(put)))) != AuditStatus::recorded) break;
      expected[++put] = text.substr(0, AuditEvent::max_text_bytes);
    }
    while (const AuditRing::Record* const record = ring.take()) {
      const AuditEvent seen = record->event(record->count);
      ASSERT_EQ(seen.number, ++taken);
      ASSERT_EQ(seen.resource, expected[taken]);
      ASSERT_EQ(seen.component, "default/a/main");
      ASSERT_EQ(seen.action, "storage.read");
      ASSERT_EQ(seen.rule, "r");
      ASSERT_EQ(record->time, static_cast<std::int64_t>(taken - 1));
    }
    ring.free_taken();
    ASSERT_TRUE(ring.empty());
  }
  EXPECT_EQ(put, taken);
  EXPECT_GT(put, 1000u);
}

TEST(AuditRing, IsFullUntilWhatWasTakenIsFreed) {
  AuditRing ring(smallest);
  int put = 0;
  while (ring.put(event("x"), {}) == AuditStatus::recorded) ++put;
  EXPECT_EQ(ring.put(event("x"), {}), AuditStatus::full);
  EXPECT_LE(ring.used(), ring.capacity());
  for (int n = 0; n < put; ++n) ASSERT_TRUE(ring.take());
  EXPECT_FALSE(ring.take());
  EXPECT_EQ(ring.put(event("x"), {}), AuditStatus::full);
  ring.return_taken();
  for (int n = 0; n < put; ++n) ASSERT_TRUE(ring.take());
  ring.free_taken();
  EXPECT_EQ(ring.put(event("x"), {}), AuditStatus::recorded);
}

TEST(AuditRing, TakesNothingOnceItIsClosedAndGivesOutWhatWasBefore) {
  AuditRing ring(smallest);
  EXPECT_EQ(ring.put(event("x"), {}), AuditStatus::recorded);
  ring.close();
  EXPECT_EQ(ring.put(event("y"), {}), AuditStatus::failed);
  EXPECT_FALSE(ring.empty());
  EXPECT_TRUE(ring.take());
  EXPECT_FALSE(ring.take());
  ring.free_taken();
  EXPECT_TRUE(ring.empty());
}

TEST(AuditRing, CutsTextsThatAreTooLongAndSaysSo) {
  AuditRing ring(smallest);
  const std::string text(AuditEvent::max_text_bytes + 1, 'x');
  EXPECT_EQ(ring.put(event(text), {}), AuditStatus::recorded);
  const AuditRing::Record* const record = ring.take();
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->cut);
  EXPECT_EQ(record->event(1).resource.size(), AuditEvent::max_text_bytes);
}

TEST(AuditRing, LosesNothingOfManyThreadsAndKeepsTheOrderOfEach) {
  constexpr std::uint64_t threads = 4, each = 20'000;
  const auto platform = real_platform();
  AuditRing ring(smallest);
  std::atomic<std::uint64_t> full{0};
  {
    std::vector<std::unique_ptr<Thread>> recording;
    for (std::uint64_t thread = 0; thread < threads; ++thread)
      recording.push_back(platform->start_thread("record", [&, thread] {
        const std::string text(thread * 37, 'x');
        for (std::uint64_t n = 1; n <= each;) {
          AuditEvent one = event(text, n);
          one.session = thread;
          if (ring.put(one, {}) == AuditStatus::recorded)
            ++n;
          else
            full.fetch_add(1, std::memory_order_relaxed);
        }
      }));
    std::map<std::uint64_t, std::uint64_t> last;
    for (std::uint64_t taken = 0; taken < threads * each;) {
      while (const AuditRing::Record* const record = ring.take()) {
        ++taken;
        ASSERT_EQ(record->number, ++last[record->session]);
        ASSERT_EQ(record->event(1).resource.size(), record->session * 37);
      }
      ring.free_taken();
    }
  }
  EXPECT_TRUE(ring.empty());
}

TEST(AuditFold, CountsEqualDecisionsAndKeepsTheOrderOfTheFirst) {
  AuditRing ring(smallest);
  AuditFold fold;
  for (std::uint64_t n = 1; n <= 5; ++n)
    for (const char* const resource : {"b", "a"}) EXPECT_EQ(ring.put(event(resource, n), {}), AuditStatus::recorded);
  AuditEvent other = event("a", 9);
  other.decision = AuditDecision::allow;
  EXPECT_EQ(ring.put(other, {}), AuditStatus::recorded);
  while (const AuditRing::Record* const record = ring.take()) fold.add(*record);
  ASSERT_EQ(fold.entries().size(), 3u);
  EXPECT_EQ(fold.entries()[0].record->event(1).resource, "b");
  EXPECT_EQ(fold.entries()[0].count, 5u);
  EXPECT_EQ(fold.entries()[0].record->number, 1u);
  EXPECT_EQ(fold.entries()[0].last, 5u);
  EXPECT_EQ(fold.entries()[1].record->event(1).resource, "a");
  EXPECT_EQ(fold.entries()[2].count, 1u);
  fold.clear();
  EXPECT_TRUE(fold.entries().empty());
}

}  // namespace
}  // namespace airssys::wasm
