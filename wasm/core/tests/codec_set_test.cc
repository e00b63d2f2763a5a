#include "airssys/wasm/core/codec_set.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace airssys::wasm {
namespace {

CodecSet set(std::initializer_list<std::string_view> names) {
  std::vector<std::uint64_t> codes;
  for (const std::string_view name : names) codes.push_back(find_codec(name)->code);
  return CodecSet(std::move(codes));
}

std::string common(const CodecSet& sender, const CodecSet& receiver) {
  const Codec* const found = find_common_codec(sender, receiver);
  return found ? std::string(found->name) : "none";
}

// The table of R5.15.
TEST(CodecSet, TakesWhatItNames) {
  EXPECT_TRUE(set({"borsh"}).takes(find_codec("borsh")->code));
  EXPECT_FALSE(set({"messagepack"}).takes(find_codec("borsh")->code));
  EXPECT_TRUE(set({"borsh", "messagepack"}).takes(find_codec("messagepack")->code));
  EXPECT_FALSE(set({"borsh", "json"}).takes(find_codec("bincode")->code));
}

TEST(CodecSet, TakesEveryRegisteredCodecWhenItSaysNothing) {
  EXPECT_TRUE(CodecSet().says_nothing());
  for (const Codec& codec : codecs()) EXPECT_TRUE(CodecSet().takes(codec.code)) << codec.name;
}

TEST(CodecSet, PrefersBorshAndThenTheOrderOfTheReceiver) {
  EXPECT_EQ(common(set({"json", "borsh"}), set({"json", "borsh"})), "borsh");
  EXPECT_EQ(common(set({"json", "cbor"}), set({"cbor", "json"})), "cbor");
  EXPECT_EQ(common(set({"bincode"}), set({"borsh", "json"})), "none");
  EXPECT_EQ(common(CodecSet(), set({"cbor", "json"})), "cbor") << "whoever says nothing may send anything";
  EXPECT_EQ(common(set({"cbor"}), CodecSet()), "cbor");
  EXPECT_EQ(common(CodecSet(), CodecSet()), "borsh");
}

}  // namespace
}  // namespace airssys::wasm
