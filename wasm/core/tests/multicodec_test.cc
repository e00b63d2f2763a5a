#include "airssys/wasm/core/multicodec.h"

#include <gmock/gmock.h>

#include <vector>

namespace airssys::wasm {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Raw = std::vector<std::uint8_t>;

Raw prefix(std::uint64_t code) {
  const MulticodecPrefix made = encode_prefix(code);
  return {made.span().begin(), made.span().end()};
}

auto split(const Raw& payload) { return split_payload(std::as_bytes(std::span(payload))); }

struct Vector {
  std::string_view name;
  std::uint64_t code;
  Raw bytes;
  bool supported = true;
};

// X.30, X.31
const std::vector<Vector> vectors{{"protobuf", 0x50, {0x50}},
                                  {"cbor", 0x51, {0x51}},
                                  {"raw", 0x55, {0x55}},
                                  {"dag-cbor", 0x71, {0x71}, false},
                                  {"dag-json", 0x0129, {0xa9, 0x02}, false},
                                  {"json", 0x0200, {0x80, 0x04}},
                                  {"messagepack", 0x0201, {0x81, 0x04}},
                                  {"borsh", 0x0701, {0x81, 0x0e}},
                                  {"bincode", 0x0702, {0x82, 0x0e}}};

TEST(Multicodec, KnowsTheVectorsOfTheRegistry) {
  EXPECT_EQ(codecs().size(), vectors.size());
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.name);
    const Codec* codec = find_codec(vector.name);
    ASSERT_NE(codec, nullptr);
    EXPECT_EQ(codec->code, vector.code);
    EXPECT_EQ(codec->supported, vector.supported);
    EXPECT_EQ(find_codec(vector.code), codec);
    EXPECT_THAT(prefix(vector.code), ElementsAreArray(vector.bytes));
    Raw payload = vector.bytes;
    payload.push_back(0xff);
    const auto found = split(payload);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->code, vector.code);
    EXPECT_EQ(found->prefix_bytes, vector.bytes.size());
  }
}

TEST(Multicodec, TakesThePrivateAliases) {
  EXPECT_EQ(find_codec(0x300701)->name, "borsh");
  EXPECT_EQ(find_codec(0x300702)->name, "bincode");
  EXPECT_EQ(split({0x81, 0x8e, 0xc0, 0x01})->code, 0x300701u);
  EXPECT_EQ(split({0x82, 0x8e, 0xc0, 0x01})->code, 0x300702u);
}

TEST(Multicodec, KnowsNothingElse) {
  EXPECT_EQ(find_codec(0x0114), nullptr);  // some documents call it yaml; it is an address of a network
  EXPECT_EQ(find_codec(0x300114), nullptr);
  EXPECT_EQ(find_codec(std::uint64_t{0}), nullptr);
  EXPECT_EQ(find_codec(UINT64_MAX), nullptr);
  EXPECT_EQ(find_codec("yaml"), nullptr);
  EXPECT_EQ(find_codec(""), nullptr);
}

TEST(Multicodec, ReadsTheFormsOfOlderDocumentsAsWhatTheyAre) {
  EXPECT_EQ(split({0x07, 0x01})->code, 0x07u);  // big-endian borsh is something else
  EXPECT_EQ(split({0x01, 0x07})->code, 0x01u);
  EXPECT_EQ(split({0x70, 0x01})->code, 0x70u);
}

TEST(Multicodec, GoesThereAndBackAtEveryLength) {
  for (unsigned bits = 0; bits < 63; ++bits) {
    for (const std::uint64_t code : {std::uint64_t{1} << bits, (std::uint64_t{1} << (bits + 1)) - 1}) {
      const auto found = split(prefix(code));
      ASSERT_TRUE(found) << code;
      EXPECT_EQ(found->code, code);
      EXPECT_EQ(found->prefix_bytes, bits / 7 + 1);
    }
  }
  EXPECT_EQ(split({0})->code, 0u);
}

TEST(Multicodec, RefusesWhatIsEmptyCutOffLongerThanItHasToBeOrTooLong) {
  EXPECT_THAT(split({}).error(), HasSubstr("empty"));
  EXPECT_THAT(split({0x81}).error(), HasSubstr("cut off"));
  EXPECT_THAT(split({0x81, 0x8e, 0xc0}).error(), HasSubstr("cut off"));
  EXPECT_THAT(split({0xd0, 0x00}).error(), HasSubstr("longer than it has to be"));
  EXPECT_THAT(split({0x80, 0x00}).error(), HasSubstr("longer than it has to be"));
  EXPECT_EQ(split({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})->code, max_codec_code);
  EXPECT_THAT(split({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}).error(), HasSubstr("nine bytes"));
}

TEST(Multicodec, MakesTheWireFormOfAPayloadAndTakesItApartWithoutACopy) {
  for (const Vector& vector : vectors) {
    const Payload payload(Bytes::copy_of("content"), vector.code);
    const Bytes wire = encode(payload);
    EXPECT_EQ(wire.size(), vector.bytes.size() + 7);
    const auto back = decode(wire);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, payload);
    EXPECT_EQ(back->content.data(), wire.data() + vector.bytes.size());
  }
}

TEST(Multicodec, SendsBytesAsRawUnlessSomebodySaysOtherwise) {
  const Payload payload = Bytes::copy_of("hello");
  EXPECT_EQ(encode(payload).text(), "\x55hello");
  EXPECT_EQ(encode({}).text(), "\x55");
  EXPECT_EQ(decode(Bytes::copy_of("\x55"))->text(), "");
}

TEST(Multicodec, TakesNoBytesApartThatHaveNoPrefix) {
  EXPECT_THAT(decode({}).error(), HasSubstr("empty"));
  EXPECT_THAT(decode(Bytes::copy_of("\x81")).error(), HasSubstr("cut off"));
}

TEST(Multicodec, NamesCodecsToPeople) {
  EXPECT_EQ(codec_text(0x0200), "json");
  EXPECT_EQ(codec_text(0x300701), "borsh");
  EXPECT_EQ(codec_text(0x1234), "0x1234");
}

}  // namespace
}  // namespace airssys::wasm
