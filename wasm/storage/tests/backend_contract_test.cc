// What StorageBackend promises, of each kind of backend.
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "backend_suite.h"

namespace airssys::wasm::testing {
namespace {

using namespace std::string_literals;
using Backend = BackendTest;

TEST_P(Backend, GivesBackWhatWasSet) {
  EXPECT_EQ(get(*backend, "key"), "(none)");
  ASSERT_OK(set(*backend, "key", "value"));
  EXPECT_EQ(get(*backend, "key"), "value");
  ASSERT_OK(set(*backend, "key", "another"));
  EXPECT_EQ(get(*backend, "key"), "another");
  ASSERT_OK(remove(*backend, "key"));
  EXPECT_EQ(get(*backend, "key"), "(none)");
  ASSERT_OK(remove(*backend, "key"));
}

TEST_P(Backend, TellsAnEmptyValueFromNone) {
  ASSERT_OK(set(*backend, "empty", ""));
  EXPECT_EQ(get(*backend, "empty"), "");
  EXPECT_EQ(size_of(*backend, "empty"), 0U);
  EXPECT_EQ(size_of(*backend, "none"), std::nullopt);
  EXPECT_EQ(scan(*backend), (Entries{{"empty", ""}}));
}

TEST_P(Backend, OrdersKeysByTheirUnsignedBytes) {
  std::vector<std::string> keys{"\0"s,    "\0\0"s, "\1"s,   "a"s,    "a\0"s,  "a\0b"s,    "ab"s,
                                "a\xff"s, "b"s,    "\x7f"s, "\x80"s, "\xff"s, "\xff\xff"s};
  for (const std::string& key : keys) ASSERT_OK(set(*backend, key, "of " + key));
  std::ranges::sort(keys, [](const std::string& a, const std::string& b) {
    return std::ranges::lexicographical_compare(
        a, b, {}, [](char c) { return static_cast<unsigned char>(c); }, [](char c) { return static_cast<unsigned char>(c); });
  });
  const Entries found = scan(*backend);
  ASSERT_EQ(found.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(found[i], std::pair(keys[i], "of " + keys[i])) << i;
}

TEST_P(Backend, ScansFromTheFirstKeyUpToButNotTheEnd) {
  for (const char* key : {"a", "b", "ba", "bb", "c"}) ASSERT_OK(set(*backend, key, ""));
  EXPECT_EQ(scan(*backend, {.from = "b", .to = "c"}), (Entries{{"b", ""}, {"ba", ""}, {"bb", ""}}));
  EXPECT_EQ(scan(*backend, {.from = "b\0"s, .to = ""}), (Entries{{"ba", ""}, {"bb", ""}, {"c", ""}}));
  EXPECT_EQ(scan(*backend, {.from = "", .to = "b"}), (Entries{{"a", ""}}));
  EXPECT_EQ(scan(*backend, {.from = "c", .to = "b"}), Entries());
  EXPECT_EQ(scan(*backend, {.from = "b", .to = "b"}), Entries());
}

TEST_P(Backend, EndsAPrefixWhereItEnds) {
  for (const std::string& key : {"p"s, "p\xff"s, "p\xff\xff"s, "q"s, "\xff"s, "\xff\xff"s, "\xff\xff"s + "a"s})
    ASSERT_OK(set(*backend, key, ""));
  const auto with = [&](const std::string& prefix) {
    return scan(*backend, {.from = prefix, .to = end_of_prefix(prefix)}).size();
  };
  EXPECT_EQ(with("p"), 3U);
  EXPECT_EQ(with("p\xff"), 2U);
  EXPECT_EQ(with("\xff"), 3U);
  EXPECT_EQ(with("\xff\xff"), 2U);
  EXPECT_EQ(with(""), 7U);
}

TEST_P(Backend, KeepsTheKeyspacesApart) {
  ASSERT_OK(set(*backend, "key", "a guest's"));
  ASSERT_OK(set(*backend, "key", "the host's", Keyspace::host));
  ASSERT_OK(set(*backend, "other", "", Keyspace::host));
  EXPECT_EQ(get(*backend, "key"), "a guest's");
  EXPECT_EQ(get(*backend, "key", Keyspace::host), "the host's");
  EXPECT_EQ(scan(*backend).size(), 1U);
  EXPECT_EQ(scan(*backend, {}, Keyspace::host).size(), 2U);
  ASSERT_OK(remove(*backend, "key"));
  EXPECT_EQ(get(*backend, "key", Keyspace::host), "the host's");
}

TEST_P(Backend, ScansWhatThereWasWhenItBegan) {
  for (int i = 100; i < 400; ++i) ASSERT_OK(set(*backend, std::to_string(i), "before"));
  int visited = 0;
  ASSERT_OK(backend->scan(Keyspace::guests, {}, [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(key, std::to_string(100 + visited));
    EXPECT_EQ(value, "before") << key;
    // Itself, and what is to come: replaced, deleted, put in between.
    const auto after = [&](int by) { return std::to_string(100 + visited + by); };
    EXPECT_TRUE(remove(*backend, key));
    EXPECT_TRUE(set(*backend, after(1), "after"));
    EXPECT_TRUE(remove(*backend, after(50)));
    EXPECT_TRUE(set(*backend, after(70) + "x", "after"));
    EXPECT_TRUE(remove(*backend, "399"));
    ++visited;
    return true;
  }));
  EXPECT_EQ(visited, 300);
}

TEST_P(Backend, EndsAScanWhereTheVisitorSaysSo) {
  for (int i = 100; i < 200; ++i) ASSERT_OK(set(*backend, std::to_string(i), ""));
  int visited = 0;
  ASSERT_OK(backend->scan(Keyspace::guests, {}, [&](std::string_view, std::string_view) { return ++visited < 7; }));
  EXPECT_EQ(visited, 7);
}

TEST_P(Backend, AppliesABatchInItsOrder) {
  ASSERT_OK(backend->write(Keyspace::guests,
                           std::array{StorageWrite{"a", "1"}, StorageWrite{"b", "1"}, StorageWrite{"a", "2"},
                                      StorageWrite{"b", std::nullopt}, StorageWrite{"c", std::nullopt}, StorageWrite{"c", ""}},
                           Durability::disk));
  EXPECT_EQ(scan(*backend), (Entries{{"a", "2"}, {"c", ""}}));
  ASSERT_OK(backend->write(Keyspace::guests, {}, Durability::disk));
}

TEST_P(Backend, ShowsABatchWholeOrNotAtAll) {
  constexpr std::array keys{"a", "m", "z"};
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int round = 0; round < 2000; ++round) {
      const std::string value = std::to_string(round);
      std::vector<StorageWrite> batch;
      for (const char* key : keys) batch.push_back({key, round % 5 == 4 ? std::nullopt : std::optional<std::string_view>(value)});
      EXPECT_TRUE(backend->write(Keyspace::guests, batch, Durability::process));
    }
    done = true;
  });
  while (!done) {
    const Entries found = scan(*backend);
    EXPECT_TRUE(found.empty() || found.size() == keys.size()) << found.size();
    for (const auto& [key, value] : found) EXPECT_EQ(value, found.front().second) << key;
  }
  writer.join();
}

