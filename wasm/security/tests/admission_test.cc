#include "airssys/wasm/security/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "airssys/base/sim_platform.h"
#include "airssys/wasm/core/rfc3339.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ScratchFolder;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr std::string_view beginning =
    "[package]\nname = \"echo\"\nversion = \"1.2.3\"\nauthors = [\"A\"]\n[resources]\nmax_memory = \"1MiB\"\nmax_stack = "
    "\"64KiB\"\n";
constexpr std::string_view asks_for_all = "[capabilities.messaging]\nsend = [\"*\"]\n";
constexpr std::string_view harmless = "[capabilities.messaging]\nsend = [\"indexer\"]\n";

struct Line {
  std::string component, action, resource, rule;
  AuditDecision decision;
};

class MemoryAudit final : public AuditSink {
 public:
  AuditStatus record(const AuditEvent& event) noexcept override {
    if (status == AuditStatus::recorded)
      lines.push_back({std::string(event.component), std::string(event.action), std::string(event.resource),
                       std::string(event.rule), event.decision});
    return status;
  }
  std::vector<Line> lines;
  AuditStatus status = AuditStatus::recorded;
};

class TrustAdmissionTest : public ::testing::Test {
 protected:
  Manifest manifest(std::string_view capabilities, bool is_signed = false) {
    std::string text = std::string(beginning) + std::string(capabilities);
    if (is_signed) {
      const auto signature = sign(author_, *parse_manifest(text, "C"), component_, platform_.wall_now());
      text = *with_signature(text, "C", signature);
    }
    auto parsed = parse_manifest(text, "C");
    EXPECT_TRUE(parsed) << parsed.error().message();
    return *std::move(parsed);
  }
  void trust(std::string_view text) { (void)folder_.write("trust-config.toml", "[trust]\n" + std::string(text)); }
  void trust_author() {
    trust("[[trust.sources]]\ntype = \"signature\"\npublic_key = \"" + author_.public_key().text() +
          "\"\ndescription = \"mine\"\n");
  }
  Result<Admission> admit(const Manifest& manifest, ComponentOrigin origin = {.place = "/opt/echo"}) {
    auto policy =
        TrustAdmission::open({folder_.path() / "trust-config.toml", folder_.path() / "approvals"}, forbidden_, platform_, audit_);
    if (!policy) return std::unexpected(policy.error());
    return (*policy)->admit({.manifest = manifest, .component = component_, .origin = std::move(origin)});
  }
  Error refusal(const Manifest& manifest, ComponentOrigin origin = {.place = "/opt/echo"}) {
    const auto answer = admit(manifest, std::move(origin));
    return answer ? Error(Code::internal, "was admitted: " + answer->rule) : answer.error();
  }
  [[nodiscard]] Approvals approvals() const { return Approvals(folder_.path() / "approvals"); }
  void decide(std::string_view id, ApprovalState state, const CapabilitySet* granted = nullptr) {
    auto record = approvals().find(id);
    ASSERT_TRUE(record) << record.error().message();
    record->state = state;
    record->granted =
        state == ApprovalState::approved ? (granted != nullptr ? *granted : record->request.requested) : CapabilitySet();
    record->decided_at = "2026-01-31T12:00:00Z";
    ASSERT_TRUE(approvals().save(*record));
  }

  ScratchFolder folder_;
  SimPlatform platform_{1};
  MemoryAudit audit_;
  ForbiddenList forbidden_;
  Keypair author_ = *Keypair::generate();
  Digest component_ = Digest::of(std::as_bytes(std::span("component")));
};

TEST_F(TrustAdmissionTest, LetsPassWhatReachesNothingOutside) {
  const auto answer = admit(manifest(harmless));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->trust, TrustLevel::approved);
  EXPECT_EQ(answer->rule, "needs no approval");
  EXPECT_TRUE(answer->granted.has(Action::messaging_send, "indexer"));
  ASSERT_EQ(audit_.lines.size(), 1u);
  EXPECT_EQ(audit_.lines[0].component, "default/echo/main");
  EXPECT_EQ(audit_.lines[0].action, "trust.admit");
  EXPECT_EQ(audit_.lines[0].resource, "1.2.3 " + component_.text());
  EXPECT_EQ(audit_.lines[0].decision, AuditDecision::allow);
}

