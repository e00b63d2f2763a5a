#include "airssys/wasm/security/keypair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoding.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using testing::contents;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::mode_of;
using ::testing::Not;
using testing::ScratchFolder;
namespace fs = std::filesystem;

// RFC 8032 §7.1, tests 1 and 2.
constexpr std::string_view seed_1 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view public_1 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
constexpr std::string_view signature_1 =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a"
    "100b";
constexpr std::string_view seed_2 = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view public_2 = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr std::string_view signature_2 =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
    "0c00";

Keypair from_hex_seed(std::string_view hex) {
  std::array<std::byte, 32> seed{};
  EXPECT_TRUE(from_hex(hex, seed));
  auto made = Keypair::from_seed(seed);
  EXPECT_TRUE(made) << made.error().message();
  return *std::move(made);
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

Error refusal(const Result<Keypair>& result) { return result ? Error(Code::internal, "was taken") : result.error(); }

TEST(Keypair, SignsAsTheRfcDoes) {
  const Keypair first = from_hex_seed(seed_1);
  EXPECT_EQ(first.public_key().hex(), public_1);
  EXPECT_EQ(to_hex(first.sign({})), signature_1);
  const Keypair second = from_hex_seed(seed_2);
  EXPECT_EQ(second.public_key().hex(), public_2);
  EXPECT_EQ(to_hex(second.sign(bytes("\x72"))), signature_2);
}

TEST(Keypair, VerifiesItsOwnSignaturesAndNoOther) {
  const Keypair author = *Keypair::generate();
  const Keypair other = *Keypair::generate();
  EXPECT_NE(author.public_key(), other.public_key());
  SignatureBytes signature = author.sign(bytes("text"));
  EXPECT_TRUE(author.public_key().verifies(bytes("text"), signature));
  EXPECT_FALSE(author.public_key().verifies(bytes("texT"), signature));
  EXPECT_FALSE(other.public_key().verifies(bytes("text"), signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    signature[i] ^= std::byte{1};
    EXPECT_FALSE(author.public_key().verifies(bytes("text"), signature)) << "byte " << i;
    signature[i] ^= std::byte{1};
  }
}

// RFC 8032 §5.1.7: S has to be below the group's order, or one signature had two forms.
TEST(PublicKey, RefusesTheSecondFormOfASignature) {
  const Keypair author = from_hex_seed(seed_1);
  std::array<std::byte, 32> order{};
  ASSERT_TRUE(from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order));
  SignatureBytes signature = author.sign(bytes("text"));
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += std::to_integer<unsigned>(signature[32 + i]) + std::to_integer<unsigned>(order[i]);
    signature[32 + i] = static_cast<std::byte>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(author.public_key().verifies(bytes("text"), signature));
}

TEST(PublicKey, IsReadInEveryFormThatPeopleHaveAndShownInOne) {
  const std::string shown = "ed25519:" + std::string(public_1);
  const std::string base64 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  const std::string blob = "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
  for (const std::string& text :
       {shown, std::string(public_1), "ed25519:" + base64, base64, base64.substr(0, 43), "ed25519:" + blob, blob,
        "ssh-ed25519 " + blob, "ssh-ed25519 " + blob + " release@example.com\n"}) {
    const auto key = PublicKey::parse(text);
    ASSERT_TRUE(key) << text << ": " << key.error().message();
    EXPECT_EQ(key->text(), shown) << text;
  }
}

TEST(PublicKey, RefusesWhatIsNoKey) {
  for (const std::string& text :
       {std::string(), std::string("ed25519:"), std::string(public_1.substr(1)), std::string(public_1) + "00",
        std::string(64, 'g'), std::string("ssh-rsa AAAAB3NzaC1yc2E="), std::string(64, '0'),  // a point of a small group
        "01" + std::string(62, '0')})
    EXPECT_FALSE(PublicKey::parse(text)) << text;
  EXPECT_THAT(PublicKey::parse("mine").error().message(), HasSubstr("'mine' is no public key; write ed25519: and 64 hex digits"));
}

// All encodings of the points whose order is 1, 2, 4 or 8, those that are not canonical too: y, with either sign of x. Their
// multiples by 8 are zero, so R = B and S = 1 are the signature of one message in eight by each, and of all by the first.
TEST(PublicKey, OfASmallGroupVerifiesNothingHoweverItIsWritten) {
  constexpr std::string_view points[]{
      "0100000000000000000000000000000000000000000000000000000000000000",  // 1
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // 2
      "0000000000000000000000000000000000000000000000000000000000000000",  // 4
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // 8
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  // 8
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // 1, as p + 1
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"  // 4, as p
  };
  SignatureBytes forged{};
  ASSERT_TRUE(
      from_hex("5866666666666666666666666666666666666666666666666666666666666666"
               "0100000000000000000000000000000000000000000000000000000000000000",
               forged));
  for (const std::string_view point : points) {
    for (const std::byte sign : {std::byte{0}, std::byte{0x80}}) {
      std::array<std::byte, 32> key{};
      ASSERT_TRUE(from_hex(point, key));
      key.back() |= sign;
      EXPECT_FALSE(PublicKey::from_bytes(key)) << point;
      for (int i = 0; i < 64; ++i)
        EXPECT_FALSE(PublicKey::named(key).verifies(bytes(std::to_string(i)), forged)) << point << ' ' << i;
    }
  }
}

// y below 19 can be written as y + p as well: the key is the same point then, and its signatures would hold.
TEST(PublicKey, OfAnEncodingThatIsNotCanonicalVerifiesNothing) {
  for (unsigned y = 0; y < 19; ++y) {
    std::array<std::byte, 32> key{};
    key.fill(std::byte{0xff});
    key.front() = static_cast<std::byte>(0xed + y);
    for (const std::byte last : {std::byte{0x7f}, std::byte{0xff}}) {
      key.back() = last;
      EXPECT_FALSE(PublicKey::from_bytes(key));
      EXPECT_FALSE(PublicKey::named(key).verifies(bytes("text"), from_hex_seed(seed_1).sign(bytes("text"))));
    }
  }
}

TEST(KeypairFile, IsWrittenForItsOwnerAloneAndReadAgain) {
  const ScratchFolder folder;
  const fs::path file = folder.path() / "home" / "keypair.json";
  const Keypair made = *Keypair::generate();
  ASSERT_TRUE(made.write(file, Keypair::Existing::refuse));
  EXPECT_EQ(mode_of(file), 0600u);
  EXPECT_EQ(mode_of(file.parent_path()), 0700u);
  const auto read = Keypair::read(file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->public_key(), made.public_key());
  EXPECT_EQ(read->sign(bytes("text")), made.sign(bytes("text")));
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), 1) << "a file was left behind";
}

