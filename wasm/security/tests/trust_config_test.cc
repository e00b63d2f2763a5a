#include "airssys/wasm/security/trust_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using ::testing::AllOf;
using testing::contents;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::mode_of;
using testing::ScratchFolder;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr std::string_view key_text = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

std::string golden() { return contents(fs::path(AIRSSYS_GOLDEN) / "trust-config.toml"); }

TrustConfig config(std::string_view text) {
  auto parsed = parse_trust_config(text, "T");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *std::move(parsed) : TrustConfig{};
}

std::string mistake(std::string_view text) {
  const auto parsed = parse_trust_config(text, "T");
  return parsed ? "none" : parsed.error().message();
}

TEST(TrustConfig, OfTheGoldenFileSaysWhomTheUserTrusts) {
  const TrustConfig read = config(golden());
  EXPECT_FALSE(read.dev_mode);
  EXPECT_EQ(read.default_mode, DefaultMode::deny);
  ASSERT_EQ(read.sources.size(), 3u);
  EXPECT_EQ(read.sources[0].kind, TrustSource::Kind::git);
  EXPECT_EQ(read.sources[0].pattern, "git@git.example.com:team/*");
  EXPECT_EQ(read.sources[0].branch, "main");
  EXPECT_EQ(read.sources[1].kind, TrustSource::Kind::signature);
  EXPECT_EQ(read.sources[1].key->text(), key_text);
  EXPECT_EQ(read.sources[1].signer, "release@example.com");
  EXPECT_EQ(read.sources[2].pattern, "/opt/verified/*");
  EXPECT_FALSE(read.sources[2].auto_approve);
  ASSERT_EQ(read.revoked.size(), 1u);
  EXPECT_EQ(read.revoked[0].reason, "lost laptop");
  EXPECT_THAT(read.revoked[0].place, StartsWith("T:"));
  EXPECT_THAT(read.warnings, IsEmpty());
}

TEST(TrustConfig, IsStrictByDefault) {
  const TrustConfig read = config("[trust]\n");
  EXPECT_FALSE(read.dev_mode);
  EXPECT_FALSE(read.allow_version_1);
  EXPECT_EQ(read.default_mode, DefaultMode::review);
  EXPECT_THAT(read.sources, IsEmpty());
}

TEST(TrustConfig, TakesOldSpellings) {
  const TrustConfig read = config(
      "[trust]\n[[trust.sources]]\ntype = \"git-repository\"\npattern = \"https://git.example.com/a/*\"\ndescription = \"a\"\n"
      "[[trust.sources]]\ntype = \"signing_key\"\npublic_key = "
      "\"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"\n"
      "description = \"b\"\n[[trust.sources]]\ntype = \"local\"\npattern = \"file:///opt/x/*\"\ndescription = \"c\"\n");
  EXPECT_EQ(read.sources[0].kind, TrustSource::Kind::git);
  EXPECT_EQ(read.sources[1].key->text(), key_text);
  EXPECT_EQ(read.sources[2].pattern, "/opt/x/*");
}

TEST(TrustConfig, WarnsOfWhatIsNeverForProduction) {
  EXPECT_THAT(config("[trust]\ndev_mode = true\ndefault_mode = \"allow\"\n").warnings,
              ElementsAre(AllOf(StartsWith("T:1:"), HasSubstr("development mode is on"), HasSubstr("trust disable-dev-mode")),
                          HasSubstr("default_mode is \"allow\"")));
}

