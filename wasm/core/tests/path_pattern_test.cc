#include "airssys/wasm/core/path_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

PathPattern pattern(std::string_view text) { return PathPattern::parse(text).value(); }

TEST(PathPattern, MatchesExactlyWhatTheGrammarSays) {
  struct Case {
    std::string_view pattern;
    std::initializer_list<std::string_view> matches, differs;
  };
  for (const auto& [text, matches, differs] : {
           Case{"/etc/app/*.toml", {"/etc/app/config.toml", "/etc/app/.toml"}, {"/etc/app/sub/x.toml", "/etc/app/config.tom"}},
           Case{"/var/data/app/**",
                {"/var/data/app/f", "/var/data/app/a/b/c"},
                {"/var/data/app", "/var/data/app2/f", "/var/data/app/../x", "/var/data/app/", "/var/data/app//f",
                 "/var/data/app/./f"}},
           Case{"/var/app/cache/session-?",
                {"/var/app/cache/session-1", "/var/app/cache/session-A", "/var/app/cache/session-ä"},
                {"/var/app/cache/session-10", "/var/app/cache/session-"}},
           Case{"/a/**/z.log", {"/a/z.log", "/a/b/c/z.log", "/a/z.log/z.log"}, {"/a/b/z.log.1", "/z.log", "/a/bz.log"}},
           Case{"/data/*", {"/data/x", "/data/.hidden"}, {"/database", "/data/x/y", "/data", "/data/"}},
           Case{"/data", {"/data"}, {"/data/", "/datax", "/Data", "data", ""}},
           Case{"/", {"/"}, {"/x", "", "//"}},
           Case{"/**", {"/x", "/x/y"}, {"/", "x"}},
           Case{"/*", {"/x"}, {"/", "/x/y"}},
           Case{"/**/**/x", {"/x", "/a/b/x"}, {"/x/a"}},
           Case{"/**/*", {"/x", "/x/y"}, {"/"}},
           Case{"/a/**/b/**/c", {"/a/b/c", "/a/x/b/y/b/z/c", "/a/b/b/c/c"}, {"/a/c", "/a/c/b", "/a/b/c/d"}},
           Case{"/*a*b*", {"/ab", "/xaybz", "/aab"}, {"/ba", "/a", "/a/b"}},
           Case{"/*??", {"/ab", "/aäb", "/äb"}, {"/a", "/ä"}},
           Case{"/[abc]", {"/a", "/c"}, {"/d", "/ab", "/"}},
           Case{"/[a-c0-9]x", {"/bx", "/7x"}, {"/dx", "/-x"}},
           Case{"/[!a-c]", {"/d", "/ä", "/-"}, {"/a", "/dd"}},
           Case{"/[a-]", {"/a", "/-"}, {"/b"}},
           Case{R"(/[\]\-a])", {"/]", "/-", "/a"}, {"/b", R"(/\)"}},
           Case{R"(/what\?\*\[\{)", {"/what?*[{"}, {"/whatx*[{"}},
           Case{R"(/a\b)", {"/ab"}, {R"(/a\b)"}},
           Case{"/größe/*", {"/größe/x"}, {"/grösse/x"}},
           Case{"/...", {"/..."}, {"/.."}},
       }) {
    for (auto one : matches) EXPECT_TRUE(pattern(text).matches(one)) << text << " should match " << one;
    for (auto one : differs) EXPECT_FALSE(pattern(text).matches(one)) << text << " should not match " << one;
    EXPECT_EQ(pattern(text).text(), text);
  }
  EXPECT_FALSE(pattern("/a/*").matches(std::string_view("/a/b\0c", 6)));
  EXPECT_FALSE(pattern("/**").matches("/" + std::string(max_path_bytes, 'x')));
  EXPECT_TRUE(pattern("/**").matches("/" + std::string(max_path_bytes - 1, 'x')));
}

