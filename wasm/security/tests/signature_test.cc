#include "airssys/wasm/security/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "airssys/wasm/core/rfc3339.h"
#include "encoding.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr std::string_view manifest_text = R"([package]
name = "echo"
version = "1.2.3"
authors = ["A"]
[resources]
max_memory = "1MiB"
max_stack = "64KiB"
[capabilities.messaging]
send = ["indexer"]
)";

const WallTime now = *parse_rfc3339("2026-01-31T12:00:00Z");

Manifest manifest(std::string text = std::string(manifest_text)) {
  auto parsed = parse_manifest(text, "C");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return *std::move(parsed);
}

Digest component(std::string_view text = "the component") { return Digest::of(std::as_bytes(std::span(text))); }

// Of RFC 8032 §7.1, test 1.
Keypair author() { return *Keypair::read(fs::path(AIRSSYS_GOLDEN) / "keypair.json"); }

class Signature : public ::testing::Test {
 protected:
  void SetUp() override { ::chmod((fs::path(AIRSSYS_GOLDEN) / "keypair.json").c_str(), 0600); }
};

Code verdict_code(const ManifestSignature& signature, const Manifest& manifest, const Digest& wasm,
                  SignatureRules rules = {.now = now}) {
  const auto verdict = verify(signature, manifest, wasm, rules);
  return verdict.failure ? verdict.failure->code() : Code{};
}

TEST_F(Signature, OfAComponentAndItsManifestHolds) {
  const auto signature = sign(author(), manifest(), component(), now);
  const auto verdict = verify(signature, manifest(), component(), {.now = now});
  EXPECT_FALSE(verdict.failure) << verdict.failure->message();
  EXPECT_EQ(verdict.passed, signature_check_count);
  EXPECT_EQ(verdict.author, author().public_key());
  EXPECT_THAT(verdict.warnings, IsEmpty());
}

TEST_F(Signature, CoversOneLineOfText) {
  const auto signature = sign(author(), manifest(), component(), now);
  EXPECT_EQ(signed_payload(signature),
            "v2|" + component().text() + "|echo|1.2.3|2026-01-31T12:00:00Z|" + manifest().digest.text());
}

TEST_F(Signature, IsThatOfTheGoldenFile) {
  const auto signature = sign(author(), manifest(), component(), now);
  EXPECT_EQ(detached_signature(signature), contents(fs::path(AIRSSYS_GOLDEN) / "signature.json"));
  EXPECT_EQ(*with_signature(manifest_text, "C", signature), contents(fs::path(AIRSSYS_GOLDEN) / "signed.toml"));
}

TEST_F(Signature, IsReadFromTheManifestAndFromBesideTheComponent) {
  const auto signature = sign(author(), manifest(), component(), now);
  const Manifest signed_manifest = manifest(*with_signature(manifest_text, "C", signature));
  ASSERT_TRUE(signed_manifest.signature);
  EXPECT_EQ(verdict_code(*signed_manifest.signature, signed_manifest, component()), Code{});
  const auto beside = parse_detached_signature(detached_signature(signature), "echo.wasm.sig");
  ASSERT_TRUE(beside) << beside.error().message();
  EXPECT_EQ(verdict_code(*beside, manifest(), component()), Code{});
}

// In the order of the checks, so that the first thing that is wrong is what people read.
TEST_F(Signature, FailsAtTheFirstCheckThatIsWrong) {
  const auto good = sign(author(), manifest(), component(), now);
  struct Case {
    SignatureCheck check;
    Code code;
    std::function<void(ManifestSignature&)> change;
  };
  const Case cases[]{
      {SignatureCheck::format, Code::invalid_signature, [](auto& s) { s.author_public_key = "00"; }},
      {SignatureCheck::signature, Code::invalid_signature, [](auto& s) { s.author_public_key = std::string(64, '0'); }},
      {SignatureCheck::format, Code::invalid_signature, [](auto& s) { s.signature.pop_back(); }},
      {SignatureCheck::format, Code::invalid_signature, [](auto& s) { s.payload_version = 3; }},
      {SignatureCheck::format, Code::invalid_signature, [](auto& s) { s.component_name = "echo|1"; }},
      {SignatureCheck::format, Code::invalid_signature, [](auto& s) { s.payload_version = 1; }},
      {SignatureCheck::component_hash, Code::hash_mismatch, [](auto& s) { s.wasm_hash = component("another").text(); }},
      {SignatureCheck::name, Code::name_mismatch, [](auto& s) { s.component_name = "ecco"; }},
      {SignatureCheck::version, Code::version_mismatch, [](auto& s) { s.component_version = "1.2.4"; }},
      {SignatureCheck::manifest_hash, Code::hash_mismatch, [](auto& s) { s.manifest_hash = component().text(); }},
      {SignatureCheck::manifest_hash, Code::hash_mismatch, [](auto& s) { s.manifest_hash.clear(); }},
      {SignatureCheck::timestamp, Code::timestamp_out_of_range, [](auto& s) { s.signed_at = "2026-01-31T12:10:01Z"; }},
      {SignatureCheck::timestamp, Code::timestamp_out_of_range, [](auto& s) { s.signed_at = "yesterday"; }},
      {SignatureCheck::signature, Code::invalid_signature, [](auto& s) { s.signed_at = "2026-01-31T12:00:01Z"; }},
      {SignatureCheck::signature, Code::invalid_signature, [](auto& s) { s.signature[0] = s.signature[0] == '0' ? '1' : '0'; }},
      {SignatureCheck::signature, Code::invalid_signature,
       [](auto& s) { s.author_public_key = Keypair::generate()->public_key().hex(); }},
  };
  for (const Case& one : cases) {
    ManifestSignature signature = good;
    one.change(signature);
    const auto verdict = verify(signature, manifest(), component(), {.now = now});
    ASSERT_TRUE(verdict.failure) << signature_check_name(one.check);
    EXPECT_EQ(static_cast<SignatureCheck>(verdict.passed), one.check) << verdict.failure->message();
    EXPECT_EQ(verdict.failure->code(), one.code) << verdict.failure->message();
    EXPECT_THAT(verdict.failure->message(), HasSubstr("; ")) << "says what to do";
  }
}

