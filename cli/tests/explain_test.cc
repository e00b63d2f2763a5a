#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/security/audit_log.h"
#include "fakes.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::World;
using Json = nlohmann::json;
namespace fs = std::filesystem;

class Explain : public ::testing::Test {
 protected:
  Explain() {
    home_ = fs::path(::testing::TempDir()) /
            (std::string("cli_explain_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(home_);
    fs::create_directories(home_);
    world_.environment["AIRSSYS_WASM_HOME"] = home_.string();
  }
  ~Explain() override { fs::remove_all(home_); }
  void record(const std::vector<wasm::AuditEvent>& events) {
    const auto platform = real_platform();
    const auto log = wasm::AuditLog::open(home_ / "audit", {}, *platform, null_log());
    ASSERT_TRUE(log) << log.error().message();
    for (const wasm::AuditEvent& event : events) ASSERT_EQ((*log)->record(event), wasm::AuditStatus::recorded);
    ASSERT_TRUE((*log)->close());
  }
  static wasm::AuditEvent denial(std::string_view action, std::string_view resource, std::string_view rule,
                                 std::uint64_t number) {
    return {.component = "default/reader/main",
            .action = action,
            .resource = resource,
            .decision = wasm::AuditDecision::deny,
            .rule = rule,
            .place = "Component.toml:12:9",
            .session = 0x5e1f00a2,
            .number = number};
  }
  static wasm::AuditEvent allowed(std::string_view action, std::string_view resource) {
    return {.component = "default/reader/main",
            .action = action,
            .resource = resource,
            .decision = wasm::AuditDecision::allow,
            .rule = "as before"};
  }
  std::string manifest(std::string_view capabilities) {
    fs::create_directories(home_ / "reader");
    std::ofstream(home_ / "reader" / "Component.toml") << "[package]\nname = \"reader\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
                                                          "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n"
                                                       << capabilities;
    return (home_ / "reader").string();
  }

  fs::path home_;
  World world_;
};

TEST_F(Explain, ADenialNamesTheNearestRuleItsPlaceAndTheSmallestGrant) {
  record({denial("filesystem.read", "/srv/photos/cat.png", "not granted; nearest: filesystem.read /srv/photo/**", 3)});
  EXPECT_EQ(world_.run({"why-denied", "5e1f00a2-3"}), 0) << world_.err();
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("default/reader/main was denied filesystem.read on /srv/photos/cat.png\n"),
                                  HasSubstr("rule  not granted; nearest: filesystem.read /srv/photo/**  (Component.toml:12:9)\n"),
                                  HasSubstr("\n\n    [capabilities.filesystem]\n    read = [\"/srv/photos/cat.png\"]\n")));
}

TEST_F(Explain, ADenialIsFoundByTheNumberOfItsLineToo) {
  record({denial("filesystem.read", "/srv/a", "not granted", 1)});
  EXPECT_EQ(world_.run({"why-denied", "3", "--json"}), 0) << world_.err();  // the log's own lines come first
  const Json json = Json::parse(world_.out());
  EXPECT_EQ(json["action"], "filesystem.read");
  EXPECT_EQ(json["grant"], "[capabilities.filesystem]\nread = [\"/srv/a\"]\n");
}

TEST_F(Explain, WhatNoGrantHelpsAgainstSaysSo) {
  record({denial("filesystem.read", "/etc/shadow", "forbidden: /etc/shadow", 1),
          denial("messaging.send", "default/b/main", "calls_per_minute 1000, burst 1000", 2),
          denial("messaging.receive-from", "default/b/main", "'b' does not receive from this component", 3),
          denial("host.call", "greet", "not granted", 4), denial("filesystem.read", "relative", "not granted", 5)});
  for (const auto& [number, words] :
       std::initializer_list<std::pair<int, std::string>>{{1, "forbids it to every component"},
                                                          {2, "raise [limits] calls_per_minute"},
                                                          {3, "[capabilities.messaging] receive_from of the receiver"},
                                                          {4, "among the function's callers"},
                                                          {5, "nothing could"}}) {
    World world;
    world.environment = world_.environment;
    EXPECT_EQ(world.run({"why-denied", "5e1f00a2-" + std::to_string(number)}), 0);
    EXPECT_THAT(world.out(), HasSubstr(words));
  }
}

TEST_F(Explain, AReferenceToNothingIsAnErrorThatSaysWhereToLook) {
  EXPECT_EQ(world_.run({"why-denied", "5e1f00a2-3"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("there is no audit log yet"));
  record({allowed("filesystem.read", "/srv/a")});
  EXPECT_EQ(world_.run({"why-denied", "5e1f00a2-3"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("`airssys-wasm audit show --decision deny` lists denials"));
  EXPECT_EQ(world_.run({"why-denied", "3"}), 2);
  EXPECT_THAT(world_.err(), HasSubstr("is no denial"));
  EXPECT_EQ(world_.run({"why-denied", "cat"}), 2);
  EXPECT_THAT(world_.err(), HasSubstr("such as 5e1f00a2-3"));
}

TEST_F(Explain, AManifestIsComparedWithWhatWasRecorded) {
  record({allowed("filesystem.read", "/srv/a"), allowed("filesystem.read", "/srv/a"), allowed("filesystem.read", "/srv/b"),
          denial("filesystem.write", "/srv/a", "not granted", 1),
          denial("filesystem.read", "/etc/shadow", "forbidden: /etc/shadow", 2)});
  const std::string folder = manifest("[capabilities.filesystem]\nread = [\"/srv/a\", \"/etc/*\"]\nwrite = [\"/srv/a\"]\n");
  EXPECT_EQ(world_.run({"permissions", "check", folder}), 6) << world_.err();
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("allow -> deny  filesystem.read /srv/b  1 time  (not granted)\n"),
                                  HasSubstr("deny -> allow  filesystem.write /srv/a  1 time  (filesystem.write /srv/a ("),
                                  HasSubstr("reader: 3 decisions as before, 2 things decided otherwise\n")));
}

TEST_F(Explain, AManifestThatTakesNothingAwayPasses) {
  record({allowed("filesystem.read", "/srv/a")});
  EXPECT_EQ(world_.run({"permissions", "check", manifest("[capabilities.filesystem]\nread = [\"/srv/*\"]\n"), "--json"}), 0);
  const Json json = Json::parse(world_.out());
  EXPECT_EQ(json["same"], 1);
  EXPECT_TRUE(json["changes"].empty());
}

}  // namespace
}  // namespace airssys::cli