TEST(PathPattern, SaysWhatIsWrongAndAtWhichByte) {
  struct Case {
    std::string_view text, message;
  };
  for (const auto& [text, message] : {
           Case{"", "at byte 1: is empty"},
           Case{"data/x", "at byte 1: is not absolute"},
           Case{"/data/", "at byte 7: ends with '/'; for all that is in the folder end it with '/*'"},
           Case{"/data//x", "at byte 7: two '/' in a row"},
           Case{"/data/../x", "at byte 7: '..' is no name"},
           Case{"/./x", "at byte 2: '.' is no name"},
           Case{R"(/\../x)", "at byte 2: '..' is no name"},
           Case{"/a**", "at byte 3: '**' stands for folders"},
           Case{"/**a/b", "at byte 2: '**' stands for folders"},
           Case{"/***", "at byte 2: '**' stands for folders"},
           Case{"/{a,b}", R"(at byte 2: '{' is not allowed; write a pattern for each alternative, or '\{')"},
           Case{"/[ab", "at byte 2: '[' without ']'"},
           Case{"/[a/b]", "at byte 2: '[' without ']'"},
           Case{"/x[]", "at byte 3: '[]' matches nothing"},
           Case{"/[c-a]", "at byte 4: the range runs backwards"},
           Case{"/[ä]", "at byte 3: only ASCII"},
           Case{R"(/x\)", "at byte 3: '\\' with no character after it"},
           Case{R"(/x\/y)", "at byte 3: '\\' with no character after it"},
           Case{"/\xff", "at byte 2: is not UTF-8"},
           Case{std::string_view("/a\0b", 4), "at byte 3: holds a NUL byte"},
       }) {
    const auto result = PathPattern::parse(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_THAT(result.error().message(), HasSubstr(message));
  }
}

TEST(PathPattern, IsBounded) {
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string all;
    while (times-- > 0) all += text;
    return all;
  };
  EXPECT_TRUE(PathPattern::parse("/" + std::string(PathPattern::max_bytes - 1, 'x')));
  EXPECT_FALSE(PathPattern::parse("/" + std::string(PathPattern::max_bytes, 'x')));
  EXPECT_TRUE(PathPattern::parse(repeated("/x", PathPattern::max_segments)));
  EXPECT_FALSE(PathPattern::parse(repeated("/x", PathPattern::max_segments + 1)));
  EXPECT_TRUE(PathPattern::parse("/" + repeated("*x", PathPattern::max_wildcards)));
  EXPECT_FALSE(PathPattern::parse("/" + repeated("*x", PathPattern::max_wildcards + 1)));
  // As hard as a pattern may be, against a path that almost matches: ends.
  const PathPattern hard = pattern("/**" + repeated("/*a?a*b", 7) + "/**/x");
  EXPECT_FALSE(hard.matches(repeated("/aaaaaaaaaaaaaaaab", max_path_bytes / 18)));
}

TEST(PathPattern, SaysWhichPathsNobodyMayAskFor) {
  for (const auto path : {"/", "/a", "/a/b.c", "/a/...", "/a b"}) EXPECT_EQ(wrong_with_path(path), "") << path;
  for (const auto path : {"", "a", "./a", "/a/../b", "/..", "/a/.", "/a//b", "/a/", "//"})
    EXPECT_NE(wrong_with_path(path), "") << path;
}

TEST(PathPattern, MatchesWhatCouldBeInAFolder) {
  struct Case {
    std::string_view pattern;
    std::initializer_list<std::string_view> in, not_in;
  };
  for (const auto& [text, in, not_in] : {
           Case{"/srv/photos/*", {"/srv/photos"}, {"/srv", "/srv/photos/x", "/", "/srv/photos/", "srv"}},
           Case{"/srv/photos/*.png", {"/srv/photos"}, {"/srv"}},
           Case{"/srv/**", {"/srv", "/srv/a", "/srv/a/b"}, {"/", "/srv2"}},
           Case{"/**", {"/", "/a"}, {}},
           Case{"/a/**/x", {"/a", "/a/b", "/a/b/c"}, {"/", "/b"}},
           Case{"/*/x", {"/a"}, {"/", "/a/b"}},
           Case{"/x", {"/"}, {"/x"}},
           Case{"/", {}, {"/"}},
       }) {
    for (auto one : in) EXPECT_TRUE(pattern(text).matches_in(one)) << text << " in " << one;
    for (auto one : not_in) EXPECT_FALSE(pattern(text).matches_in(one)) << text << " in " << one;
  }
}