TEST_F(TrustAdmissionTest, AsksOnceAndTakesTheAnswerLater) {
  const Error asked = refusal(manifest(asks_for_all));
  EXPECT_EQ(asked.code(), Code::approval_needed);
  const std::string id(asked.field("request"));
  EXPECT_EQ(asked.message(),
            "echo: asks for what nobody has decided about: messaging.send *, messaging.request *; see 'airssys-wasm approvals " +
                id + "', then 'airssys-wasm approve " + id + "' or 'airssys-wasm deny " + id + "'");
  EXPECT_EQ(refusal(manifest(asks_for_all)).field("request"), id) << "the same question";
  EXPECT_EQ(approvals().find(id)->state, ApprovalState::pending);
  EXPECT_EQ(audit_.lines.back().decision, AuditDecision::deny);
  decide(id, ApprovalState::approved);
  const auto answer = admit(manifest(asks_for_all));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->trust, TrustLevel::approved);
  EXPECT_EQ(answer->approval, id);
  decide(id, ApprovalState::denied);
  EXPECT_EQ(refusal(manifest(asks_for_all)).code(), Code::policy_violation);
}

TEST_F(TrustAdmissionTest, GrantsWhatWasNarrowed) {
  const std::string id(refusal(manifest(asks_for_all)).field("request"));
  CapabilitySet less;
  ASSERT_TRUE(less.grant(*Capability::parse(Action::messaging_send, "indexer")));
  decide(id, ApprovalState::approved, &less);
  EXPECT_THAT(admit(manifest(asks_for_all))->granted.texts(), ElementsAre("messaging.send indexer"));
}

TEST_F(TrustAdmissionTest, AsksAgainWhenTheSetWidensOrTheAuthorChanges) {
  decide(refusal(manifest("[capabilities.messaging]\nsend = [\"a-*\"]\n", true)).field("request"), ApprovalState::approved);
  EXPECT_TRUE(admit(manifest("[capabilities.messaging]\nsend = [\"a-*\"]\n", true)));
  EXPECT_TRUE(admit(manifest("[capabilities.messaging]\nsend = [\"a-b*\"]\n", true))) << "less of the same author";
  EXPECT_EQ(refusal(manifest(asks_for_all, true)).code(), Code::approval_needed);
  EXPECT_EQ(refusal(manifest("[capabilities.messaging]\nsend = [\"a-*\"]\n", false)).code(), Code::approval_needed);
  author_ = *Keypair::generate();
  EXPECT_EQ(refusal(manifest("[capabilities.messaging]\nsend = [\"a-*\"]\n", true)).code(), Code::approval_needed);
}

// An unsigned component has no author, so an approval is of that file alone.
TEST_F(TrustAdmissionTest, AsksAgainWhenAnUnsignedComponentChanges) {
  decide(refusal(manifest(asks_for_all)).field("request"), ApprovalState::approved);
  EXPECT_TRUE(admit(manifest(asks_for_all)));
  component_ = Digest::of({});
  EXPECT_EQ(refusal(manifest(asks_for_all)).code(), Code::approval_needed);
}

