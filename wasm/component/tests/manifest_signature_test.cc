#include "airssys/wasm/component/manifest_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view plain = R"(# what it is
[package]
name = "echo"   # of its own
version = "1.2.3"
authors = ["A"]

[resources]
max_memory = "1MiB"
max_stack = "64KiB"
)";

ManifestSignature sample(char digit = 'a') {
  return {.author_public_key = std::string(64, digit),
          .signature = std::string(128, digit),
          .payload_version = 2,
          .wasm_hash = "sha256:" + std::string(64, digit),
          .component_name = "echo",
          .component_version = "1.2.3",
          .signed_at = "2026-01-31T12:00:00Z",
          .manifest_hash = "sha256:" + std::string(64, '0'),
          .place = {}};
}

std::string signed_text(std::string_view text, const ManifestSignature& signature) {
  const auto out = with_signature(text, "C", signature);
  EXPECT_TRUE(out) << out.error().message();
  return out.value_or("");
}

std::string digest_of(std::string_view text) {
  const auto digest = manifest_digest(text, "C");
  return digest ? digest->text() : digest.error().message();
}

std::string mistakes(std::string_view text) {
  const auto parsed = parse_manifest(text, "C");
  return parsed ? "none" : parsed.error().message();
}

TEST(Digest, IsSha256AsTextAndBack) {
  const Digest digest = Digest::of(std::as_bytes(std::span("abc", 3)));
  EXPECT_EQ(digest.text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest::parse(digest.text()), digest);
  for (const std::string& text :
       {std::string(), std::string("sha256:"), digest.text().substr(1), digest.text() + "0", "sha256:" + std::string(64, 'A')})
    EXPECT_FALSE(Digest::parse(text)) << text;
}

TEST(ManifestSignature, IsWrittenBehindTheRestAndReadAgain) {
  const std::string text = signed_text(plain, sample());
  EXPECT_THAT(text, StartsWith(std::string(plain) + "\n[security]\nauthor_public_key = \"aaaa"));
  const auto manifest = parse_manifest(text, "C");
  ASSERT_TRUE(manifest) << manifest.error().message();
  ASSERT_TRUE(manifest->signature);
  EXPECT_EQ(manifest->signature->signature, std::string(128, 'a'));
  EXPECT_EQ(manifest->signature->manifest_hash, sample().manifest_hash);
  EXPECT_EQ(manifest->signature->place, "C:11:1");
}

TEST(ManifestSignature, TakesThePlaceOfTheOldOne) {
  const std::string old = signed_text(plain, sample('a')) + "\n# last\n[deployment]\nrestart = \"transient\"\n";
  const std::string text = signed_text(old, sample('b'));
  EXPECT_EQ(text, signed_text(plain, sample('b')) + "\n# last\n[deployment]\nrestart = \"transient\"\n");
  EXPECT_EQ(signed_text(text, sample('b')), text);
}

TEST(ManifestSignature, KeepsCommentsOfTheTableThatItReplaces) {
  const std::string old =
      std::string(plain) + "\n[security] # mine\n# the key of 2026\nauthor_public_key = \"" + std::string(64, 'c') + "\"\n";
  EXPECT_EQ(signed_text(old, sample()), signed_text(plain, sample()) + "# the key of 2026\n");
}

TEST(ManifestSignature, KeepsLineEndsAndAddsTheOneThatIsMissing) {
  const std::string text = signed_text("[a]\r\nb = 1", sample());
  EXPECT_THAT(text, StartsWith("[a]\r\nb = 1\r\n\r\n[security]\r\nauthor_public_key"));
  EXPECT_THAT(text, EndsWith("\"\r\n"));
}

TEST(ManifestSignature, InTheFormOfOneLineGivesWayToATableAtTheEnd) {
  const std::string text = signed_text("security = { signature = 'x' }\nafter = 1\n", sample());
  EXPECT_THAT(text, StartsWith("after = 1\n\n[security]\n"));
}

TEST(ManifestSignature, InAFormThatIsNotUnderstoodIsLeftAlone) {
  const auto refused = with_signature("a = 1\n[security]\nsignature = \"\"\"\nx\n\"\"\"\n", "C", sample());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "C:2:2: the signature cannot be written in the place of what stands here; delete [security], and sign again");
}

// "[security]" in a string is no table.
TEST(ManifestSignature, IsNotFooledByStrings) {
  const std::string text = "[metadata]\nnote = '''\n[security]\nsignature = \"x\"\n'''\n";
  EXPECT_EQ(signed_text(text, sample()).substr(0, text.size()), text);
}

TEST(ManifestDigest, IsOfWhatTheManifestSaysAndNotOfItsSpelling) {
  const std::string digest = digest_of(plain);
  EXPECT_THAT(digest, StartsWith("sha256:"));
  EXPECT_EQ(digest_of(signed_text(plain, sample())), digest);
  EXPECT_EQ(digest_of("resources = { max_stack = '64KiB', max_memory = '1MiB' }\n[package]\nauthors = ['A',]\nversion='1.2.3'\n"
                      "name='echo'\n"),
            digest);
  EXPECT_NE(digest_of(std::string(plain) + "[capabilities.messaging]\nsend = [\"*\"]\n"), digest);
  EXPECT_EQ(parse_manifest(plain, "C")->digest.text(), digest);
}

TEST(ManifestDigest, OfTheSampleNeverChanges) {
  EXPECT_EQ(
      digest_of("[package]\nname = \"echo\"\nn = 1\nf = 1.5\nd = 2026-01-31\n"),
      Digest::of(std::as_bytes(std::span(std::string_view(R"({"package":{"d":"2026-01-31","f":1.5,"n":1,"name":"echo"}})"))))
          .text());
}

TEST(SecurityTable, SaysEachMistakeWithItsPlace) {
  EXPECT_THAT(mistakes(std::string(plain) + "[security]\nsignature = \"xyz\"\n"),
              ::testing::AllOf(HasSubstr("C:10:1: [security] has no 'author_public_key'; sign again with 'airssys-wasm sign'"),
                               HasSubstr("C:10:1: there is no table [security.signature_payload]"),
                               HasSubstr("C:11:13: 'signature' is 'xyz', not 128 lowercase hex digits")));
  std::string text = signed_text(plain, sample());
  text.replace(text.find("sha256:a"), 8, "sha512:a");
  EXPECT_THAT(mistakes(text), HasSubstr("'wasm_hash' is wrong: 'sha512:aaa"));
  text = signed_text(plain, sample());
  text.replace(text.find("payload_version = 2"), 19, "payload_version = 3");
  EXPECT_THAT(mistakes(text), HasSubstr("'payload_version' is 3, must be 1 to 2"));
  EXPECT_EQ(mistakes(std::string(plain) + "[security]\n"), "none");
}

TEST(SecurityTable, OfTheFirstVersionHasNoHashOfTheManifest) {
  ManifestSignature first = sample();
  first.payload_version = 1;
  first.manifest_hash.clear();
  const auto manifest = parse_manifest(signed_text(plain, first), "C");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->signature->payload_version, 1u);
  EXPECT_EQ(manifest->signature->manifest_hash, "");
}

}  // namespace
}  // namespace airssys::wasm
