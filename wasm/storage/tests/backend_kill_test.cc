// A process that writes is killed at any moment; what it had acknowledged is there. AIRSSYS_SEEDS=200 kills 200 times.
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "backend_suite.h"
#include "child_process.h"

namespace airssys::wasm::testing {
namespace {

struct Case {
  BackendKind kind;
  Durability durability;
};

class KilledBackend : public ::testing::TestWithParam<Case> {};

TEST_P(KilledBackend, HasEverythingThatWasAcknowledged) {
  const auto& [kind, durability] = GetParam();
  const StoreFolder folder;
  std::array<std::uint64_t, entry_writers> acknowledged{};
  for (const std::uint64_t seed : rt::testing::seeds(4)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    // Early, in the middle of an opening too, or after some hundreds.
    const std::size_t until = random() % (durability == Durability::disk ? 150 : 3000);
    ASSERT_NO_FATAL_FAILURE(kill_writer(
        {"write", std::string(backend_name(kind)), folder.store(), durability == Durability::disk ? "disk" : "process"}, until,
        acknowledged));

    const auto store = open_or_fail(kind, folder.store());
    ASSERT_NE(store, nullptr);
    // Where that was promised; else what is there is whole all the same.
    if (durability == Durability::process && !store->survives_kill()) acknowledged = {};
    for (unsigned writer = 0; writer < entry_writers; ++writer)
      ASSERT_EQ(entries_mistake(*store, writer, acknowledged.at(writer)), "");
    // What is there now stays.
    for (unsigned writer = 0; writer < entry_writers; ++writer) acknowledged.at(writer) = last_entry(*store, writer);
    // Or else checking takes longer each time.
    if (acknowledged[0] + acknowledged[1] > 10'000) {
      std::vector<std::string> keys;
      ASSERT_OK(store->scan(Keyspace::guests, {}, [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
      }));
      for (const std::string& key : keys) ASSERT_OK(remove(*store, key));
      acknowledged = {};
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, KilledBackend,
    ::testing::Values(Case{BackendKind::rocksdb, Durability::process}, Case{BackendKind::rocksdb, Durability::disk},
                      Case{BackendKind::sled, Durability::process}, Case{BackendKind::sled, Durability::disk}),
    [](const auto& one) {
      return std::string(backend_name(one.param.kind)) + (one.param.durability == Durability::disk ? "_disk" : "_process");
    });

}  // namespace
}  // namespace airssys::wasm::testing
