#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "airssys/wasm/security/approvals.h"
#include "project_folder.h"

namespace airssys::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProjectFolder;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr std::string_view key = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

class Trust : public ProjectFolder {
 protected:
  static constexpr std::string_view file_ = "user/.airssys/trust-config.toml";
};

TEST_F(Trust, IsOfNobodyAtFirst) {
  EXPECT_EQ(run({"trust", "list"}), 0);
  EXPECT_THAT(out_, StartsWith("you trust nobody"));
  EXPECT_EQ(run({"trust", "path"}), 0);
  EXPECT_EQ(out_, path(file_) + "\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / file_));
  EXPECT_EQ(run({"trust", "setup"}), 0) << err_;
  EXPECT_EQ(mode(file_), 0600u);
  EXPECT_EQ(run({"trust", "validate"}), 0) << err_;
  EXPECT_EQ(run({"trust", "status"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("development mode   off\n"), HasSubstr("reviewed\n")));
}

TEST_F(Trust, IsAddedListedAndTakenBack) {
  EXPECT_EQ(run({"trust", "add-key", std::string(key), "--description", "release key", "--signer", "a@b"}), 0) << err_;
  EXPECT_EQ(run({"trust", "add-local", "/opt/verified/*", "--description", "looked at", "--review"}), 0) << err_;
  EXPECT_EQ(run({"trust", "add-git", "git@git.example.com:team/*", "--branch", "main", "--description", "team", "--json"}), 0)
      << err_;
  const Json json = Json::parse(out_);
  ASSERT_EQ(json["sources"].size(), 3u);
  EXPECT_EQ(json["sources"][0]["public_key"], key);
  EXPECT_EQ(json["sources"][1]["auto_approve"], false);
  EXPECT_EQ(json["sources"][2]["branch"], "main");
  EXPECT_EQ(run({"trust", "list"}), 0);
  EXPECT_THAT(out_, AllOf(StartsWith("  1  signature  " + std::string(key) + ", a@b\n     release key\n"),
                          HasSubstr("  2  local      /opt/verified/*, reviewed all the same\n")));
  EXPECT_EQ(run({"trust", "add-key", std::string(key), "--description", "again"}), 7);
  EXPECT_THAT(err_, HasSubstr("is trusted already"));
  EXPECT_EQ(run({"trust", "remove", "2"}), 0) << err_;
  EXPECT_EQ(run({"trust", "remove", "7"}), 1);
  EXPECT_EQ(run({"trust", "list", "--json"}), 0);
  EXPECT_EQ(Json::parse(out_)["sources"].size(), 2u);
  EXPECT_THAT(read(std::string(file_) + ".bak"), HasSubstr("/opt/verified/*"));
  EXPECT_EQ(run({"audit", "show", "--json"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("trust.add"), HasSubstr("trust.remove")));
}

TEST_F(Trust, SaysWhatIsMissingOrWrong) {
  EXPECT_EQ(run({"trust"}), 2);
  EXPECT_THAT(err_, HasSubstr("trust: no command; the commands are add-git, add-key, "));
  EXPECT_EQ(run({"trust", "add-key"}), 2);
  EXPECT_EQ(run({"trust", "add-key", std::string(key)}), 2);
  EXPECT_THAT(err_, HasSubstr("add-key: --description TEXT is missing"));
  EXPECT_EQ(run({"trust", "add-key", "abc", "--description", "x"}), 2);
  EXPECT_EQ(run({"trust", "add-local", "opt", "--description", "x"}), 3);
  EXPECT_THAT(err_, HasSubstr("'path' is wrong: "));
  EXPECT_EQ(run({"trust", "remove", "x"}), 2);
  EXPECT_EQ(run({"trust", "setup"}), 0);
  write(file_, "[trust]\ndev_mode = 3\n");
  EXPECT_EQ(run({"trust", "validate"}), 3);
  EXPECT_THAT(err_, HasSubstr("trust-config.toml:2:12: 'dev_mode' must be true or false"));
  EXPECT_EQ(run({"trust", "status", "--json"}), 3);
  EXPECT_EQ(Json::parse(out_)["error"]["code"], "invalid-configuration");
}

TEST_F(Trust, IsTakenFromARevokedKeyAlsoByVerify) {
  ASSERT_EQ(run({"keygen", "--json"}), 0);
  const std::string mine = Json::parse(out_)["public_key"];
  ASSERT_EQ(run({"sign", path("echo")}), 0) << err_;
  ASSERT_EQ(run({"trust", "setup"}), 0) << err_;
  write(file_, "[trust]\n[[trust.revoked]]\npublic_key = \"" + mine + "\"\nreason = \"lost laptop\"\n");
  EXPECT_EQ(run({"verify", path("echo")}), 9);
  EXPECT_THAT(out_, HasSubstr("failed  revocation\n"));
  EXPECT_THAT(err_, HasSubstr("trust-config.toml:2:1: lost laptop"));
}

TEST_F(Trust, InDevelopmentModeNeedsATypedYes) {
  EXPECT_EQ(run({"trust", "enable-dev-mode"}), 2);
  EXPECT_THAT(err_, HasSubstr("nobody is here to say yes; add --yes"));
  terminal_ = true;
  input_ = {"y\n"};
  EXPECT_EQ(run({"trust", "enable-dev-mode"}), 2);
  EXPECT_THAT(err_, HasSubstr("development mode stays off"));
  input_ = {"ye", "s\n"};
  EXPECT_EQ(run({"trust", "enable-dev-mode"}), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("warning"));
  EXPECT_THAT(read(file_), HasSubstr("dev_mode = true"));
  terminal_ = false;
  EXPECT_EQ(run({"trust", "disable-dev-mode"}), 0) << err_;
  EXPECT_THAT(read(file_), HasSubstr("dev_mode = false"));
  EXPECT_EQ(run({"trust", "enable-dev-mode", "--yes"}), 0) << err_;
}

TEST_F(Trust, InDevelopmentModeIsWhatTheEnvironmentSaysBeforeTheFile) {
  world_.environment["AIRSSYS_WASM_DEV_MODE"] = "1";
  EXPECT_EQ(run({"trust", "status"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("development mode   on"));
  EXPECT_THAT(err_, HasSubstr("hint: AIRSSYS_WASM_DEV_MODE, and not the file, says that development mode is on"));
  EXPECT_EQ(run({"trust", "enable-dev-mode", "--yes"}), 0) << err_;
  world_.environment["AIRSSYS_WASM_DEV_MODE"] = "0";
  EXPECT_EQ(run({"trust", "status", "--json"}), 0) << err_;
  EXPECT_EQ(Json::parse(out_)["dev_mode"], false);
  world_.environment["AIRSSYS_WASM_DEV_MODE"] = "yes";
  EXPECT_EQ(run({"trust", "status"}), 3);
  EXPECT_THAT(err_, HasSubstr("AIRSSYS_WASM_DEV_MODE: 'yes' is neither 1 nor 0; unset it"));
}

class Deciding : public Trust {
 protected:
  void SetUp() override {
    Trust::SetUp();
    wasm::ApprovalRecord record{
        .request = {.name = "echo", .author = std::string(key), .version = "1.2.3", .source = "/opt/echo"},
        .requested_at = "2026-01-31T12:00:00Z"};
    ASSERT_TRUE(record.request.requested.grant(*wasm::Capability::parse(wasm::Action::messaging_send, "*")));
    ASSERT_TRUE(record.request.requested.grant(*wasm::Capability::parse(wasm::Action::messaging_send, "indexer")));
    id_ = record.request.id();
    ASSERT_TRUE(approvals().save(record));
  }
  [[nodiscard]] wasm::Approvals approvals() const { return wasm::Approvals(folder_ / "user/.airssys/approvals"); }
  [[nodiscard]] wasm::ApprovalState state() const { return approvals().find(id_)->state; }
  std::string id_;
};

TEST_F(Deciding, ShowsWhatIsAskedForAndWhatToLookAt) {
  EXPECT_EQ(run({"approvals"}), 0);
  EXPECT_EQ(out_, id_ + "  pending    echo 1.2.3, 2 capabilities\n");
  EXPECT_EQ(run({"approvals", id_.substr(0, 6)}), 0);
  EXPECT_THAT(
      out_,
      AllOf(StartsWith("echo 1.2.3, pending\nauthor     " + std::string(key) + "\nfrom       /opt/echo\nasked for\n"),
            HasSubstr("  messaging.send *  is every component or topic there is\n"), HasSubstr("  messaging.send indexer\n")));
  EXPECT_EQ(run({"approvals", "--json"}), 0);
  const Json json = Json::parse(out_)["approvals"][0];
  EXPECT_EQ(json["id"], id_);
  EXPECT_EQ(json["requested"][0]["risks"][0], "any-target");
  EXPECT_EQ(json["requested"][1]["needs_approval"], false);
}

TEST_F(Deciding, ApprovesAndDeniesAndRecordsIt) {
  EXPECT_EQ(run({"approve", id_, "--reason", "ours"}), 0) << err_;
  EXPECT_EQ(out_, "echo 1.2.3: approved\n");
  EXPECT_EQ(state(), wasm::ApprovalState::approved);
  EXPECT_EQ(approvals().find(id_)->granted.size(), 2u);
  EXPECT_EQ(approvals().find(id_)->reason, "ours");
  EXPECT_EQ(run({"deny", id_}), 0) << err_;
  EXPECT_THAT(out_, StartsWith("echo 1.2.3: denied; 'airssys-wasm approve " + id_));
  EXPECT_EQ(state(), wasm::ApprovalState::denied);
  EXPECT_TRUE(approvals().find(id_)->granted.empty());
  EXPECT_EQ(run({"audit", "show", "--json"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("trust.approve"), HasSubstr("trust.deny"), HasSubstr("echo " + id_)));
  EXPECT_EQ(run({"approve", "ffff"}), 1);
  EXPECT_EQ(run({"approve", "../x"}), 2);
  EXPECT_EQ(run({"approve"}), 2);
}

TEST_F(Deciding, TrustsTheAuthorOfWhatIsReviewed) {
  terminal_ = true;
  input_ = {"t\n"};
  EXPECT_EQ(run({"approve", id_}), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("[t]rust whatever its author signs"));
  EXPECT_EQ(state(), wasm::ApprovalState::approved);
  EXPECT_THAT(read(file_), AllOf(HasSubstr("type = \"signature\""), HasSubstr(std::string(key)),
                                 HasSubstr("trusted at the review of echo 1.2.3")));
  EXPECT_EQ(run({"approve", id_}), 0) << "once more: " << err_;
  EXPECT_THAT(err_, HasSubstr("trust-config.toml:6:1: is trusted already"));
  EXPECT_EQ(run({"audit", "show", "--json"}), 0) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("trust.add"), HasSubstr("trust.approve")));
}

TEST_F(Deciding, TrustsTheVeryFolderOrRepositoryOfWhatNobodySigned) {
  terminal_ = true;
  input_ = {"t\n"};
  wasm::ApprovalRecord record = *approvals().find(id_);
  record.request.author = "sha256:" + std::string(64, 'a');
  record.request.source = "/opt/a*b";
  ASSERT_TRUE(approvals().save(record));
  EXPECT_EQ(run({"approve", record.request.id()}), 0) << err_;
  EXPECT_THAT(err_, HasSubstr("[t]rust whatever comes from there"));
  EXPECT_THAT(read(file_), HasSubstr(R"(path = "/opt/a\\*b")"));
  record.request.author = "sha256:" + std::string(64, 'b');
  record.request.source = "ssh://git@h.example/team/app";
  ASSERT_TRUE(approvals().save(record));
  EXPECT_EQ(run({"approve", record.request.id()}), 0) << err_;
  EXPECT_THAT(read(file_), HasSubstr("url = \"ssh://git@h.example/team/app\""));
  record.request.author = "sha256:" + std::string(64, 'c');
  record.request.source = "ssh://git@h.example/team/*";
  ASSERT_TRUE(approvals().save(record));
  EXPECT_EQ(run({"approve", record.request.id()}), 2);
  EXPECT_THAT(err_, HasSubstr("could mean other repositories as well"));
  EXPECT_EQ(approvals().find(record.request.id())->state, wasm::ApprovalState::reviewing);
}

TEST_F(Deciding, TakesNoAnswerFromAPipe) {
  terminal_ = piped_ = true;
  input_ = {"d\n"};
  EXPECT_EQ(run({"approve", id_}), 0) << err_;
  EXPECT_EQ(err_, "");
  EXPECT_EQ(state(), wasm::ApprovalState::approved);
  EXPECT_EQ(run({"trust", "enable-dev-mode"}), 2);
}

TEST_F(Deciding, NarrowsByAManifestAndNeverWidens) {
  write("less.toml",
        std::string(manifest_) + "[capabilities.messaging]\nsend = [\"indexer\"]\nrequest = []\nreceive_from = []\n");
  EXPECT_EQ(run({"approve", id_, "--narrow", path("less.toml")}), 0) << err_;
  EXPECT_EQ(out_, "echo 1.2.3: approved, without 1 of what it asked for\n");
  EXPECT_THAT(approvals().find(id_)->granted.texts(), ::testing::ElementsAre("messaging.send indexer"));
  write("more.toml", std::string(manifest_) + "[capabilities.messaging]\nreceive_from = [\"spy\"]\n");
  EXPECT_EQ(run({"approve", id_, "--narrow", path("more.toml")}), 2);
  EXPECT_THAT(err_, HasSubstr("messaging.receive-from spy is more than was requested; an approval can only narrow"));
}

TEST_F(Deciding, AsksAPersonAtATerminal) {
  terminal_ = true;
  input_ = {"\n"};
  EXPECT_EQ(run({"approve", id_}), 6);
  EXPECT_THAT(err_, AllOf(HasSubstr("is every component"), HasSubstr("is not decided yet")));
  EXPECT_EQ(state(), wasm::ApprovalState::reviewing);
  input_ = {"n\n", "\n", "y\n"};
  EXPECT_EQ(run({"approve", id_}), 0) << err_;
  EXPECT_THAT(approvals().find(id_)->granted.texts(), ::testing::ElementsAre("messaging.send indexer"));
  input_ = {"d\n"};
  EXPECT_EQ(run({"approve", id_}), 0);
  EXPECT_EQ(state(), wasm::ApprovalState::denied);
  input_ = {"a\n"};
  EXPECT_EQ(run({"approve", id_}), 0);
  EXPECT_EQ(approvals().find(id_)->granted.size(), 2u);
}

}  // namespace
}  // namespace airssys::cli
