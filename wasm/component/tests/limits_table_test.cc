#include <gtest/gtest.h>

#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view head =
    "[package]\nname = \"app\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[resources]\nmax_memory = \"4MiB\"\nmax_stack = \"64KiB\"\n";  // seven lines

Result<Manifest> read(std::string_view rest) { return parse_manifest(std::string(head) + std::string(rest), "C"); }

TEST(LimitsTable, IsNoneWhenItIsNotThere) { EXPECT_FALSE(read("")->limits); }

TEST(LimitsTable, HasTheDefaultsOfTheSpecification) {
  const auto limits = read("[limits]\n")->limits;
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->calls, (RatePolicy{.per_minute = 1000, .burst = 1000}));
  EXPECT_EQ(limits->network_bytes_per_day, 1u << 30);
  EXPECT_EQ(limits->network_requests_per_minute, 1000u);
}

TEST(LimitsTable, ReadsEveryKeyAlsoUnderItsOldName) {
  for (const std::string table : {"limits", "quota"}) {
    const auto manifest =
        read("[" + table + "]\ncalls_per_minute = 60\nburst = 5\nnetwork_bytes_per_day = 7\nnetwork_requests_per_minute = 8\n");
    ASSERT_TRUE(manifest) << manifest.error().message();
    EXPECT_EQ(manifest->limits->calls, (RatePolicy{.per_minute = 60, .burst = 5}));
    EXPECT_EQ(manifest->limits->network_bytes_per_day, 7u);
    EXPECT_EQ(manifest->limits->network_requests_per_minute, 8u);
    EXPECT_EQ(manifest->warnings.empty(), table == "limits");
  }
}

TEST(LimitsTable, SaysWhereItIsWrongAndWhatToWrite) {
  EXPECT_EQ(read("[limits]\ncalls_per_minute = 0\n").error().message(),
            "C:9:20: 'calls_per_minute' is 0, must be 1 to 60000000000; write calls_per_minute = 1000");
  EXPECT_EQ(read("[limits]\nbrust = 1\n").error().message(), "C:9:1: unknown key 'brust' in [limits]; did you mean 'burst'?");
}

}  // namespace
}  // namespace airssys::wasm