TEST_F(Signature, IsVoidWhenTheManifestIsWidenedOrTheComponentReplaced) {
  const auto signature = sign(author(), manifest(), component(), now);
  std::string wider(manifest_text);
  wider.replace(wider.find("\"indexer\""), 9, "\"*\"");
  EXPECT_EQ(verdict_code(signature, manifest(wider), component()), Code::hash_mismatch);
  EXPECT_EQ(verdict_code(signature, manifest(), component("evil")), Code::hash_mismatch);
  EXPECT_EQ(verdict_code(signature, manifest("# a comment\n" + std::string(manifest_text)), component()), Code{});
}

TEST_F(Signature, OfTheFirstVersionIsTakenOnlyWhereTheUserSaysSo) {
  auto signature = sign(author(), manifest(), component(), now);
  signature.payload_version = 1;
  signature.manifest_hash.clear();
  EXPECT_EQ(signed_payload(signature), component().text() + "|echo|1.2.3|2026-01-31T12:00:00Z");
  const std::string payload = signed_payload(signature);
  signature.signature = to_hex(author().sign(std::as_bytes(std::span(payload))));
  EXPECT_EQ(verdict_code(signature, manifest(), component()), Code::invalid_signature);
  EXPECT_EQ(verdict_code(signature, manifest(), component(), {.now = now, .allow_version_1 = true}), Code{});
}

TEST_F(Signature, OfARevokedKeyIsRefusedWithTheReason) {
  const auto signature = sign(author(), manifest(), component(), now);
  const RevokedKey revoked[]{{author().public_key(), "lost laptop", "trust-config.toml:9:1"}};
  const auto verdict = verify(signature, manifest(), component(), {.now = now, .revoked = revoked});
  ASSERT_TRUE(verdict.failure);
  EXPECT_EQ(verdict.failure->code(), Code::policy_violation);
  EXPECT_EQ(static_cast<SignatureCheck>(verdict.passed), SignatureCheck::revocation);
  EXPECT_THAT(verdict.failure->message(), HasSubstr("is revoked at trust-config.toml:9:1: lost laptop"));
}

TEST_F(Signature, OlderThanFiveYearsIsSaid) {
  const auto signature = sign(author(), manifest(), component(), *parse_rfc3339("2020-12-31T00:00:00Z"));
  const auto verdict = verify(signature, manifest(), component(), {.now = now});
  EXPECT_FALSE(verdict.failure);
  EXPECT_THAT(verdict.warnings, ElementsAre(HasSubstr("signed at 2020-12-31T00:00:00Z, more than five years ago")));
}

TEST(DetachedSignature, ThatIsWrongIsRefusedWithTheFileAndWhatToDo) {
  const std::string good = contents(fs::path(AIRSSYS_GOLDEN) / "signature.json");
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) {
    const auto refused = parse_detached_signature(good.substr(0, cut), "F");
    if (good.substr(0, cut).find_last_of('}') == good.size() - 2) continue;
    ASSERT_FALSE(refused) << cut;
    EXPECT_EQ(refused.error().code(), Code::invalid_signature);
    EXPECT_THAT(refused.error().message(), ::testing::AllOf(::testing::StartsWith("F: "), HasSubstr("sign --detached")));
  }
  for (const std::string_view text : {"[]", "{}", R"({"signature_payload": 1})", R"({"signature_payload": {}})"})
    EXPECT_FALSE(parse_detached_signature(text, "F")) << text;
  EXPECT_FALSE(parse_detached_signature(std::string(max_detached_signature_bytes + 1, ' '), "F"));
}

TEST(Rfc3339, IsWrittenAndReadBack) {
  for (const std::string_view text :
       {"1970-01-01T00:00:00Z", "2026-02-28T23:59:59Z", "2024-02-29T00:00:00Z", "2200-12-31T23:59:59Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_rfc3339(*time), text);
  }
  EXPECT_EQ(*parse_rfc3339("2026-01-31T12:00:00.25Z") - *parse_rfc3339("2026-01-31T12:00:00Z"), std::chrono::milliseconds(250));
}

TEST(Rfc3339, RefusesWhatIsNoTimeInUtc) {
  for (const std::string_view text :
       {"", "Z", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+00:00", "2026-01-31 12:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:60Z", "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567890Z", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-01-31T12:00:00xZ",
        "-026-01-31T12:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace airssys::wasm
