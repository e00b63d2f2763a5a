#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "project_folder.h"

namespace airssys::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProjectFolder;
using ::testing::StartsWith;
using Json = nlohmann::json;

class Keys : public ProjectFolder {
 protected:
  std::string public_key() {
    EXPECT_EQ(run({"keygen", "--show-public-key"}), 0);
    return out_.substr(0, out_.find('\n'));
  }
};

TEST_F(Keys, AreMadeInTheHomeForTheUserAlone) {
  EXPECT_EQ(run({"keygen"}), 0);
  EXPECT_THAT(out_, StartsWith(path("user/.airssys/keypair.json") + "\ned25519:"));
  EXPECT_THAT(err_, HasSubstr("keep a copy"));
  EXPECT_EQ(mode("user/.airssys/keypair.json"), 0600u);
  const std::string secret = Json::parse(read("user/.airssys/keypair.json"))["secret_key"];
  EXPECT_THAT(out_ + err_, Not(HasSubstr(secret)));
  const std::string made = out_;
  EXPECT_THAT(made, HasSubstr(public_key()));
}

TEST_F(Keys, AreNotReplacedWithoutForce) {
  EXPECT_EQ(run({"keygen"}), 0);
  const std::string first = public_key();
  EXPECT_EQ(run({"keygen"}), 7);
  EXPECT_THAT(err_, HasSubstr("there is a key already"));
  EXPECT_EQ(public_key(), first);
  EXPECT_EQ(run({"keygen", "--force"}), 0);
  EXPECT_NE(public_key(), first);
}

TEST_F(Keys, AreFoundWhereTheFlagTheEnvironmentOrTheHomeSay) {
  EXPECT_EQ(run({"keygen", "-o", path("a.json")}), 0);
  EXPECT_EQ(run({"keygen", "-o", path("b.json"), "--json"}), 0);
  const Json made = Json::parse(out_);
  EXPECT_EQ(made["file"], path("b.json"));
  EXPECT_EQ(run({"sign", path("echo")}), 5);
  EXPECT_THAT(err_, EndsWith("there is no key; make one with 'airssys-wasm keygen'\n"));
  world_.environment["AIRSSYS_WASM_KEYPAIR"] = path("b.json");
  EXPECT_EQ(run({"sign", path("echo"), "--json"}), 0);
  EXPECT_EQ(Json::parse(out_)["author"], made["public_key"]);
  // The seed of RFC 8032 §7.1, test 1.
  world_.environment["AIRSSYS_WASM_PRIVATE_KEY"] = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
  EXPECT_EQ(run({"sign", path("echo"), "--json"}), 0);
  EXPECT_THAT(std::string(Json::parse(out_)["author"]), StartsWith("ed25519:d75a98"));
  EXPECT_EQ(run({"sign", path("echo"), "--keypair", path("b.json"), "--json"}), 0);
  EXPECT_EQ(Json::parse(out_)["author"], made["public_key"]);
  world_.environment["AIRSSYS_WASM_PRIVATE_KEY"] = "c2VjcmV0";
  EXPECT_EQ(run({"sign", path("echo")}), 5);
  EXPECT_THAT(err_, ::testing::AllOf(StartsWith("error: AIRSSYS_WASM_PRIVATE_KEY: is not base64"), Not(HasSubstr("c2Vj"))));
}

TEST_F(Keys, ThatOthersMayReadAreRefused) {
  EXPECT_EQ(run({"keygen"}), 0);
  ::chmod((folder_ / "user/.airssys/keypair.json").c_str(), 0644);
  EXPECT_EQ(run({"sign", path("echo")}), 5);
  EXPECT_THAT(err_, HasSubstr("run 'chmod 600 "));
}

class Signing : public Keys {
 protected:
  void SetUp() override {
    Keys::SetUp();
    ASSERT_EQ(run({"keygen"}), 0);
  }
};

TEST_F(Signing, WritesItIntoTheManifestAndVerifyHolds) {
  ::chmod((folder_ / "echo/Component.toml").c_str(), 0640);
  EXPECT_EQ(run({"sign", path("echo")}), 0) << err_;
  EXPECT_THAT(out_,
              ::testing::AllOf(StartsWith("echo 1.2.3 signed by ed25519:"), HasSubstr("Z\n" + path("echo/Component.toml"))));
  EXPECT_THAT(read("echo/Component.toml"), StartsWith(std::string(manifest_) + "\n[security]\n"));
  EXPECT_EQ(mode("echo/Component.toml"), 0640u);
  EXPECT_EQ(run({"verify", path("echo")}), 0) << err_;
  EXPECT_THAT(
      out_, HasSubstr("ok      format\n  ok      component hash\n  ok      name\n  ok      version\n  ok      manifest hash\n"));
  EXPECT_THAT(out_, HasSubstr("signed by ed25519:"));
}

TEST_F(Signing, IsVoidAfterAChangeOfTheManifestOrTheComponent) {
  ASSERT_EQ(run({"sign", path("echo")}), 0);
  const std::string good = read("echo/Component.toml");
  std::string wider = good;
  write("echo/Component.toml", wider.insert(wider.find("\n[security]"), "[capabilities.messaging]\nsend = [\"*\"]\n"));
  EXPECT_EQ(run({"verify", path("echo")}), 9);
  EXPECT_THAT(err_, HasSubstr("the manifest was changed after it was signed"));
  EXPECT_THAT(out_, HasSubstr("ok      version\n  failed  manifest hash\n  not checked timestamp\n"));
  write("echo/Component.toml", good);
  write("echo/echo.wasm", "another component");
  EXPECT_EQ(run({"verify", path("echo"), "--json"}), 9);
  const Json json = Json::parse(out_);
  EXPECT_EQ(json["verified"], false);
  EXPECT_EQ(json["checks"][0]["state"], "passed");
  EXPECT_EQ(json["checks"][1]["state"], "failed");
  EXPECT_EQ(json["checks"][7]["state"], "not-checked");
  EXPECT_EQ(json["error"]["code"], "hash-mismatch");
}

