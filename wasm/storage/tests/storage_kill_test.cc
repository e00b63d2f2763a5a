// A host whose components write is killed at any moment: what was acknowledged is there, and counted right. AIRSSYS_SEEDS=200
// kills 200 times.
#include <random>

#include "airssys/rt/testing/seeds.h"
#include "backend_suite.h"
#include "child_process.h"
#include "counted_entries.h"

namespace airssys::wasm::testing {
namespace {

struct KilledCase {
  BackendKind kind;
  FlushMode flush;
};

class KilledStorage : public ::testing::TestWithParam<KilledCase> {};

TEST_P(KilledStorage, HasWhatWasAcknowledgedAndCountsIt) {
  const auto& [kind, flush] = GetParam();
  const StoreFolder folder;
  const auto platform = real_platform();
  std::array<std::uint64_t, counting_writers> acknowledged{};
  for (const std::uint64_t seed : rt::testing::seeds(3)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    ASSERT_NO_FATAL_FAILURE(
        kill_writer({"components", std::string(backend_name(kind)), folder.store(), std::string(flush_mode_name(flush))},
                    random() % 2000, acknowledged));

    const auto storage = Storage::open(
        {.backend = {.kind = kind, .directory = folder.store()}, .flush = FlushMode::manual, .check_interval = Duration::zero()},
        *platform, null_log());
    ASSERT_TRUE(storage) << storage.error().message();
    for (unsigned writer = 0; writer < counting_writers; ++writer)
      EXPECT_EQ(counted_mistake((*storage)->own_store(writer_address(writer), std::nullopt, true), acknowledged.at(writer)), "");
    const auto found = scan_usage((*storage)->backend());
    ASSERT_TRUE(found) << found.error().message();
    for (const AccountReport& account : (*storage)->report().accounts)
      EXPECT_EQ(account.used, found->contains(account.id) ? found->at(account.id) : AccountUsage{}) << account.id.text();
  }
}

INSTANTIATE_TEST_SUITE_P(All, KilledStorage,
                         ::testing::Values(KilledCase{BackendKind::rocksdb, FlushMode::interval},
                                           KilledCase{BackendKind::rocksdb, FlushMode::always},
                                           KilledCase{BackendKind::sled, FlushMode::always}),
                         [](const auto& one) {
                           return std::string(backend_name(one.param.kind)) + "_" + std::string(flush_mode_name(one.param.flush));
                         });

}  // namespace
}  // namespace airssys::wasm::testing