TEST(TrustConfig, SaysEachMistakeWithItsPlace) {
  EXPECT_THAT(mistake(""), HasSubstr("T:1:1: there is no table [trust]; add it"));
  EXPECT_THAT(mistake("[trust\n"), HasSubstr("not valid TOML"));
  EXPECT_THAT(mistake("[trust]\ndev_mode = 1\n"), HasSubstr("T:2:12: 'dev_mode' must be true or false"));
  EXPECT_THAT(mistake("[trust]\ndefault_mode = \"ask\"\n"), HasSubstr("T:2:16: 'default_mode'"));
  EXPECT_THAT(mistake("[trust]\ndevmode = true\n"), HasSubstr("did you mean"));
  const auto source = [](std::string_view keys) { return mistake("[trust]\n[[trust.sources]]\n" + std::string(keys)); };
  EXPECT_THAT(source("url = \"x\"\n"), HasSubstr("no 'type'"));
  EXPECT_THAT(source("type = \"svn\"\n"), HasSubstr("T:3:8: 'type' is 'svn'"));
  EXPECT_THAT(source("type = \"git\"\nurl = \"team\"\ndescription = \"a\"\n"),
              HasSubstr("T:4:7: 'url' is 'team', no URL of a repository"));
  EXPECT_THAT(source("type = \"git\"\nurl = \"git@h:t/../*\"\ndescription = \"a\"\n"), HasSubstr("no URL of a repository"));
  EXPECT_THAT(source("type = \"git\"\nurl = \"git@h:t/*\"\nbranch = \"a b\"\ndescription = \"a\"\n"),
              HasSubstr("no name of a branch"));
  EXPECT_THAT(source("type = \"git\"\nurl = \"git@h:t/*\"\n"), HasSubstr("'description'"));
  EXPECT_THAT(source("type = \"git\"\nurl = \"git@h:t/*\"\ndescription = \"\"\n"), HasSubstr("'description' is empty"));
  EXPECT_THAT(source("type = \"signature\"\npublic_key = \"abc\"\ndescription = \"a\"\n"),
              HasSubstr("T:4:14: 'public_key' is wrong: 'abc'"));
  EXPECT_THAT(source("type = \"local\"\npath = \"opt/*\"\ndescription = \"a\"\n"), HasSubstr("T:4:8: 'path' is wrong: "));
  EXPECT_THAT(mistake("[trust]\nsources = [1]\n"), HasSubstr("is an integer, not a table; write [[trust.sources]]"));
  EXPECT_THAT(mistake("[trust]\n[[trust.revoked]]\npublic_key = \"" + std::string(key_text) + "\"\n"), HasSubstr("'reason'"));
}

TEST(TrustConfig, RefusesASourceThatStandsThereTwice) {
  const std::string one = "[[trust.sources]]\ntype = \"local\"\npath = \"/opt/*\"\ndescription = \"a\"\n";
  EXPECT_THAT(mistake("[trust]\n" + one + one), AllOf(HasSubstr("T:6:1: is the same source as the one at T:2:1")));
}

TEST(TrustFile, IsItsOwnersAloneAndKeepsWhatWasThere) {
  const ScratchFolder folder;
  const fs::path file = folder.path() / "home" / "trust-config.toml";
  EXPECT_TRUE(read_trust_config(file)->sources.empty()) << "no file: nobody is trusted";
  ASSERT_TRUE(save_trust_text(file, "[trust]\n"));
  EXPECT_EQ(mode_of(file), 0600u);
  ASSERT_TRUE(save_trust_text(file, "[trust]\n# new\n"));
  EXPECT_EQ(contents(file), "[trust]\n# new\n");
  EXPECT_EQ(contents(file.native() + ".bak"), "[trust]\n");
  EXPECT_FALSE(save_trust_text(file, "[trust\n"));
  EXPECT_EQ(contents(file), "[trust]\n# new\n");
  ::chmod(file.c_str(), 0620);
  const auto refused = read_trust_config(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_configuration);
  EXPECT_THAT(refused.error().message(), EndsWith("run 'chmod 600 " + file.native() + "'"));
}