// Every writer moves amounts between accounts of its own, two in a batch: what all have together never changes.
TEST_P(Backend, ScansAndBacksUpOneMomentOfManyWriters) {
  constexpr int writers = 3;
  constexpr int accounts = 200;
  constexpr int each = 1000;
  const auto key_of = [](int writer, int account) { return std::to_string(account) + "/" + std::to_string(writer); };
  const auto total_of = [](const StorageBackend& store) {
    std::int64_t total = 0;
    for (const auto& [key, value] : scan(store)) total += std::stoll(value);
    return total;
  };
  for (int w = 0; w < writers; ++w)
    for (int a = 0; a < accounts; ++a) ASSERT_OK(set(*backend, key_of(w, a), std::to_string(each)));
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      std::vector<int> has(accounts, each);
      for (std::size_t n = 1; !done; ++n) {
        const std::size_t from = n * 7919 % accounts;
        const std::size_t to = (from + n % 17 + 1) % accounts;
        const std::string less = std::to_string(--has[from]);
        const std::string more = std::to_string(++has[to]);
        const std::string from_key = key_of(w, static_cast<int>(from));
        const std::string to_key = key_of(w, static_cast<int>(to));
        EXPECT_TRUE(backend->write(Keyspace::guests, std::array{StorageWrite{from_key, less}, StorageWrite{to_key, more}},
                                   n % 100 == 0 ? Durability::disk : Durability::process));
      }
    });
  for (int round = 0; round < 25; ++round) EXPECT_EQ(total_of(*backend), writers * accounts * each) << round;
  if (GetParam() != BackendKind::memory) {
    EXPECT_TRUE(backend->back_up(folder.path() / "backup"));
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total_of(*backend), writers * accounts * each);
  if (GetParam() == BackendKind::memory) return;
  const auto copy = open_or_fail(GetParam(), folder.path() / "backup");
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(total_of(*copy), writers * accounts * each);
}

TEST_P(Backend, TakesWritesOfManyThreads) {
  constexpr int threads = 8;
  constexpr int each = 300;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const std::string key = std::to_string(t) + "/" + std::to_string(i);
        const auto durability = i % 50 == 0 ? Durability::disk : Durability::process;
        EXPECT_TRUE(set(*backend, key, key, Keyspace::guests, durability));
        EXPECT_EQ(get(*backend, key), key);
        if (i % 3 == 0) {
          EXPECT_TRUE(remove(*backend, key));
        }
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(scan(*backend).size(), static_cast<std::size_t>(threads * each * 2 / 3));
}

