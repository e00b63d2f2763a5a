#include "airssys/wasm/security/permission_recorder.h"

#include <gmock/gmock.h>

namespace airssys::wasm {
namespace {

using ::testing::IsEmpty;

TEST(PermissionRecorder, KeepsTheNarrowestGrantOfWhatWasAllowedOnceAndPassesEverythingOn) {
  struct Counting final : AuditSink {
    int told = 0;
    AuditStatus record(const AuditEvent&) noexcept override {
      ++told;
      return AuditStatus::full;
    }
  } next;
  PermissionRecorder recorder(next);
  const auto tell = [&](std::string_view action, std::string_view resource, AuditDecision decision = AuditDecision::allow) {
    EXPECT_EQ(recorder.record({.component = "default/a/main",
                               .action = action,
                               .resource = resource,
                               .decision = decision,
                               .rule = "development mode: not granted"}),
              AuditStatus::full);
  };
  tell("filesystem.read", "/srv/a");
  tell("filesystem.read", "/srv/a");
  tell("filesystem.write", "/srv/a[1]");
  tell("messaging.send", "default/indexer/main");
  tell("filesystem.read", "/etc/shadow", AuditDecision::deny);
  tell("trust.approve", "x");
  tell("filesystem.read", "relative");
  EXPECT_EQ(next.told, 7);
  const auto recorded = recorder.recorded();
  ASSERT_EQ(recorded.size(), 1u);
  EXPECT_EQ(recorded.at("default/a/main").left_out, 1u);
  EXPECT_EQ(capabilities_toml(recorded.at("default/a/main").needed),
            "[capabilities.filesystem]\nread = [\"/srv/a\"]\nwrite = [\"/srv/a\\\\[1\\\\]\"]\n"
            "[capabilities.messaging]\nsend = [\"default/indexer/main\"]\n");
}

TEST(CapabilitiesToml, SaysNothingOfNothingAndAllOfTheRest) {
  EXPECT_THAT(capabilities_toml({}), IsEmpty());
  CapabilitySet set;
  for (const auto& [action, pattern] :
       std::initializer_list<std::pair<Action, std::string_view>>{{Action::network_outbound, "example.org:443"},
                                                                  {Action::network_dns_lookup, "example.org"},
                                                                  {Action::storage_read, "shared:a"},
                                                                  {Action::storage_write, "shared:a"},
                                                                  {Action::process_spawn, "/usr/bin/git"},
                                                                  {Action::messaging_publish, "a.b"},
                                                                  {Action::host_call, "greet"}})
    EXPECT_TRUE(set.grant(*Capability::parse(action, pattern)));
  EXPECT_EQ(capabilities_toml(set),
            "[capabilities.network]\noutbound = [\"example.org:443\"]\ndns_lookup = true\n"
            "[capabilities.storage]\nnamespaces = [\"shared:a\"]\naccess = \"read-write\"\n"
            "[capabilities.messaging]\npublish = [\"a.b\"]\n"
            "[capabilities.process]\nspawn = [\"/usr/bin/git\"]\n"
            "# calls greet, a function of the program around the host, which has to name this component\n");
}

}  // namespace
}  // namespace airssys::wasm
