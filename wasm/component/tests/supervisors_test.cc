#include "airssys/wasm/component/supervisors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> names(const std::vector<SupervisorConfig>& all) {
  std::vector<std::string> found;
  for (const SupervisorConfig& config : all) found.push_back(config.name);
  return found;
}

std::string refusal(std::vector<SupervisorConfig> all) {
  const auto ordered = order_supervisors(std::move(all));
  return ordered ? "" : ordered.error().message();
}

TEST(Supervisors, AreReadWithEveryKeyAndDefault) {
  const auto read = parse_supervisors(
      "[supervisors.pipeline]\nstrategy = \"one-for-all\"\nmax_restarts = 7\nrestart_window_s = 5\n"
      "[supervisors.parsers]\nparent = \"pipeline\"\nexhausted = \"give-up\"\n",
      "supervisors.toml");
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_THAT(names(*read), ElementsAre("pipeline", "parsers"));
  EXPECT_EQ(read->at(0).parent, "");
  EXPECT_EQ(read->at(0).strategy, RestartStrategy::one_for_all);
  EXPECT_EQ(read->at(0).max_restarts, 7u);
  EXPECT_EQ(read->at(0).restart_window, 5s);
  EXPECT_EQ(read->at(0).exhausted, WhenExhausted::escalate);
  EXPECT_EQ(read->at(1).parent, "pipeline");
  EXPECT_EQ(read->at(1).strategy, RestartStrategy::one_for_one);
  EXPECT_EQ(read->at(1).exhausted, WhenExhausted::give_up);
  EXPECT_EQ(read->at(1).place, "supervisors.toml:5:14");
}

TEST(Supervisors, MistakesAreSaidTogetherWithTheirPlaces) {
  const auto read = parse_supervisors(
      "[supervisors.a]\nstrategy = \"all\"\nmax_restart = 1\n[supervisors.b]\nrestart_window_s = 0\n[supervisor.c]\n", "s.toml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::invalid_configuration);
  EXPECT_THAT(read.error().message(), StartsWith("s.toml:2:"));
  for (const char* part : {"one-for-all", "\ns.toml:3:1: ", "max_restarts", "\ns.toml:5:", "\ns.toml:6:", "supervisors"})
    EXPECT_THAT(read.error().message(), HasSubstr(part));
}

TEST(Supervisors, OfAFolderWithoutTheFileAreNone) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "supervisors_test";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / supervisors_file_name);
  EXPECT_THAT(read_supervisors(folder).value(), IsEmpty());
  std::ofstream(folder / supervisors_file_name) << "[supervisors.a]\n";
  EXPECT_THAT(names(read_supervisors(folder).value()), ElementsAre("a"));
  std::filesystem::remove_all(folder);
}

TEST(SupervisorOrder, PutsParentsBeforeTheirChildren) {
  const auto ordered = order_supervisors({{.name = "leaf", .parent = "middle"},
                                          {.name = "other", .parent = "root"},
                                          {.name = "middle", .parent = "top"},
                                          {.name = "top"}});
  ASSERT_TRUE(ordered) << ordered.error().message();
  EXPECT_THAT(names(*ordered), ElementsAre("top", "middle", "leaf", "other"));
  EXPECT_EQ(ordered->back().parent, "");
}

TEST(SupervisorOrder, RefusesWhatIsNoTree) {
  EXPECT_THAT(refusal({{.name = "a", .parent = "b"}, {.name = "b", .parent = "a"}}), HasSubstr("is below itself"));
  EXPECT_THAT(refusal({{.name = "a", .parent = "a"}}), HasSubstr("is below itself"));
  EXPECT_THAT(refusal({{.name = "pipeline"}, {.name = "a", .parent = "pipelin", .place = "s.toml:3:1"}}),
              StartsWith("s.toml:3:1: supervisor 'a': its parent 'pipelin' is no supervisor; did you mean 'pipeline'?"));
  EXPECT_THAT(refusal({{.name = "a"}, {.name = "a"}}), HasSubstr("there is one of that name already"));
  EXPECT_THAT(refusal({{.name = "root"}}), HasSubstr("the root is there by itself"));
  EXPECT_THAT(refusal({{.name = "No"}}), HasSubstr("the name is wrong"));
  EXPECT_THAT(refusal({{.name = "a", .max_restarts = 1001}}), HasSubstr("at most 1000 restarts"));
}

TEST(SupervisorOrder, BoundsDepthAndNumber) {
  std::vector<SupervisorConfig> chain{{.name = "s1"}};
  while (chain.size() < max_supervisor_depth)
    chain.push_back({.name = fmt::format("s{}", chain.size() + 1), .parent = chain.back().name});
  EXPECT_EQ(refusal(chain), "");
  chain.push_back({.name = "deepest", .parent = chain.back().name});
  EXPECT_THAT(refusal(chain), HasSubstr("supervisor 'deepest': it is more than 16 supervisors below the root"));

  std::vector<SupervisorConfig> many;
  for (std::size_t n = 0; n < max_supervisors; ++n) many.push_back({.name = fmt::format("s{}", n)});
  EXPECT_EQ(refusal(many), "");
  many.push_back({.name = "last"});
  EXPECT_THAT(refusal(many), HasSubstr("there are 1001 supervisors, 1000 are allowed"));
}

}  // namespace
}  // namespace airssys::wasm