TEST_F(TrustAdmissionTest, TrustsSourcesByTheFirstThatMatches) {
  trust_author();
  const auto answer = admit(manifest(asks_for_all, true));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->trust, TrustLevel::trusted);
  EXPECT_THAT(answer->rule, ::testing::AllOf(StartsWith("signature source "), HasSubstr("trust-config.toml:2:1: mine")));
  EXPECT_EQ(refusal(manifest(asks_for_all, false)).code(), Code::approval_needed) << "needs the signature";
  trust("[[trust.sources]]\ntype = \"local\"\npath = \"/opt/*\"\ndescription = \"a\"\n");
  EXPECT_EQ(admit(manifest(asks_for_all))->trust, TrustLevel::trusted);
  EXPECT_EQ(refusal(manifest(asks_for_all), {.place = "/opt/a/b"}).code(), Code::approval_needed);
  trust("[[trust.sources]]\ntype = \"local\"\npath = \"/opt/*\"\ndescription = \"a\"\nauto_approve = false\n");
  EXPECT_EQ(refusal(manifest(asks_for_all)).code(), Code::approval_needed);
  trust("[[trust.sources]]\ntype = \"git\"\nurl = \"git@h.example:t/*\"\nbranch = \"main\"\ndescription = \"a\"\n");
  const ComponentOrigin git{.kind = ComponentOrigin::Kind::git, .place = "ssh://git@h.example/t/x.git", .branch = "main"};
  EXPECT_EQ(admit(manifest(asks_for_all), git)->trust, TrustLevel::trusted);
  EXPECT_EQ(refusal(manifest(asks_for_all), {.kind = git.kind, .place = git.place, .branch = "dev"}).code(),
            Code::approval_needed);
}

TEST_F(TrustAdmissionTest, RefusesASignatureThatDoesNotHoldWhoeverIsTrusted) {
  trust_author();
  const Manifest good = manifest(asks_for_all, true);
  component_ = Digest::of({});
  EXPECT_EQ(refusal(good).code(), Code::hash_mismatch);
  trust("[[trust.sources]]\ntype = \"local\"\npath = \"/**\"\ndescription = \"a\"\n");
  EXPECT_EQ(refusal(good).code(), Code::hash_mismatch);
}

TEST_F(TrustAdmissionTest, RefusesARevokedKeyInDevelopmentModeToo) {
  trust("dev_mode = true\n[[trust.revoked]]\npublic_key = \"" + author_.public_key().text() + "\"\nreason = \"lost\"\n");
  const Manifest good = manifest(harmless, true);
  EXPECT_EQ(refusal(good).code(), Code::policy_violation);
  component_ = Digest::of({});
  EXPECT_EQ(refusal(good).code(), Code::policy_violation) << "the order of the checks of a signature does not matter";
  EXPECT_EQ(admit(manifest(asks_for_all))->trust, TrustLevel::development);
}

TEST_F(TrustAdmissionTest, IsInDevelopmentModeWhenItIsOpenedSoWhateverTheFileSays) {
  for (const bool on : {true, false}) {
    trust(on ? "dev_mode = false\n" : "dev_mode = true\n");
    auto policy = TrustAdmission::open(
        {.trust_config = folder_.path() / "trust-config.toml", .approvals = folder_.path() / "approvals", .development_mode = on},
        forbidden_, platform_, audit_);
    ASSERT_TRUE(policy);
    const Manifest asking = manifest(asks_for_all);
    const auto answer = (*policy)->admit({.manifest = asking, .component = component_, .origin = {.place = "/opt/echo"}});
    EXPECT_EQ(answer.has_value(), on);
    EXPECT_EQ((*policy)->config().dev_mode, on);
  }
}

TEST_F(TrustAdmissionTest, TrustsWhomTheUserAddedOnceItHasReadTheFileAgain) {
  trust("dev_mode = false\n");
  auto policy =
      TrustAdmission::open({folder_.path() / "trust-config.toml", folder_.path() / "approvals"}, forbidden_, platform_, audit_);
  ASSERT_TRUE(policy);
  const Manifest asking = manifest(asks_for_all);
  const auto admit_it = [&] {
    return (*policy)->admit({.manifest = asking, .component = component_, .origin = {.place = "/opt/echo"}});
  };
  EXPECT_FALSE(admit_it());
  trust("dev_mode = true\n[[trust.sources]]\ntype = \"local\"\npath = \"/opt/echo\"\ndescription = \"mine\"\n");
  EXPECT_FALSE(admit_it());
  ASSERT_TRUE((*policy)->reread());
  EXPECT_FALSE((*policy)->config().dev_mode) << "who runs the host was told that it is none";
  EXPECT_EQ(admit_it()->trust, TrustLevel::trusted);
  trust("dev_mode = 3\n");
  EXPECT_EQ((*policy)->reread().error().code(), Code::invalid_configuration);
  EXPECT_EQ(admit_it()->trust, TrustLevel::trusted);
}

