#include <gtest/gtest.h>

#include <string>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view head =
    "[package]\nname = \"app\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[resources]\nmax_memory = \"4MiB\"\nmax_stack = \"64KiB\"\n";  // seven lines

Result<Manifest> read(std::string_view rest) { return parse_manifest(std::string(head) + std::string(rest), "C"); }

CodecSet set(std::vector<std::uint64_t> codes) { return CodecSet(std::move(codes)); }

TEST(SerializationTable, SaysNothingWhenItIsNotThere) {
  const auto manifest = read("");
  EXPECT_TRUE(manifest->serialization.codecs.says_nothing());
  EXPECT_FALSE(manifest->serialization.preferred);
}

TEST(SerializationTable, NamesCodecsInTheirOrderOfWhichTheFirstIsPreferred) {
  const auto manifest = read("[serialization]\nsupported_codecs = [\"json\", \"borsh\"]\n");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->serialization.codecs, set({0x0200, 0x0701}));
  EXPECT_EQ(manifest->serialization.preferred, 0x0200u);
}

TEST(SerializationTable, IsReadUnderItsOldNames) {
  const auto manifest = read("[multicodec]\nsupported-receive-formats = [\"json\", \"cbor\"]\nprimary-format = \"cbor\"\n");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->serialization.codecs, set({0x0200, 0x51}));
  EXPECT_EQ(manifest->serialization.preferred, 0x51u);
  EXPECT_EQ(manifest->warnings.size(), 3u);
}

TEST(SerializationTable, SaysWhereItIsWrongAndWhatToWrite) {
  EXPECT_EQ(read("[serialization]\nsupported_codecs = [\"bosh\"]\n").error().message(),
            "C:9:21: 'supported_codecs' has no codec 'bosh'; there are protobuf, cbor, raw, json, messagepack, borsh, bincode; "
            "write supported_codecs = [\"borsh\", \"json\"]");
  EXPECT_EQ(read("[serialization]\nsupported_codecs = [\"raw\", \"raw\"]\n").error().message(),
            "C:9:28: 'supported_codecs' names raw twice; remove one of them");
  EXPECT_EQ(read("[serialization]\nsupported_codecs = [\"raw\"]\npreferred_codec = \"json\"\n").error().message(),
            "C:10:19: 'preferred_codec' is json, which supported_codecs does not name; add it there");
  EXPECT_FALSE(read("[serialization]\nsupported_codecs = [\"dag-cbor\"]\n")) << "it is only recognised";
}

}  // namespace
}  // namespace airssys::wasm
