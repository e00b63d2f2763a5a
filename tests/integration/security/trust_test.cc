// What a component says of itself, and what others wrote where the host reads: signatures, approvals, development mode, compiled
// code.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/security/approvals.h"
#include "airssys/wasm/security/keypair.h"
#include "airssys/wasm/security/signature.h"
#include "attack_world.h"

namespace airssys::wasm::attacks {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void put(const fs::path& file, std::string_view text) { std::ofstream(file, std::ios::binary) << text; }

class TrustAttacks : public Attacks {
 protected:
  // A host whose user has written that.
  void make_trusting_host(std::string_view trust) {
    const fs::path file = folders_.home() / "trust-config.toml";
    put(file, fmt::format("[trust]\n{}", trust));
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    if (!decisions_) decisions_ = *AuditLog::open(folders_.home() / "audit-of-trust", {}, *platform_, log_);
    auto admission =
        TrustAdmission::open({.trust_config = file, .approvals = approvals_}, config_.forbidden, *platform_, *decisions_);
    ASSERT_TRUE(admission) << admission.error().message();
    host_.reset();
    admission_ = *std::move(admission);
    config_.admission = admission_.get();
    make_host();
  }
  void sign(const fs::path& folder, const Keypair& key) const {
    const fs::path file = folder / "Component.toml", wasm = folder / (folder.filename().native() + ".wasm");
    const std::string text = text_of(file), code = text_of(wasm);
    const auto manifest = parse_manifest(text, "Component.toml");
    ASSERT_TRUE(manifest) << manifest.error().message();
    const auto signature = wasm::sign(key, *manifest, Digest::of(std::as_bytes(std::span(code))), platform_->wall_now());
    put(file, *with_signature(text, "Component.toml", signature));
  }
  [[nodiscard]] std::string trust_author() const {
    return fmt::format("[[trust.sources]]\ntype = \"signature\"\npublic_key = \"{}\"\ndescription = \"mine\"\n",
                       author_.public_key().text());
  }
  [[nodiscard]] Error refusal(const fs::path& folder) {
    const auto added = host_->add(folder);
    return added ? Error(Code::internal, "was added") : added.error();
  }
  // Refusals of admission of that component.
  [[nodiscard]] std::uint64_t refused(std::string_view name) {
    std::uint64_t count = 0;
    for (const AuditLine& line : lines_of(*decisions_))
      if (line.component == fmt::format("default/{}/main", name) && line.action == "trust.admit" &&
          line.decision == AuditDecision::deny)
        count += line.count;
    return count;
  }

  // Compiled code that was refused.
  [[nodiscard]] std::uint64_t refused_code() {
    std::uint64_t count = 0;
    for (const AuditLine& line : audit())
      if (line.component.empty() && line.action == "cache.refuse" && line.decision == AuditDecision::deny) count += line.count;
    return count;
  }