TEST_F(TrustAdmissionTest, GrantsNobodyWhatIsForbidden) {
  ASSERT_TRUE(forbidden_.add(*Capability::parse(Action::filesystem_read, "/etc/shadow", "forbidden-capabilities.toml:1:1")));
  trust("dev_mode = true\n");
  const Error refused = refusal(manifest("[capabilities.filesystem]\nread = [\"/etc/shadow\", \"/srv/a\"]\n"));
  EXPECT_EQ(refused.code(), Code::forbidden);
  EXPECT_THAT(refused.message(), HasSubstr("C:9:9: filesystem.read /etc/shadow (forbidden: forbidden-capabilities.toml:1:1: "
                                           "filesystem.read /etc/shadow)"));
  EXPECT_EQ(audit_.lines.back().decision, AuditDecision::deny);
  EXPECT_TRUE(admit(manifest("[capabilities.filesystem]\nread = [\"/etc/**\"]\n")))
      << "what only overlaps stays carved out by the gate";
}

TEST_F(TrustAdmissionTest, LeavesOutOptionalCapabilitiesThatAreForbidden) {
  ASSERT_TRUE(forbidden_.add(*Capability::parse(Action::filesystem_read, "/etc/shadow")));
  const auto answer =
      admit(manifest(std::string(harmless) + "[[capabilities.optional]]\n[capabilities.optional.filesystem]\nread = "
                                             "[\"/etc/shadow\"]\n"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_FALSE(answer->granted.has(Action::filesystem_read, "/etc/shadow"));
}

TEST_F(TrustAdmissionTest, AsksForFilesNetworkProgramsAndCustomCapabilities) {
  for (const std::string_view capabilities :
       {"[capabilities.filesystem]\nread = [\"/srv/photos/*\"]\n",
        "[capabilities.network]\noutbound = [\"api.example.org:443\"]\n", "[capabilities.process]\nspawn = [\"sh\"]\n",
        "[[capabilities.custom]]\nname = \"gpu\"\nvalue = \"1\"\n", "[capabilities.storage]\nnamespaces = [\"shared:a\"]\n"})
    EXPECT_EQ(refusal(manifest(capabilities)).code(), Code::approval_needed) << capabilities;
  EXPECT_TRUE(admit(manifest("[capabilities.storage]\nnamespaces = [\"echo:a\"]\n")));
}

TEST_F(TrustAdmissionTest, GrantsAProgramByItsRealPath) {
  decide(refusal(manifest("[capabilities.process]\nspawn = [\"sh\"]\n")).field("request"), ApprovalState::approved);
  const auto answer = admit(manifest("[capabilities.process]\nspawn = [\"sh\"]\n"));
  ASSERT_TRUE(answer) << answer.error().message();
  const std::string real = fs::canonical("/bin/sh").native();
  EXPECT_NE(answer->granted.find(Action::process_spawn, real), nullptr) << real;
  EXPECT_EQ(answer->granted.find(Action::process_spawn, "/opt/evil/sh"), nullptr);
}

TEST_F(TrustAdmissionTest, DoesWithTheUnknownAsTheUserSays) {
  trust("default_mode = \"deny\"\n");
  EXPECT_EQ(refusal(manifest(harmless)).code(), Code::policy_violation);
  trust("default_mode = \"allow\"\n");
  EXPECT_EQ(admit(manifest(asks_for_all))->trust, TrustLevel::unknown);
  trust("default_mode = \"maybe\"\n");
  EXPECT_EQ(refusal(manifest(harmless)).code(), Code::invalid_configuration);
}

TEST_F(TrustAdmissionTest, RefusesWhatItCannotRecord) {
  audit_.status = AuditStatus::full;
  const Error refused = refusal(manifest(harmless));
  EXPECT_EQ(refused.code(), Code::unavailable);
  EXPECT_THAT(refused.message(), HasSubstr("the audit log is full"));
}

}  // namespace
}  // namespace airssys::wasm