TEST(KeypairFile, HasTheFormOfTheGoldenFile) {
  const ScratchFolder folder;
  const fs::path file = folder.path() / "keypair.json";
  ASSERT_TRUE(from_hex_seed(seed_1).write(file, Keypair::Existing::refuse));
  EXPECT_EQ(contents(file), contents(fs::path(AIRSSYS_GOLDEN) / "keypair.json"));
}

TEST(KeypairFile, IsNotReplacedUnlessAsked) {
  const ScratchFolder folder;
  const fs::path file = folder.path() / "keypair.json";
  const Keypair first = *Keypair::generate(), second = *Keypair::generate();
  ASSERT_TRUE(first.write(file, Keypair::Existing::refuse));
  const auto refused = second.write(file, Keypair::Existing::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::already_exists);
  EXPECT_THAT(refused.error().message(), EndsWith("or replace it with --force"));
  EXPECT_EQ(Keypair::read(file)->public_key(), first.public_key());
  ASSERT_TRUE(second.write(file, Keypair::Existing::replace));
  EXPECT_EQ(Keypair::read(file)->public_key(), second.public_key());
}

TEST(KeypairFile, IsRefusedWhenOthersMayReadItWithTheCommandThatHelps) {
  const ScratchFolder folder;
  for (const mode_t mode : {0644, 0640, 0604, 0660, 0601}) {
    const fs::path file = folder.write("keypair.json", contents(fs::path(AIRSSYS_GOLDEN) / "keypair.json"), mode);
    const Error error = refusal(Keypair::read(file));
    EXPECT_EQ(error.code(), Code::key_unavailable);
    EXPECT_THAT(error.message(), EndsWith("run 'chmod 600 " + file.native() + "'"));
  }
}

TEST(KeypairFile, TellsHowToMakeOneWhenThereIsNone) {
  const Error error = refusal(Keypair::read("/nowhere/keypair.json"));
  EXPECT_EQ(error.code(), Code::key_unavailable);
  EXPECT_EQ(error.message(), "/nowhere/keypair.json: there is no key; make one with 'airssys-wasm keygen'");
}

TEST(KeypairFile, OfOlderFormsIsTaken) {
  const std::string two_fields =
      "{\"public_key\":\"" + std::string(public_1) + "\",\"secret_key\":\"" + std::string(seed_1) + "\"}";
  const std::string long_secret = "{\"version\":1,\"algorithm\":\"ed25519\",\"public_key\":\"" + std::string(public_1) +
                                  "\",\"secret_key\":\"" + std::string(seed_1) + std::string(public_1) + "\"}";
  for (const std::string& text : {two_fields, long_secret}) {
    const auto read = Keypair::parse(text, "k");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->public_key().hex(), public_1);
  }
}

TEST(KeypairFile, ThatIsWrongIsRefusedWithoutAWordOfTheSecret) {
  const std::string secret(seed_1), shown(public_1);
  const auto file = [](std::string_view key, std::string_view hidden, std::string_view more = "") {
    return "{\"public_key\":\"" + std::string(key) + "\",\"secret_key\":\"" + std::string(hidden) + "\"" + std::string(more) +
           "}";
  };
  for (const std::string& text :
       {std::string(), std::string("[]"), "{\"secret_key\":\"" + secret, "{\"secret_key\":\"" + secret + "\"}",
        file(shown, secret.substr(1)), file(shown, secret + "00"), file(public_2, secret), file(shown.substr(2), secret),
        file(shown, secret + std::string(public_2)), file(shown, secret, ",\"version\":2"),
        file(shown, secret, ",\"algorithm\":\"rsa\""), file(shown, secret, ",\"" + secret.substr(0, 8) + "x\":1")}) {
    const Error error = refusal(Keypair::parse(text, "k"));
    EXPECT_EQ(error.code(), Code::key_unavailable) << text;
    EXPECT_THAT(error.message(), Not(HasSubstr(secret.substr(0, 12)))) << text;
  }
}

TEST(Keypair, ComesFromASeedInBase64) {
  const auto made = Keypair::from_base64_seed("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->public_key().hex(), public_1);
  const Error error = refusal(Keypair::from_base64_seed("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2"));
  EXPECT_EQ(error.code(), Code::key_unavailable);
  EXPECT_THAT(error.message(), Not(HasSubstr("nWGx")));
}

}  // namespace
}  // namespace airssys::wasm
