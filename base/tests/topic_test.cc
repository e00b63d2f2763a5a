#include "airssys/base/topic.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "airssys/rt/testing/seeds.h"

namespace airssys {
namespace {

TEST(Topic, TakesWhatTheGrammarSays) {
  const std::string longest(64, 'x');
  for (const std::string text : {"a", "orders.created", "a-b_c.0.9", "a.b.c.d.e.f.g.h", longest.c_str()})
    EXPECT_TRUE(Topic::parse(text)) << text;
  const std::string too_long(65, 'x');
  for (const std::string text :
       {"", ".", "a.", ".a", "a..b", "A", "a b", "ä", "a.*", "a.**", "*", "a.b.c.d.e.f.g.h.i", "a/b", too_long.c_str(), "a\nb"})
    EXPECT_FALSE(Topic::parse(text)) << text;
  EXPECT_FALSE(Topic::parse(std::string_view("a\0b", 3)));
}

TEST(Topic, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Topic::parse("orders..eu").error().message(), "topic 'orders..eu': segment 2 '' is empty");
  EXPECT_EQ(Topic::parse("Orders").error().message(),
            "topic 'Orders': segment 1 'Orders' has something else than a-z, 0-9, '_' and '-'");
  EXPECT_EQ(TopicPattern::parse("a.**.b").error().message(), "topic pattern 'a.**.b': segment 2 '**' may only be the last");
}

TEST(TopicPattern, TakesEveryTopicAndWildcardsInTheirPlaces) {
  for (const char* text : {"a", "orders.created", "*", "**", "*.*", "a.*.b", "a.**", "*.**", "a.b.c.d.e.f.g.**"})
    EXPECT_TRUE(TopicPattern::parse(text)) << text;
  for (const char* text : {"", "**.a", "a.**.b", "a*", "*a", "***", "a.b.c.d.e.f.g.h.**", "**.**", "a.", "A.*"})
    EXPECT_FALSE(TopicPattern::parse(text)) << text;
}

TEST(TopicPattern, MatchesByTheTable) {
  struct Row {
    const char* pattern;
    const char* topic;
    bool matches;
  };
  for (const Row& row : std::vector<Row>{{"orders.*", "orders.created", true},
                                         {"orders.*", "orders", false},
                                         {"orders.*", "orders.eu.created", false},
                                         {"orders.**", "orders", true},
                                         {"orders.**", "orders.created", true},
                                         {"orders.**", "orders.eu.created", true},
                                         {"orders.**", "order", false},
                                         {"orders.**", "orders-eu.created", false},
                                         {"**", "a.b.c.d.e.f.g.h", true},
                                         {"*", "a", true},
                                         {"*", "a.b", false},
                                         {"*.**", "a", true},
                                         {"*.*.**", "a", false},
                                         {"a.*.c", "a.b.c", true},
                                         {"a.*.c", "a.b.d", false},
                                         {"a.b", "a.b", true},
                                         {"a.b", "a.b.c", false},
                                         {"a.b.c", "a.b", false}})
    EXPECT_EQ(TopicPattern::parse(row.pattern)->matches(*Topic::parse(row.topic)), row.matches)
        << row.pattern << " " << row.topic;
}

// The obvious matcher: every way to cut, on lists of strings.
bool slow_match(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string>& topic, std::size_t t) {
  if (p == pattern.size()) return t == topic.size();
  if (pattern[p] == "**") {
    for (std::size_t end = t; end <= topic.size(); ++end)
      if (slow_match(pattern, p + 1, topic, end)) return true;
    return false;
  }
  return t < topic.size() && (pattern[p] == "*" || pattern[p] == topic[t]) && slow_match(pattern, p + 1, topic, t + 1);
}

std::string joined(const std::vector<std::string>& segments) {
  std::string text;
  for (const std::string& segment : segments) text += (text.empty() ? "" : ".") + segment;
  return text;
}

TEST(TopicPattern, AgreesWithAnObviousMatcher) {
  std::size_t matched = 0;
  for (const std::uint64_t seed : rt::testing::seeds(2000)) {
    std::mt19937_64 random(seed);
    const std::vector<std::string> words{"a", "b", "ab", "*", "**"};
    std::vector<std::string> topic(1 + random() % 8);
    std::vector<std::string> pattern(1 + random() % 8);
    for (auto& segment : topic) segment = words[random() % 3];
    for (auto& segment : pattern) segment = random() % 3 == 0 ? words[3] : words[random() % 3];
    if (random() % 2 == 0) pattern.back() = words[4];
    if (random() % 2 == 0)  // likely to match
      for (std::size_t n = 0; n < std::min(topic.size(), pattern.size()); ++n)
        if (pattern[n] != words[3] && pattern[n] != words[4]) topic[n] = pattern[n];
    const bool expected = slow_match(pattern, 0, topic, 0);
    EXPECT_EQ(TopicPattern::parse(joined(pattern))->matches(*Topic::parse(joined(topic))), expected)
        << "AIRSSYS_SEED=" << seed << " " << joined(pattern) << " " << joined(topic);
    matched += expected;
  }
  EXPECT_TRUE(matched > 100 || rt::testing::seeds(2000).size() < 2000) << matched << " matches prove little";
}

TEST(TopicPattern, CoversOnlyWhatItMatches) {
  std::size_t covered = 0, apart = 0;
  const std::vector<std::string> words{"a", "b", "*", "**"};
  for (const std::uint64_t seed : rt::testing::seeds(2000)) {
    std::mt19937_64 random(seed);
    const auto some_pattern = [&] {
      std::vector<std::string> segments(1 + random() % 4);
      for (auto& segment : segments) segment = words[random() % 3];
      if (random() % 2 == 0) segments.back() = words[3];
      return *TopicPattern::parse(joined(segments));
    };
    const TopicPattern one = some_pattern(), other = some_pattern();
    EXPECT_TRUE(one.covers(one) && one.overlaps(one)) << one.text();
    for (int n = 0; n < 30; ++n) {
      std::vector<std::string> segments(1 + random() % 5);
      for (auto& segment : segments) segment = words[random() % 2];
      const Topic topic = *Topic::parse(joined(segments));
      const bool both = one.matches(topic) && other.matches(topic);
      EXPECT_TRUE(!one.covers(other) || !other.matches(topic) || one.matches(topic)) << one.text() << " " << other.text();
      EXPECT_TRUE(!both || one.overlaps(other)) << one.text() << " " << other.text() << " " << topic.text();
    }
    covered += one.covers(other);
    apart += !one.overlaps(other);
  }
  EXPECT_TRUE((covered > 100 && apart > 100) || rt::testing::seeds(2000).size() < 2000) << covered << " " << apart;
}

}  // namespace
}  // namespace airssys
