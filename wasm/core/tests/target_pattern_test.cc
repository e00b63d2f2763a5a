#include "airssys/wasm/core/target_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

ComponentAddress address(std::string_view text) { return ComponentAddress::parse(text).value(); }
TargetPattern pattern(std::string_view text) { return TargetPattern::parse(text).value(); }

TEST(TargetPattern, MatchesExactlyWhatTheGrammarSays) {
  struct Case {
    std::string_view pattern;
    std::initializer_list<std::string_view> matches, differs;
  };
  for (const auto& [text, matches, differs] : {
           Case{"indexer", {"indexer", "default/indexer/2"}, {"indexers", "index", "photos/indexer"}},
           Case{"photos/indexer", {"photos/indexer", "photos/indexer/2"}, {"indexer", "photos/indexer2", "photo/indexer"}},
           Case{"photos/indexer/2", {"photos/indexer/2"}, {"photos/indexer", "photos/indexer/22", "photos/indexer/1"}},
           Case{"worker-*", {"worker-1", "worker-abc", "default/worker-1/2"}, {"workers", "worker", "team/worker-1"}},
           Case{"worker*", {"worker", "workers", "worker-1"}, {"work", "team/worker"}},
           Case{"photos/*", {"photos/a", "photos/b/2"}, {"a", "photos2/a", "default/photos/main"}},
           Case{"photos/thumb-*", {"photos/thumb-1"}, {"photos/thumbs", "thumb-1"}},
           Case{"photos/indexer/*", {"photos/indexer", "photos/indexer/2"}, {"photos/indexer2", "photos/index"}},
           Case{"photos/indexer/a*", {"photos/indexer/a", "photos/indexer/a1"}, {"photos/indexer/b", "photos/indexer"}},
           Case{"*", {"a", "photos/indexer/2"}, {}},
       }) {
    for (auto one : matches) EXPECT_TRUE(pattern(text).matches(address(one))) << text << " should match " << one;
    for (auto one : differs) EXPECT_FALSE(pattern(text).matches(address(one))) << text << " should not match " << one;
    EXPECT_EQ(pattern(text).text(), text);
  }
}

TEST(TargetPattern, KnowsWhetherItIsAWildcard) {
  EXPECT_TRUE(pattern("*").has_wildcard());
  EXPECT_TRUE(pattern("worker-*").has_wildcard());
  EXPECT_FALSE(pattern("worker").has_wildcard());
}

TEST(TargetPattern, RefusesWhatNoAddressCouldMatch) {
  struct Case {
    std::string_view text, message;
  };
  for (const auto& [text, message] : {
           Case{"", "message target is empty"},
           Case{"**", "'**': '*' at byte 1 is not the last character"},
           Case{"*-worker", "'*' at byte 1 is not the last character"},
           Case{"*/worker", "'*' at byte 1 is not the last character"},
           Case{"Worker", "component name at byte 1: 'W' is not allowed"},
           Case{"a--*", "component name at byte 3: has two '-' in a row"},
           Case{"/*", "namespace at byte 1: is empty"},
           Case{"a/b/c/*", "more than three parts at byte 6"},
           Case{"a//*", "component name at byte 3: is empty"},
           Case{"worker?", "'?' is not allowed"},
           Case{"worker-", "ends with '-'"},
       }) {
    const auto result = TargetPattern::parse(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_THAT(result.error().message(), HasSubstr(message));
  }
}

TEST(TargetPattern, CoversExactlyThosePatternsThatMeanNothingMore) {
  struct Case {
    std::string_view wide, narrow;
    bool covers;
  };
  for (const Case& one :
       {Case{"*", "a/b*", true}, Case{"a/*", "a/b/c", true}, Case{"a/b", "a/b/c", true}, Case{"a/b/*", "a/b", true},
        Case{"worker-*", "worker-1*", true}, Case{"worker-*", "workers", false}, Case{"a/b/c", "a/b", false},
        Case{"b", "default/b/x", true}, Case{"a/b/c", "a/b/c", true}, Case{"a/b", "a/b2", false}})
    EXPECT_EQ(pattern(one.wide).covers(pattern(one.narrow)), one.covers) << one.wide << " " << one.narrow;
  EXPECT_TRUE(TargetPattern::exactly(address("b")).matches(address("b")));
  EXPECT_FALSE(TargetPattern::exactly(address("b")).matches(address("default/b/other")));
}

}  // namespace
}  // namespace airssys::wasm
