#include "airssys/sdk/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace airssys {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::uint8_t> wire(const payload& of) { return {of.wire().begin(), of.wire().end()}; }

bytes run(std::initializer_list<std::uint8_t> content) { return bytes(std::vector<std::uint8_t>(content)); }

TEST(Payload, OfTextOrBytesIsRaw) {
  EXPECT_THAT(wire("hi"), ElementsAre(0x55, 'h', 'i'));
  EXPECT_THAT(wire(std::string("hi")), ElementsAre(0x55, 'h', 'i'));
  EXPECT_THAT(wire(std::vector<std::uint8_t>{1, 2}), ElementsAre(0x55, 1, 2));
  EXPECT_THAT(wire(bytes("hi")), ElementsAre(0x55, 'h', 'i'));
  EXPECT_THAT(wire(""), ElementsAre(0x55));
}

TEST(Payload, WithoutContentIsRawAndEmpty) {
  payload none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.codec(), codec::raw);
  EXPECT_THAT(wire(none), ElementsAre(0x55));
  EXPECT_EQ(none.take_wire().size(), 1u);
}

TEST(Payload, BeginsWithTheCodeOfItsCodec) {
  EXPECT_THAT(wire({codec::json, "{}"}), ElementsAre(0x80, 0x04, '{', '}'));
  EXPECT_THAT(wire({codec::borsh, "x"}), ElementsAre(0x81, 0x0e, 'x'));
  const payload made = payload::make(codec::cbor, 3, [](std::span<std::uint8_t> to) { to[0] = to[1] = to[2] = 7; });
  EXPECT_THAT(wire(made), ElementsAre(0x51, 7, 7, 7));
}

TEST(Payload, ThatWasReceivedGoesOnAsItIs) {
  bytes received = run({0x80, 0x04, '{', '}'});
  const std::uint8_t* const memory = received.data();
  auto got = payload::adopt(std::move(received));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->codec(), codec::json);
  EXPECT_EQ(got->text(), "{}");
  EXPECT_EQ(got->wire().data(), memory);
  const payload copy = got->clone();
  EXPECT_EQ(copy.codec(), codec::json);
  EXPECT_NE(copy.data(), got->data());
  EXPECT_EQ(got->take_wire().data(), memory);
  EXPECT_THAT(wire(*got), ElementsAre(0x55));  // nothing is left of it
}

TEST(Payload, TakesPrivateAliasesAsWhatTheyStandFor) {
  EXPECT_EQ(payload::adopt(run({0x81, 0x8e, 0xc0, 0x01, 1}))->codec(), codec::borsh);
  EXPECT_EQ(payload::adopt(run({0x82, 0x8e, 0xc0, 0x01, 1}))->codec(), codec::bincode);
}

TEST(Payload, IsNoneWithoutAWholePrefixOfTheShortestForm) {
  EXPECT_THAT(payload::adopt({}).error(), HasSubstr("empty"));
  EXPECT_THAT(payload::adopt(run({0x81})).error(), HasSubstr("cut off"));
  EXPECT_THAT(payload::adopt(run({0xd5, 0x00})).error(), HasSubstr("longer than it has to be"));
  EXPECT_THAT(payload::adopt(run({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})).error(), HasSubstr("nine bytes"));
}

TEST(Payload, PrefixesGoThereAndBackAtEveryLength) {
  for (unsigned bits = 0; bits < 63; ++bits) {
    const payload made(std::uint64_t{1} << bits, "x");
    auto back = payload::adopt(bytes(made.wire()));
    ASSERT_TRUE(back) << bits;
    EXPECT_EQ(back->codec(), std::uint64_t{1} << bits);
    EXPECT_EQ(back->text(), "x");
  }
}

TEST(PayloadWriter, GrowsAndKeepsWhatWasWritten) {
  payload_writer writer(codec::json, 1);
  std::string expected;
  for (int n = 0; n < 1000; ++n) {
    writer.push(static_cast<std::uint8_t>('a' + n % 26));
    writer.append(std::to_string(n));
    expected += static_cast<char>('a' + n % 26) + std::to_string(n);
  }
  writer.append("");
  EXPECT_EQ(writer.size(), expected.size());
  const payload made = std::move(writer).finish();
  EXPECT_EQ(made.codec(), codec::json);
  EXPECT_EQ(made.text(), expected);
  EXPECT_EQ(made.wire().size(), expected.size() + 2);
}

TEST(PayloadWriter, OfNothingMakesAnEmptyPayload) {
  EXPECT_THAT(wire(payload_writer(codec::raw, 0).finish()), ElementsAre(0x55));
}

}  // namespace
}  // namespace airssys