TEST(TrustEdit, AddsAndRemovesSourcesAndKeepsTheRest) {
  const std::string before = golden();
  TrustSource source{.kind = TrustSource::Kind::local, .pattern = "/srv/\"mine\"/*", .description = "a \\ b"};
  const auto added = with_source(before, "T", source);
  ASSERT_TRUE(added) << added.error().message();
  EXPECT_THAT(*added, StartsWith(before));
  EXPECT_EQ(config(*added).sources[3].pattern, source.pattern);
  EXPECT_EQ(config(*added).sources[3].description, source.description);
  const auto twice = with_source(*added, "T", source);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), Code::already_exists);
  for (std::size_t number = 1; number <= 4; ++number) {
    const auto removed = without_source(*added, "T", number);
    ASSERT_TRUE(removed) << number << ": " << removed.error().message();
    EXPECT_EQ(config(*removed).sources.size(), 3u);
    EXPECT_THAT(*removed, HasSubstr("# who is no longer"));
  }
  EXPECT_EQ(without_source(*added, "T", 5).error().code(), Code::not_found);
  EXPECT_EQ(without_source(*added, "T", 0).error().code(), Code::not_found);
  const auto last =
      without_source("[trust]\n[[trust.sources]]\ntype = \"local\"\npath = \"/opt/*\"\ndescription = \"a\"\n", "T", 1);
  ASSERT_TRUE(last) << last.error().message();
  EXPECT_EQ(*last, "[trust]\n");
}

TEST(TrustEdit, LeavesAFormAloneThatItDoesNotUnderstand) {
  const auto refused = without_source(
      "[trust]\nsources = [{ type = \"local\", path = \"/a\", description = \"a\" }, { type = \"local\", "
      "path = \"/b\", description = \"a\" }]\n",
      "T", 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("remove the source by hand"));
}

TEST(TrustEdit, TurnsDevelopmentModeOnAndOff) {
  EXPECT_EQ(*with_dev_mode("[trust]\ndev_mode = false # never\n", "T", true), "[trust]\ndev_mode = true # never\n");
  EXPECT_EQ(*with_dev_mode("[trust]\ndev_mode   =   true\n", "T", false), "[trust]\ndev_mode   =   false\n");
  EXPECT_EQ(*with_dev_mode("# a\n[trust]\ndefault_mode = \"deny\"\n", "T", true),
            "# a\n[trust]\ndev_mode = true\ndefault_mode = \"deny\"\n");
  EXPECT_EQ(*with_dev_mode("trust = { dev_mode = false }\n", "T", true), "trust = { dev_mode = true }\n");
  EXPECT_FALSE(with_dev_mode("trust = {}\n", "T", true));
}

struct UrlCase {
  std::string_view pattern, url;
  bool matches;
};

class GitUrl : public ::testing::TestWithParam<UrlCase> {};

TEST_P(GitUrl, IsComparedAsAWholeInOneSpelling) {
  EXPECT_EQ(git_url_matches(GetParam().pattern, GetParam().url), GetParam().matches)
      << GetParam().pattern << " " << GetParam().url;
}

INSTANTIATE_TEST_SUITE_P(
    Corners, GitUrl,
    ::testing::Values(UrlCase{"git@git.example.com:team/*", "git@git.example.com:team/app", true},
                      UrlCase{"git@git.example.com:team/*", "git@git.example.com:team/app.git", true},
                      UrlCase{"git@git.example.com:team/*", "ssh://git@GIT.example.com:22/team/app/", true},
                      UrlCase{"git@git.example.com:team/*", "git@git.example.com:team/a/b", false},
                      UrlCase{"git@git.example.com:team/*", "git@git.example.com:team2/app", false},
                      UrlCase{"git@git.example.com:team/*", "git@evil.example.com:team/app", false},
                      UrlCase{"git@git.example.com:team/*", "https://git.example.com/team/app", false},
                      UrlCase{"git@git.example.com:team/*", "git@git.example.com:other/../team/app", false},
                      UrlCase{"git@git.example.com:team/*", "https://evil.example/git@git.example.com:team/app", false},
                      UrlCase{"https://git.example.com/team/*", "https://token@git.example.com:443/team/app.git", true},
                      UrlCase{"https://git.example.com/team/*", "http://git.example.com/team/app", false},
                      UrlCase{"https://git.example.com/team/*", "https://git.example.com:8443/team/app", false},
                      UrlCase{"https://git.example.com/team/*", "https://git.example.com@evil.example/team/app", false},
                      UrlCase{"https://git.example.com/team/*", "file:///team/app", false},
                      UrlCase{"https://git.example.com/team/*", "", false},
                      UrlCase{"https://*/team/app", "https://any.example/team/app", true},
                      UrlCase{"https://*.example.com/team/app", "https://a.b.example.com/team/app", true}));

}  // namespace
}  // namespace airssys::wasm
