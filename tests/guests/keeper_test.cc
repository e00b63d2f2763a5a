// Components that keep what they are told, hosted: the same one in C++ and in Rust (keeper.cc, rust-keeper), where writes are
// acknowledged at once and where they wait for the disk.
#include <gmock/gmock.h>

#include <tuple>

#include "hosted_guests.h"

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Keepers : public testing::HostedGuests, public ::testing::WithParamInterface<std::tuple<const char*, FlushMode>> {
 protected:
  Keepers() {
    make_host({}, 2, std::get<FlushMode>(GetParam()));
    run_keeper("keeper", "access = \"admin\"\n");
  }
  void run_keeper(const std::string& name, const std::string& storage) {
    run({.name = name,
         .wasm = std::filesystem::path(AIRSSYS_PUPPETS) / fmt::format("keeper-{}.wasm", std::get<0>(GetParam())),
         .resources = "max_fuel_per_execution = 100_000_000\nmax_execution_time_ms = 60000\n",
         .storage = storage});
  }
  std::string ask(std::string_view command, std::string_view name = "keeper") {
    const auto answer = host_->request(name, Bytes::copy_of(command), testing::patience);
    return answer ? std::string(answer->text()) : answer.error().message();
  }
};

TEST_P(Keepers, KeepWhatTheyWereToldUntilItIsDeleted) {
  EXPECT_EQ(ask("get k"), "none");
  EXPECT_EQ(ask("set k a value"), "done");
  EXPECT_EQ(ask("set \xc3\xbc "), "done");
  EXPECT_EQ(ask("get k"), "a value");
  EXPECT_EQ(ask("get \xc3\xbc"), "");
  EXPECT_EQ(ask("has k"), "true");
  EXPECT_EQ(ask("del k"), "true");
  EXPECT_EQ(ask("del k"), "false");
  EXPECT_EQ(ask("has k"), "false");
  EXPECT_EQ(ask("usage"), fmt::format("2 {} 1", report("keeper").storage_limit));
}

TEST_P(Keepers, ListAllPagesInTheOrderOfTheirBytes) {
  std::string batch = "batch set other x", keys, entries;
  for (int n = 0; n < 250; ++n) {
    batch += fmt::format("; set key/{:03} {}", n, n);
    keys += fmt::format("{}key/{:03}", n ? " " : "", n);
    entries += fmt::format("{}key/{:03}={}", n ? " " : "", n, n);
  }
  EXPECT_EQ(ask(batch), "done");  // in three calls
  EXPECT_EQ(ask("keys key/"), keys);
  EXPECT_EQ(ask("scan key/"), entries);
  EXPECT_EQ(ask("keys nothing"), "");
  EXPECT_EQ(ask("page 2 - key/"), "key/000=0 key/001=1 next=key/001");
  EXPECT_EQ(ask("page 2 key/247 key/"), "key/248=248 key/249=249");
  EXPECT_EQ(ask("batch del key/000; set key/001 new; del missing"), "done");
  EXPECT_EQ(ask("page 2 - key/"), "key/001=new key/002=2 next=key/002");
  EXPECT_EQ(ask("clear"), "250");
  EXPECT_EQ(ask("keys "), "");
}

TEST_P(Keepers, KeepTheirCountOverACrash) {
  for (int n = 1; n <= 3; ++n) EXPECT_EQ(ask("add count"), std::to_string(n));
  ask("crash add count");
  EXPECT_EQ(ask("add count"), "5");
  EXPECT_EQ(report("keeper").restarts, 1u);
  EXPECT_EQ(ask("set count text"), "done");
  EXPECT_NE(ask("add count"), "1");  // it is no number any more
}

TEST_P(Keepers, ShareAStoreWhereBothAreGranted) {
  run_keeper("writer", "namespaces = [\"shared:team\"]\n");
  run_keeper("reader", "namespaces = [\"shared:team\"]\naccess = \"read-only\"\n");
  EXPECT_EQ(ask("open shared:team set k of the team", "writer"), "done");
  EXPECT_EQ(ask("open shared:team get k", "reader"), "of the team");
  EXPECT_EQ(ask("open shared:team has k", "reader"), "true");
  EXPECT_EQ(ask("open shared:team scan ", "reader"), "k=of the team");
  EXPECT_EQ(ask("open shared:team page 1 - ", "reader"), "k=of the team");
  EXPECT_EQ(ask("get k", "writer"), "none");
  EXPECT_THAT(ask("open shared:team set k mine", "reader"), StartsWith("permission denied: "));
  EXPECT_THAT(ask("open shared:team get k", "keeper"), StartsWith("permission denied: "));
  EXPECT_EQ(ask("open shared:team add n", "writer"), "1");
  EXPECT_EQ(ask("open shared:team del k", "writer"), "true");
}

TEST_P(Keepers, HoldAsManyStoresAsTheyMayAndGetThemBackAfterACrash) {
  run_keeper("writer", "namespaces = [\"shared:team\"]\n");
  for (int n = 1; n <= 64; ++n) ASSERT_EQ(ask("hold shared:team", "writer"), std::to_string(n));
  EXPECT_THAT(ask("hold shared:team", "writer"), StartsWith("storage unavailable: 64 stores are open"));
  ask("crash", "writer");
  EXPECT_EQ(ask("hold shared:team", "writer"), "1");
}

TEST_P(Keepers, AreToldWhatTheyMayNotDoAndGoOn) {
  run_keeper("small", "max_size = \"1KiB\"\n");
  EXPECT_EQ(ask("flood 20 100", "small"), "9: quota exceeded: 963 of 1024 bytes are used, 107 were asked for");
  EXPECT_THAT(ask("clear", "small"), StartsWith("permission denied: "));
  EXPECT_THAT(ask("set  empty", "small"), StartsWith("invalid key: "));
  EXPECT_THAT(ask("get " + std::string(257, 'k'), "small"), StartsWith("invalid key: "));
  EXPECT_THAT(ask("flood 1 1048577"), HasSubstr("value too large, the limit is 1048576 bytes"));
  EXPECT_EQ(ask("flood 1 1048576"), "done");
  EXPECT_EQ(report("keeper").restarts, 0u);
  EXPECT_EQ(report("small").restarts, 0u);
}

TEST_P(Keepers, MayKeepNothingWithoutTheCapability) {
  run_keeper("stranger", "");
  EXPECT_THAT(ask("set k v", "stranger"), StartsWith("permission denied: "));
  EXPECT_THAT(ask("get k", "stranger"), StartsWith("permission denied: "));
}

INSTANTIATE_TEST_SUITE_P(
    Sdk, Keepers, ::testing::Combine(::testing::Values("cpp", "rust"), ::testing::Values(FlushMode::interval, FlushMode::always)),
    [](const auto& of) {
      return std::string(std::get<0>(of.param)) + (std::get<1>(of.param) == FlushMode::always ? "_always" : "_interval");
    });

}  // namespace
}  // namespace airssys::wasm
