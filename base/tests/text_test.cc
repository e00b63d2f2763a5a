#include "airssys/base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace airssys {
namespace {

using namespace std::string_view_literals;

TEST(Quoted, LeavesOrdinaryTextAsItIs) {
  EXPECT_EQ(quoted("max_memory"), "'max_memory'");
  EXPECT_EQ(quoted("Grüße 日本 😀"), "'Grüße 日本 😀'");
}

TEST(Quoted, DisarmsWhatSteersATerminal) {
  EXPECT_EQ(quoted("a\x1b[2Jb\n\0\x7f"sv), R"('a\x1b[2Jb\x0a\x00\x7f')");
  EXPECT_EQ(quoted("\xc2\x9b"), R"('\xc2\x9b')");
}

TEST(Quoted, ShowsWhatIsNotUtf8AsBytes) { EXPECT_EQ(quoted("\xff\xc3(\xe2\x82"), R"('\xff\xc3(\xe2\x82')"); }

TEST(Quoted, CutsLongTextAtACharacter) {
  EXPECT_EQ(quoted("abcdef", 3), "'abc...'");
  EXPECT_EQ(quoted("abc", 3), "'abc'");
  EXPECT_EQ(quoted("aü", 2), "'a...'");
}

TEST(Utf8Prefix, EndsAtOverlongFormsSurrogatesAndCutCharacters) {
  EXPECT_EQ(utf8_prefix(""), 0u);
  EXPECT_EQ(utf8_prefix("Grüße \xf4\x8f\xbf\xbf"), 12u);
  for (auto bad : {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv, "\xf0\x80\x80\x80"sv,
                   "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xff"sv})
    EXPECT_EQ(utf8_prefix("ab" + std::string(bad)), 2u) << quoted(bad);
}

TEST(Nearest, FindsTheNameThatWasMeant) {
  constexpr std::array names{"max_memory"sv, "max_stack"sv, "name"sv};
  EXPECT_EQ(nearest("max_memroy", names), "max_memory");
  EXPECT_EQ(nearest("maxmemory", names), "max_memory");
  EXPECT_EQ(nearest("nmae", names), "name");
  EXPECT_EQ(nearest("colour", names), "");
  EXPECT_EQ(nearest("", names), "");
}

TEST(Nearest, TakesTheEarlierOfEqualsAndNoneFarAway) {
  constexpr std::array names{"cat"sv, "bat"sv};
  EXPECT_EQ(nearest("rat", names), "cat");
  EXPECT_EQ(nearest("dog", names), "");
}

TEST(Nearest, GivesUpOnWordsPastItsBound) {
  const std::string word(65, 'a');
  const std::array names{std::string_view(word)};
  EXPECT_EQ(nearest(word, names), "");
}

}  // namespace
}  // namespace airssys