TEST(PathPattern, MatchesWhatCouldBeBelowAFolder) {
  for (const auto path : {"/", "/users", "/users/ann", "/users/ann/.ssh"})
    EXPECT_TRUE(pattern("/users/*/.ssh/id_*").matches_below(path)) << path;
  for (const auto path : {"/users/ann/.ssh/id_rsa", "/users/ann/x", "/etc", "/users/ann/.ssh/x"})
    EXPECT_FALSE(pattern("/users/*/.ssh/id_*").matches_below(path)) << path;
  EXPECT_TRUE(pattern("/boot/**").matches_below("/boot/efi"));
}

TEST(PathPattern, CoversAndOverlapsAsItsMeaningSays) {
  struct Case {
    std::string_view wide, narrow;
    bool covers, overlaps;
  };
  for (const Case& one : {
           Case{"/etc/**", "/etc/passwd", true, true},
           Case{"/etc/passwd", "/etc/**", false, true},
           Case{"/**", "/etc/passwd", true, true},
           Case{"/boot/**", "/boot/efi/**", true, true},
           Case{"/boot/**", "/boot/*", true, true},
           Case{"/boot/*", "/boot/**", false, true},
           Case{"/boot/**", "/boot", false, false},
           Case{"/a/*.toml", "/a/x*.toml", true, true},
           Case{"/a/x*.toml", "/a/*.toml", false, true},
           Case{"/a/*.toml", "/a/*.txt", false, false},
           Case{"/a/[a-z]", "/a/[b-d]", true, true},
           Case{"/a/[!x]", "/a/ä", true, true},
           Case{"/a/?", "/a/[!x]", true, true},
           Case{"/a/[ab]", "/a/[cd]", false, false},
           Case{"/users/*/.ssh/id_*", "/users/ann/**", false, true},
           Case{"/users/*/.ssh/id_*", "/users/ann/.ssh/id_rsa", true, true},
           Case{"/a/**/c", "/a/b/**/c", true, true},
           Case{"/a/**/b", "/a/**/c", false, false},
           Case{"/*?", "/?*", true, true},
       }) {
    EXPECT_EQ(pattern(one.wide).covers(pattern(one.narrow)), one.covers) << one.wide << " " << one.narrow;
    EXPECT_EQ(pattern(one.wide).overlaps(pattern(one.narrow)), one.overlaps) << one.wide << " " << one.narrow;
    EXPECT_EQ(pattern(one.narrow).overlaps(pattern(one.wide)), one.overlaps) << one.wide << " " << one.narrow;
    EXPECT_TRUE(pattern(one.wide).covers(pattern(one.wide)));
  }
}

TEST(PathPattern, SharesAFolderWithWhatIsBesideIt) {
  EXPECT_TRUE(pattern("/a/x").shares_folder(pattern("/a/y")));
  EXPECT_TRUE(pattern("/a/**").shares_folder(pattern("/a/b/*.png")));
  EXPECT_TRUE(pattern("/a/**/z").shares_folder(pattern("/a/b/c")));
  EXPECT_FALSE(pattern("/a/*").shares_folder(pattern("/a/b/*")));
  EXPECT_FALSE(pattern("/").shares_folder(pattern("/*")));
}

TEST(PathPattern, OfOnePathMeansThatPathWhateverItIsCalled) {
  for (const auto path : {"/", "/a/b", "/what?/[x]*{y}\\z", "/größe"}) {
    EXPECT_TRUE(PathPattern::exactly(path)->matches(path)) << path;
    EXPECT_TRUE(PathPattern::exactly(path)->is_exact()) << path;
    EXPECT_TRUE(PathPattern::in_folder(path)->matches_in(path)) << path;
  }
  EXPECT_EQ(PathPattern::exactly("a").error().message(), "'a': the path is not absolute");
  EXPECT_EQ(pattern("/srv/photos/*.png").fixed_part(), "/srv/photos/");
  EXPECT_TRUE(pattern("/srv/**").is_recursive());
  EXPECT_FALSE(pattern("/srv/*").is_recursive());
}

}  // namespace
}  // namespace airssys::wasm
