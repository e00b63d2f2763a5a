#include "airssys/wasm/toml/canonical_json.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <string>

namespace airssys::wasm {
namespace {

std::string canonical(std::string_view toml) {
  const auto root = parse_toml(toml);
  if (!root) return "not TOML: " + root.error().what;
  return canonical_json(*root);
}

TEST(CanonicalJson, IsTheSameForEverySpellingOfADocument) {
  constexpr std::string_view wanted = R"({"a":{"b":[1,"two",true]},"z":"x"})";
  EXPECT_EQ(canonical("z = \"x\"\n[a]\nb = [1, \"two\", true]\n"), wanted);
  EXPECT_EQ(canonical("# note\na.b = [ 0x1, 'two', # why\n true ]\nz='x'"), wanted);
  EXPECT_EQ(canonical("a = { b = [+1, \"\"\"\ntwo\"\"\", true] }\r\nz = \"\\u0078\"\r\n"), wanted);
  EXPECT_EQ(canonical(""), "{}");
}

// RFC 8785 §3.2.3, the example of the RFC itself.
TEST(CanonicalJson, SortsNamesByTheirUtf16CodeUnits) {
  EXPECT_EQ(canonical("\"\\u20ac\" = 'Euro Sign'\n\"\\r\" = 'Carriage Return'\n\"\\ufb33\" = 'Hebrew'\n1 = 'One'\n"
                      "\"\\U0001F600\" = 'Emoji'\n\"\\u0080\" = 'Control'\n\"\\u00f6\" = 'Latin'\n"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin\",\"\xe2\x82\xac\":"
            "\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji\",\"\xef\xac\xb3\":\"Hebrew\"}");
}

// RFC 8785 §3.2.2.2.
TEST(CanonicalJson, EscapesWhatItHasToAndNoMore) {
  EXPECT_EQ(canonical_string("\b\t\n\f\r\"\\/\x01\x1f\x7f\xe2\x82\xac"),
            "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\xe2\x82\xac\"");
}

// RFC 8785 appendix B, its samples by their bits.
TEST(CanonicalJson, WritesNumbersAsTheRfcsSamples) {
  struct Sample {
    std::uint64_t bits;
    std::string_view text;
  };
  constexpr Sample samples[]{{0x0000000000000000, "0"},
                             {0x8000000000000000, "0"},
                             {0x0000000000000001, "5e-324"},
                             {0x8000000000000001, "-5e-324"},
                             {0x7fefffffffffffff, "1.7976931348623157e+308"},
                             {0xffefffffffffffff, "-1.7976931348623157e+308"},
                             {0x4340000000000000, "9007199254740992"},
                             {0xc340000000000000, "-9007199254740992"},
                             {0x4430000000000000, "295147905179352830000"},
                             {0x44b52d02c7e14af5, "9.999999999999997e+22"},
                             {0x44b52d02c7e14af6, "1e+23"},
                             {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
                             {0x444b1ae4d6e2ef4e, "999999999999999700000"},
                             {0x444b1ae4d6e2ef4f, "999999999999999900000"},
                             {0x444b1ae4d6e2ef50, "1e+21"},
                             {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
                             {0x3eb0c6f7a0b5ed8d, "0.000001"},
                             {0x41b3de4355555553, "333333333.3333332"},
                             {0x41b3de4355555554, "333333333.33333325"},
                             {0x41b3de4355555555, "333333333.3333333"},
                             {0x41b3de4355555556, "333333333.3333334"},
                             {0x41b3de4355555557, "333333333.33333343"},
                             {0xbecbf647612f3696, "-0.0000033333333333333333"},
                             {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const Sample& sample : samples) EXPECT_EQ(canonical_number(std::bit_cast<double>(sample.bits)), sample.text);
}

TEST(CanonicalJson, KeepsIntegersExact) {
  EXPECT_EQ(canonical("a = 9007199254740992\nb = -9007199254740992"), R"({"a":9007199254740992,"b":-9007199254740992})");
  EXPECT_EQ(canonical("a = 9007199254740993\nb = -9223372036854775808"),
            R"({"a":"9007199254740993","b":"-9223372036854775808"})");
}

TEST(CanonicalJson, WritesDatesAsRfc3339) {
  EXPECT_EQ(canonical("a = 2026-01-02\nb = 03:04:05\nc = 03:04:05.25\nd = 2026-01-02 03:04:05\ne = 2026-01-02T03:04:05Z\n"
                      "f = 2026-01-02T03:04:05.000000001-07:30\n"),
            R"({"a":"2026-01-02","b":"03:04:05","c":"03:04:05.250000000","d":"2026-01-02T03:04:05","e":"2026-01-02T03:04:05Z",)"
            R"("f":"2026-01-02T03:04:05.000000001-07:30"})");
}

TEST(TomlDocument, HasNoInfinityAndNoNan) {
  for (const std::string_view text : {"a = inf", "a = -inf", "a = nan"}) {
    const auto root = parse_toml(text);
    ASSERT_FALSE(root) << text;
    EXPECT_EQ(root.error().what, "infinity and NaN have no meaning here; write a finite number");
    EXPECT_EQ(root.error().place, (Place{1, 5}));
  }
}

}  // namespace
}  // namespace airssys::wasm