TEST_P(Backend, TakesTheLargestValuesAndBatches) {
  const std::string large(1 << 20, 'x');
  ASSERT_OK(set(*backend, "large", large, Keyspace::guests, Durability::disk));
  EXPECT_EQ(get(*backend, "large"), large);
  std::vector<std::string> keys;
  std::vector<StorageWrite> batch;
  for (int i = 0; i < 100; ++i) keys.push_back(std::string(256, 'k') + std::to_string(i));
  for (const std::string& key : keys) batch.push_back({key, std::string_view(large).substr(0, 100'000)});
  ASSERT_OK(backend->write(Keyspace::guests, batch, Durability::disk));
  EXPECT_EQ(scan(*backend).size(), 101U);
}

TEST_P(Backend, KeepsEverythingWhenItIsClosed) {
  for (int i = 100; i < 300; ++i) ASSERT_OK(set(*backend, std::to_string(i), std::string(1000, 'v')));
  ASSERT_OK(set(*backend, "key", "the host's", Keyspace::host));
  const Entries before = scan(*backend);
  if (!reopen()) return;
  EXPECT_EQ(scan(*backend), before);
  EXPECT_EQ(get(*backend, "key", Keyspace::host), "the host's");
}

TEST_P(Backend, CompactsAndTellsItsSize) {
  for (int round = 0; round < 5; ++round)
    for (int i = 0; i < 200; ++i) ASSERT_OK(set(*backend, std::to_string(i), std::string(1000, static_cast<char>('a' + round))));
  ASSERT_OK(backend->flush());
  ASSERT_OK(backend->compact());
  EXPECT_GT(backend->bytes(), 1000U);
  EXPECT_EQ(scan(*backend).size(), 200U);
}

TEST_P(Backend, BacksUpOneMomentWhileItIsWritten) {
  const auto to = folder.path() / "backup";
  for (int i = 100; i < 200; ++i) ASSERT_OK(set(*backend, std::to_string(i), "0"));
  ASSERT_OK(set(*backend, "host", "kept", Keyspace::host));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    // The first and the last key always have the same value.
    for (int round = 1; !done; ++round) {
      const std::string value = std::to_string(round);
      EXPECT_TRUE(backend->write(Keyspace::guests, std::array{StorageWrite{"100", value}, StorageWrite{"199", value}},
                                 Durability::process));
    }
  });
  const auto made = backend->back_up(to);
  done = true;
  writer.join();
  if (GetParam() == BackendKind::memory) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), Code::unavailable);
    return;
  }
  ASSERT_OK(made);
  const auto copy = open_or_fail(GetParam(), to);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(scan(*copy).size(), 100U);
  EXPECT_EQ(get(*copy, "100"), get(*copy, "199"));
  EXPECT_EQ(get(*copy, "host", Keyspace::host), "kept");
  const auto again = backend->back_up(to);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Code::already_exists) << again.error().message();
}

// Those of sled and memory: what is kept for a reader is bounded.
class MomentOfBackend : public BackendTest {
 public:
  static constexpr int count = 80;
  void SetUp() override {
    for (int n = 0; n < count; ++n) ASSERT_OK(set(*backend, std::to_string(100 + n), before));
  }
  const std::string before = std::string(1 << 20, 'b');
};

TEST_P(MomentOfBackend, EndsAReaderForWhomTooMuchWouldBeKept) {
  int visited = 0;
  const auto read = backend->scan(Keyspace::guests, {}, [&](std::string_view, std::string_view) {
    for (int n = 0; n < count && visited == 0; ++n) EXPECT_TRUE(set(*backend, std::to_string(100 + n), "after"));
    return ++visited != 0;
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::unavailable) << read.error().message();
  EXPECT_LT(visited, count);
  EXPECT_EQ(scan(*backend).size(), static_cast<std::size_t>(count)) << "the next one is not concerned";
}

TEST_P(MomentOfBackend, ForgetsWhatItsReaderHasSeen) {
  int visited = 0;
  ASSERT_OK(backend->scan(Keyspace::guests, {}, [&](std::string_view, std::string_view value) {
    EXPECT_TRUE(value == before) << visited;
    ++visited;
    for (int n = visited; n < visited + 3; ++n) EXPECT_TRUE(set(*backend, std::to_string(100 + n), "after"));
    return true;
  }));
  EXPECT_EQ(visited, count);
}

INSTANTIATE_TEST_SUITE_P(All, MomentOfBackend, ::testing::ValuesIn(moment_kinds), kind_name);

INSTANTIATE_TEST_SUITE_P(All, Backend, ::testing::ValuesIn(backend_kinds), kind_name);

}  // namespace
}  // namespace airssys::wasm::testing
