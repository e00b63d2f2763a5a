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
using ::testing::Not;
using testing::World;
using Json = nlohmann::json;
namespace fs = std::filesystem;

// A home with a log of three decisions.
class Audit : public ::testing::Test {
 protected:
  Audit() {
    home_ = fs::path(::testing::TempDir()) /
            (std::string("cli_audit_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(home_);
    fs::create_directories(home_);
    world_.environment["AIRSSYS_WASM_HOME"] = home_.string();
  }
  ~Audit() override { fs::remove_all(home_); }
  void write() {
    const auto platform = real_platform();
    const auto log = wasm::AuditLog::open(home_ / "audit", {}, *platform, null_log());
    ASSERT_TRUE(log) << log.error().message();
    for (const char* const name : {"reader", "writer"}) {
      const std::string component = std::string("default/") + name + "/main";
      ASSERT_EQ((*log)->record({.component = component,
                                .action = "filesystem.read",
                                .resource = "/data/\x1b[31m",
                                .decision = wasm::AuditDecision::allow,
                                .rule = "/data/*"}),
                wasm::AuditStatus::recorded);
    }
    ASSERT_EQ((*log)->record({.component = "default/reader/main",
                              .action = "network.outbound",
                              .resource = "example.com:443",
                              .decision = wasm::AuditDecision::deny,
                              .rule = "not granted",
                              .place = "Component.toml:9:1",
                              .session = 0xabc,
                              .number = 1}),
              wasm::AuditStatus::recorded);
    ASSERT_TRUE((*log)->close());
  }
  [[nodiscard]] fs::path file() const { return home_ / "audit" / "audit-1.jsonl"; }
  void replace(const std::string& what, const std::string& with) const {
    std::string text;
    std::getline(std::ifstream(file(), std::ios::binary), text, '\0');
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos);
    std::ofstream(file(), std::ios::binary) << text.replace(at, what.size(), with);
  }
  [[nodiscard]] Json json() const { return Json::parse(world_.out()); }

  fs::path home_;
  World world_;
};

TEST_F(Audit, VerifySaysThatALogIsIntact) {
  write();
  EXPECT_EQ(world_.run({"audit", "verify"}), 0);
  EXPECT_THAT(world_.out(),
              AllOf(HasSubstr("audit: intact\n"), HasSubstr("1 file, 6 lines, 3 decisions; it ends with number 6")));
}

TEST_F(Audit, VerifySaysWhichLineWasChangedAndEndsWithSeven) {
  write();
  replace("network.outbound", "network.inbound");
  EXPECT_EQ(world_.run({"audit", "verify"}), 7);
  EXPECT_THAT(world_.out(),
              AllOf(HasSubstr("not as it was written"), HasSubstr("audit-1.jsonl:5: changed: number 5 was changed")));
}

TEST_F(Audit, VerifyHasADocument) {
  write();
  EXPECT_EQ(world_.run({"audit", "verify", "--json"}), 0);
  EXPECT_EQ(json()["intact"], true);
  EXPECT_EQ(json()["logs"][0]["decisions"], 3);
  EXPECT_EQ(json()["logs"][0]["closed"], true);
  replace("network.outbound", "network.inbound");
  world_.console.out_text.clear();
  EXPECT_EQ(world_.run({"audit", "verify", file().string(), "--json"}), 7);
  EXPECT_EQ(json()["intact"], false);
  EXPECT_EQ(json()["logs"][0]["problems"][0]["kind"], "changed");
  EXPECT_EQ(json()["logs"][0]["problems"][0]["line"], 5);
}

TEST_F(Audit, SaysWhenThereIsNoLog) {
  EXPECT_EQ(world_.run({"audit", "verify"}), 1);
  EXPECT_THAT(world_.err(), HasSubstr("there is no audit log yet; `airssys-wasm run` begins one"));
  EXPECT_EQ(world_.run({"audit", "show", (home_ / "nothing").string()}), 1);
}

TEST_F(Audit, ShowListsDecisionsSoThatTheySteerNoTerminal) {
  write();
  EXPECT_EQ(world_.run({"audit", "show"}), 0);
  EXPECT_THAT(world_.out(), AllOf(HasSubstr("allow  default/reader/main  filesystem.read  /data/\\x1b[31m  (/data/*)\n"),
                                  HasSubstr("deny   default/reader/main  network.outbound  example.com:443  (not granted)  "
                                            "Component.toml:9:1  00000abc-1\n")));
}

TEST_F(Audit, ShowListsOnlyWhatIsAskedFor) {
  write();
  const auto shown = [&](std::vector<std::string> filters) {
    world_.console.out_text.clear();
    filters.insert(filters.begin(), {"audit", "show", "--json"});
    EXPECT_EQ(world_.run(filters), 0);
    return json()["matching"].get<int>();
  };
  EXPECT_EQ(shown({"--component", "reader"}), 2);
  EXPECT_EQ(shown({"--component", "default/writer/main"}), 1);
  EXPECT_EQ(shown({"--component", "read"}), 0);
  EXPECT_EQ(shown({"--action", "filesystem"}), 2);
  EXPECT_EQ(shown({"--action", "file"}), 0);
  EXPECT_EQ(shown({"--decision", "deny"}), 1);
  EXPECT_EQ(shown({"--containing", "granted"}), 1);
  EXPECT_EQ(shown({"--since", "2020-01-01T00:00:00Z", "--component", "reader"}), 2);
  EXPECT_EQ(shown({"--until", "2020-01-01T00:00:00.5Z"}), 0);
  EXPECT_EQ(shown({"--last", "1"}), 6);
  EXPECT_EQ(json()["lines"].size(), 1u);
  EXPECT_EQ(shown({"--decision", "deny"}), 1);
  EXPECT_EQ(json()["lines"][0]["number"], 1);
  EXPECT_EQ(json()["lines"][0]["place"], "Component.toml:9:1");
}

TEST_F(Audit, ShowRefusesFiltersThatMeanNothing) {
  EXPECT_EQ(world_.run({"audit", "show", "--decision", "perhaps"}), 2);
  EXPECT_THAT(world_.err(), HasSubstr("--decision 'perhaps' is neither allow nor deny"));
  EXPECT_EQ(world_.run({"audit", "show", "--since", "yesterday"}), 2);
  EXPECT_THAT(world_.err(), HasSubstr("--since 'yesterday' is no time; write 10m"));
  EXPECT_EQ(world_.run({"audit", "show", "--last", "0"}), 2);
}

}  // namespace
}  // namespace airssys::cli