TEST_F(Signing, BesideTheComponentHoldsForAManifestWithoutIt) {
  ASSERT_EQ(run({"sign", path("echo"), "--detached", "--json"}), 0);
  EXPECT_EQ(Json::parse(out_)["written"][1], path("echo/echo.wasm.sig"));
  write("echo/Component.toml", manifest_);
  EXPECT_EQ(run({"verify", path("echo")}), 0) << err_;
}

TEST_F(Signing, OfFilesThatStandApart) {
  std::filesystem::rename(folder_ / "echo/echo.wasm", folder_ / "other.wasm");
  EXPECT_EQ(run({"sign", path("echo")}), 1);
  EXPECT_THAT(err_, HasSubstr("build the component first, or say where it is with --wasm"));
  EXPECT_EQ(run({"sign", "--manifest", path("echo/Component.toml"), "--wasm", path("other.wasm")}), 0) << err_;
  EXPECT_EQ(run({"verify", "--manifest", path("echo/Component.toml"), "--wasm", path("other.wasm")}), 0) << err_;
}

TEST_F(Signing, IsOfTheKeyThatTheUserExpects) {
  ASSERT_EQ(run({"sign", path("echo")}), 0);
  EXPECT_EQ(run({"verify", path("echo"), "--key", public_key()}), 0);
  EXPECT_EQ(run({"verify", path("echo"), "--key", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}), 9);
  EXPECT_THAT(err_, HasSubstr("not by ed25519:d75a98"));
  EXPECT_EQ(run({"verify", path("echo"), "--key", "me"}), 2);
}

TEST_F(Signing, ThatIsMissingIsSaidWithTheCommandThatHelps) {
  EXPECT_EQ(run({"verify", path("echo")}), 9);
  EXPECT_THAT(err_, HasSubstr("sign it with 'airssys-wasm sign " + path("echo") + "'"));
  EXPECT_EQ(run({"verify", path("nowhere")}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no such folder"));
}

class Validation : public Keys {
 protected:
  void write_manifest(std::string_view capabilities) {
    write("echo/Component.toml", std::string(manifest_) + std::string(capabilities));
  }
};

TEST_F(Validation, ListsTheLayersThatAHostChecks) {
  std::filesystem::remove(folder_ / "echo/echo.wasm");
  EXPECT_EQ(run({"validate", path("echo")}), 0) << err_;
  EXPECT_EQ(
      out_,
      "ok      manifest      " + path("echo/Component.toml") + "\nabsent  component     " + path("echo/echo.wasm") +
          " is not built yet\nabsent  signature     not signed\nok      capabilities  1, 0 to be approved by whoever runs it\n");
}

TEST_F(Validation, EndsAtTheLayerThatIsWrongWithItsExitCode) {
  std::filesystem::remove(folder_ / "echo/echo.wasm");
  write_manifest("[capabilities.filesystem]\nread = [\"etc\"]\n");
  EXPECT_EQ(run({"validate", path("echo"), "--json"}), 7);
  EXPECT_EQ(Json::parse(out_)["valid"], false);
  EXPECT_EQ(Json::parse(out_)["layers"].size(), 1u);
  EXPECT_THAT(err_, HasSubstr("Component.toml:10:9: "));
  write_manifest("[capabilities.filesystem]\nread = [\"/etc/shadow\"]\n");
  EXPECT_EQ(run({"validate", path("echo")}), 6);
  EXPECT_THAT(err_, HasSubstr("Component.toml:10:9: filesystem.read /etc/shadow: nobody may have this"));
  EXPECT_EQ(run({"validate", path("nowhere")}), 1);
}

TEST_F(Validation, ShowsWhatIsDangerousAboutWhatAComponentAsksFor) {
  write_manifest(
      "[capabilities.filesystem]\nwrite = [\"/srv/**\"]\nread = [\"/etc/**\"]\n[capabilities.messaging]\nsend = [\"indexer\"]\n"
      "[capabilities.rationale]\nfilesystem = \"keeps thumbnails\"\n");
  EXPECT_EQ(run({"analyze-capabilities", path("echo")}), 0) << err_;
  EXPECT_THAT(out_,
              ::testing::AllOf(StartsWith("echo 1.2.3 asks for\n"), HasSubstr("  filesystem.write /srv/**  needs an approval\n"),
                               HasSubstr("    may change everything in all folders below\n"),
                               HasSubstr("is granted without /etc/shadow, which is forbidden"),
                               HasSubstr("  messaging.send indexer\n"), HasSubstr("filesystem: keeps thumbnails\n")));
  EXPECT_EQ(run({"analyze-capabilities", path("echo"), "--json"}), 0);
  const Json first = Json::parse(out_)["capabilities"][0];
  EXPECT_EQ(first["action"], "filesystem.read");
  EXPECT_EQ(first["needs_approval"], true);
  EXPECT_EQ(first["forbidden_by"], "/etc/shadow");
}

}  // namespace
}  // namespace airssys::cli
