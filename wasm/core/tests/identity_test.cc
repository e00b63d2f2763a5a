#include "airssys/wasm/core/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

ComponentAddress address(std::string_view text) { return ComponentAddress::parse(text).value(); }

TEST(ComponentName, TakesLettersDigitsAndSingleHyphens) {
  for (const std::string& text :
       {std::string("a"), std::string("word-counter"), std::string("v2"), std::string("a-1-b2"), std::string(64, 'x')})
    EXPECT_EQ(ComponentName::parse(text)->text(), text);
}

TEST(ComponentName, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string text, message;
  };
  for (const auto& [text, message] : {
           Case{"", "'': component name at byte 1: is empty"},
           Case{"Split", "'Split': component name at byte 1: 'S' is not allowed"},
           Case{"2fast", "byte 1: begins with a digit"},
           Case{"-a", "byte 1: begins with '-'"},
           Case{"a-", "byte 2: ends with '-'"},
           Case{"a--b", "byte 3: has two '-' in a row"},
           Case{"word_counter", "byte 5: '_' is not allowed"},
           Case{"a/b", "byte 2: '/' is not allowed"},
           Case{"a:b", "byte 2: ':' is not allowed"},
           Case{"a|b", "byte 2: '|' is not allowed"},
           Case{std::string("a\0b", 3), R"(byte 2: '\x00' is not allowed)"},
           Case{"zähler", "byte 2: 'ä' is not allowed"},
           Case{"a\xff", R"(byte 2: '\xff' is not allowed)"},
           Case{std::string(65, 'x'), "byte 65: is longer than 64 bytes"},
       }) {
    const auto result = ComponentName::parse(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_THAT(result.error().message(), HasSubstr(message));
  }
}

TEST(ComponentAddress, ReadsTheShortFormsAsTheFullOne) {
  EXPECT_EQ(address("counter").text(), "default/counter/main");
  EXPECT_EQ(address("photos/counter").text(), "photos/counter/main");
  EXPECT_EQ(address("photos/counter/2").text(), "photos/counter/2");
  EXPECT_EQ(ComponentAddress::of(ComponentName::parse("counter").value()), address("default/counter/main"));
}

TEST(ComponentAddress, GivesItsParts) {
  const auto it = address("photos/thumb-nailer/2nd");
  EXPECT_EQ(it.namespace_part(), "photos");
  EXPECT_EQ(it.name(), "thumb-nailer");
  EXPECT_EQ(it.instance(), "2nd");
}

TEST(ComponentAddress, HasAShortTextThatParsesToTheSame) {
  EXPECT_EQ(address("default/counter/main").short_text(), "counter");
  EXPECT_EQ(address("photos/counter/main").short_text(), "photos/counter");
  for (auto text : {"counter", "photos/counter", "photos/counter/2", "default/counter/2"}) {
    EXPECT_EQ(address(text).short_text(), text);
    EXPECT_EQ(address(address(text).short_text()), address(text));
  }
}

TEST(ComponentAddress, TakesTheLongestParts) {
  const std::string part(64, 'x');
  const auto it = address(part + "/" + part + "/" + part);
  EXPECT_EQ(it.text().size(), ComponentAddress::max_bytes);
  EXPECT_EQ(it.instance(), part);
}

TEST(ComponentAddress, SaysWhichPartIsWrongAndWhere) {
  struct Case {
    std::string_view text, message;
  };
  for (const auto& [text, message] : {
           Case{"", "component address is empty"},
           Case{"/a", "'/a': namespace at byte 1: is empty"},
           Case{"a/", "'a/': component name at byte 3: is empty"},
           Case{"a//b", "component name at byte 3: is empty"},
           Case{"a/b/", "instance at byte 5: is empty"},
           Case{"a/b/c/d", "more than three parts at byte 6"},
           Case{"1a/b/c", "namespace at byte 1: begins with a digit"},
           Case{"a/1b/c", "component name at byte 3: begins with a digit"},
           Case{"a/b/C", "instance at byte 5: 'C' is not allowed"},
           Case{"a/b*", "component name at byte 4: '*' is not allowed"},
           Case{"a/../b", "component name at byte 3: '.' is not allowed"},
       }) {
    const auto result = ComponentAddress::parse(text);
    ASSERT_FALSE(result) << text;
    EXPECT_THAT(result.error().message(), HasSubstr(message));
  }
}

TEST(ComponentAddress, IsAKeyOfHashedAndOrderedContainers) {
  std::unordered_set<ComponentAddress> seen{address("a"), address("b"), address("default/a/main")};
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_LT(address("a"), address("b"));
}

}  // namespace
}  // namespace airssys::wasm