  const fs::path approvals_ = folders_.home() / "approvals";
  const Keypair author_ = *Keypair::generate();
  std::unique_ptr<AuditLog> decisions_;
  std::unique_ptr<TrustAdmission> admission_;
};

TEST_F(TrustAttacks, AManifestOrAComponentThatWasChangedAfterItWasSignedIsNotAdded) {
  make_trusting_host(trust_author());
  const fs::path folder = folders_.make({.name = "thief", .send = "\"neighbour\""});
  sign(folder, author_);
  const std::string good = text_of(folder / "Component.toml");
  std::string wider = good;
  wider.replace(wider.find("send = [\"neighbour\"]"), 20, "send = [\"*\"]");
  put(folder / "Component.toml", wider);
  EXPECT_EQ(refusal(folder).code(), Code::hash_mismatch);
  put(folder / "Component.toml", good);
  const std::string code = text_of(folder / "thief.wasm");
  fs::remove(folder / "thief.wasm");  // a link
  fs::copy_file(fs::path(AIRSSYS_PUPPETS) / "waiting-puppet.wasm", folder / "thief.wasm");
  EXPECT_EQ(refusal(folder).code(), Code::hash_mismatch);
  EXPECT_EQ(refused("thief"), 2u);
  put(folder / "thief.wasm", code);
  const auto added = host_->add(folder);
  ASSERT_TRUE(added) << added.error().message();
  ASSERT_TRUE(host_->start("thief"));
  EXPECT_EQ(ask("thief", "granted messaging send default/vault/main"), "no");
  EXPECT_EQ(report("thief").trust, TrustLevel::trusted);
}

TEST_F(TrustAttacks, AnUpdateThatNobodyOrAnotherKeySignedIsNotTheAuthors) {
  make_trusting_host(trust_author());
  const fs::path folder = folders_.make({.name = "thief", .send = "\"*\""});
  EXPECT_EQ(refusal(folder).code(), Code::approval_needed) << "unsigned";
  sign(folder, *Keypair::generate());
  EXPECT_EQ(refusal(folder).code(), Code::approval_needed) << "of another key";
  EXPECT_EQ(refused("thief"), 2u);
}

TEST_F(TrustAttacks, AnApprovalIsOfOneQuestionAndNoOther) {
  make_trusting_host("");
  const Approvals approvals(approvals_);
  const fs::path folder = folders_.make({.name = "thief", .send = "\"v*\""});
  const std::string id(refusal(folder).field("request"));
  ApprovalRecord record = *approvals.find(id);
  record.state = ApprovalState::approved;
  record.granted = record.request.requested;
  record.decided_at = "2026-01-31T12:00:00Z";
  ASSERT_TRUE(approvals.save(record));

  // Of another version: the component, or what it asks for.
  const std::string good = text_of(folder / "Component.toml");
  std::string wider = good;
  wider.replace(wider.find("\"v*\""), 4, "\"*\"");
  put(folder / "Component.toml", wider);
  EXPECT_EQ(refusal(folder).code(), Code::approval_needed);
  put(folder / "Component.toml", good);
  fs::remove(folder / "thief.wasm");
  fs::create_symlink(fs::path(AIRSSYS_PUPPETS) / "waiting-puppet.wasm", folder / "thief.wasm");
  EXPECT_EQ(refusal(folder).code(), Code::approval_needed);

  // Copied to another component, and written into the record of another question.
  const fs::path other = folders_.make({.name = "other", .send = "\"v*\""});
  const std::string other_id(refusal(other).field("request"));
  fs::copy_file(approvals_ / "thief" / (id + ".json"), approvals_ / "other" / (other_id + ".json"),
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(refusal(other).code(), Code::corrupt);

  // Removed: asked anew.
  fs::remove(approvals_ / "other" / (other_id + ".json"));
  fs::remove(approvals_ / "thief" / (id + ".json"));
  EXPECT_EQ(refusal(other).code(), Code::approval_needed);
  EXPECT_EQ(refusal(folders_.make({.name = "thief", .send = "\"v*\""})).field("request"), id);
  EXPECT_GE(refused("thief"), 4u);
  EXPECT_GE(refused("other"), 2u);
}

TEST_F(TrustAttacks, NoComponentTurnsDevelopmentModeOnAndInItTheForbiddenStaysSo) {
  make_trusting_host("");
  run({.name = "thief"});
  EXPECT_THAT(ask("thief", "call read-file " + at("closed/secret")), HasSubstr("permission denied: "));
  end();
  make_trusting_host("dev_mode = true\n");
  run({.name = "thief"});
  EXPECT_EQ(ask("thief", "call read-file " + at("closed/secret")), "secret");
  EXPECT_THAT(ask("thief", "call read-file /etc/shadow"),
              HasSubstr("permission denied: filesystem.read '/etc/shadow' is forbidden"));
  fs::create_symlink("/etc/shadow", at("open/link"));
  EXPECT_THAT(ask("thief", "call read-file " + at("open/link")), HasSubstr("permission denied: "));
  EXPECT_EQ(audited("thief", AuditDecision::allow, "filesystem.read", at("closed/secret")), 1u) << "as bypassed";
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", "/etc/shadow"), 1u);
  end();
  EXPECT_EQ(audited("thief", AuditDecision::deny, "filesystem.read", "/etc/shadow"), 2u);
}

TEST_F(TrustAttacks, CompiledCodeThatWasPoisonedOnDiskIsNotRun) {
  make_host();
  run({.name = "other", .waits = true});
  EXPECT_EQ(ask("other", "sleep 1"), "slept");
  end();
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folders_.cache()))
    if (entry.path().extension() == ".cwasm") files.push_back(entry.path());
  ASSERT_EQ(files.size(), 2u);
  // The code of each under the name of the other; then with one byte changed.
  const std::string one = text_of(files[0]), other = text_of(files[1]);
  put(files[0], other);
  put(files[1], one);
  make_host();
  run({.name = "other", .waits = true});
  EXPECT_EQ(ask("other", "sleep 1"), "slept");
  EXPECT_THAT(ask("neighbour", "echo puppet"), "puppet");
  EXPECT_TRUE(log_.contain("not what this host wrote; deleted, compiling again"));
  EXPECT_EQ(refused_code(), 2u);
  end();
  std::string altered = text_of(files[0]);
  altered[altered.size() / 2] = static_cast<char>(altered[altered.size() / 2] ^ 1);
  put(files[0], altered);
  make_host();
  run({.name = "other", .waits = true});
  EXPECT_EQ(ask("other", "sleep 1"), "slept");
  EXPECT_NE(text_of(files[0]), altered);
  EXPECT_EQ(refused_code(), 3u);
}

}  // namespace
}  // namespace airssys::wasm::attacks
