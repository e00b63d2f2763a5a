// [health], and the recycling in [deployment].
#include <gtest/gtest.h>

#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view head =
    "[package]\nname = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n";

Result<Manifest> read(std::string_view rest) { return parse_manifest(std::string(head) + std::string(rest), "C"); }
std::string mistake(std::string_view rest) {
  const auto manifest = read(rest);
  return manifest ? "accepted" : manifest.error().message();
}

TEST(HealthTable, IsTheDefaultProfileWhenItIsNotThere) {
  const auto manifest = read("");
  ASSERT_TRUE(manifest) << manifest.error().message();
  ASSERT_TRUE(manifest->health);
  EXPECT_EQ(manifest->health->interval, 30s);
  EXPECT_EQ(manifest->health->timeout, 5s);
  EXPECT_EQ(manifest->health->failures, 3u);
}

TEST(HealthTable, HasTheProfilesOfTheSpecification) {
  const auto critical = read("[health]\nprofile = \"critical\"\n")->health;
  EXPECT_TRUE(critical->interval == 10s && critical->timeout == 2s && critical->failures == 2);
  const auto batch = read("[health]\nprofile = \"batch\"\n")->health;
  EXPECT_TRUE(batch->interval == 300s && batch->timeout == 30s && batch->failures == 5);
  EXPECT_FALSE(read("[health]\nprofile = \"off\"\n")->health);
}

TEST(HealthTable, TakesNumbersInsteadOfThoseOfTheProfile) {
  const auto health = read("[health]\nprofile = \"critical\"\ninterval_s = 20\ntimeout_s = 3\nfailures = 4\n")->health;
  EXPECT_TRUE(health->interval == 20s && health->timeout == 3s && health->failures == 4);
}

TEST(HealthTable, SaysWhereItIsWrongAndWhatToWrite) {
  EXPECT_EQ(mistake("[health]\nprofile = \"none\""),
            "C:9:11: 'profile' is 'none', must be one of default, critical, batch, off; write profile = \"default\"");
  EXPECT_EQ(mistake("[health]\ntimeout_s = 30"),
            "C:9:13: the timeout is 30 s and the interval 30 s; timeout_s must be less than interval_s");
  EXPECT_EQ(mistake("[health]\ninterval_s = 4"),
            "C:9:14: the timeout is 5 s and the interval 4 s; timeout_s must be less than interval_s");
  EXPECT_EQ(mistake("[health]\nprofile = \"off\"\nfailures = 2"),
            "C:10:1: 'failures' has no meaning with profile = \"off\"; remove one of them");
  EXPECT_EQ(mistake("[health]\nfailures = 0"), "C:9:12: 'failures' is 0, must be 1 to 1000; write failures = 3");
}

TEST(Recycling, IsOffUnlessTheManifestSaysWhen) {
  EXPECT_EQ(read("")->deployment.recycle_after_messages, 0u);
  EXPECT_EQ(read("")->deployment.recycle_at_memory, 0u);
  const auto manifest = read("[deployment]\nrecycle_after_messages = 1000\nrecycle_at_memory = \"512KiB\"\n");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->deployment.recycle_after_messages, 1000u);
  EXPECT_EQ(manifest->deployment.recycle_at_memory, 512u * 1024);
}

TEST(Recycling, AtMoreMemoryThanItMayHaveIsAMistake) {
  EXPECT_EQ(mistake("[deployment]\nrecycle_at_memory = \"2MiB\"\n"),
            "C:9:21: 'recycle_at_memory' is 2MiB, must be 1B to 1MiB; write recycle_at_memory = \"512KiB\"");
}

}  // namespace
}  // namespace airssys::wasm
