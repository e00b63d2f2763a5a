#include "airssys/wasm/core/endpoint_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace airssys::wasm {
namespace {

using ::testing::HasSubstr;

Endpoint endpoint(std::string_view text) { return Endpoint::parse(text).value(); }
EndpointPattern pattern(std::string_view text, Direction direction = Direction::outbound) {
  return EndpointPattern::parse(text, direction).value();
}

struct Case {
  std::string_view pattern;
  std::initializer_list<std::string_view> matches, differs;
};

void check(std::initializer_list<Case> cases, Direction direction) {
  for (const auto& [text, matches, differs] : cases) {
    for (auto one : matches) EXPECT_TRUE(pattern(text, direction).matches(endpoint(one))) << text << " should match " << one;
    for (auto one : differs) EXPECT_FALSE(pattern(text, direction).matches(endpoint(one))) << text << " should not match " << one;
    EXPECT_EQ(pattern(text, direction).text(), text);
  }
}

TEST(EndpointPattern, MatchesOutboundExactlyWhatTheGrammarSays) {
  check({{"api.example.com:443",
          {"API.example.com:443", "api.example.com.:443", "udp:api.example.com:443"},
          {"api.example.com:80", "xapi.example.com:443", "example.com:443", "192.0.2.7:443"}},
         {"*.cdn.example.com:443",
          {"a.cdn.example.com:443", "b.c.cdn.example.com:443"},
          {"cdn.example.com:443", "evilcdn.example.com:443", "a.cdn.example.com.evil.org:443"}},
         {"[2001:db8::1]:443", {"[2001:0DB8:0:0::1]:443", "[2001:db8::0.0.0.1]:443"}, {"[2001:db8::2]:443", "[2001:db8::1]:80"}},
         {"udp:192.0.2.7:53", {"udp:192.0.2.7:53"}, {"tcp:192.0.2.7:53", "udp:192.0.2.70:53"}},
         {"192.0.2.7:53", {"[::ffff:192.0.2.7]:53", "192.0.2.7:53"}, {"[::192.0.2.7]:53"}},
         {"*:443", {"a.b:443", "https:localhost:443"}, {"a.b:80", "192.0.2.7:443", "[::1]:443"}},
         {"a.b:*", {"a.b:1", "a.b:65535"}, {"a.b:0", "b.a:1"}},
         {"bücher.example:443", {"xn--bcher-kva.example:443", "BÜCHER.example.:443"}, {"bucher.example:443"}},
         {"http:443", {"http:443"}, {"http:http:80"}}},
        Direction::outbound);
}

TEST(EndpointPattern, MatchesInboundExactlyWhatTheGrammarSays) {
  check({{"127.0.0.1:9000", {"127.0.0.1:9000"}, {"0.0.0.0:9000", "127.0.0.1:9001", "localhost:9000"}},
         {"0.0.0.0:8080", {"0.0.0.0:8080", "127.0.0.1:8080", "192.0.2.7:8080"}, {"[::]:8080", "[::1]:8080", "0.0.0.0:0"}},
         {"[::]:8080", {"[::]:8080", "[::1]:8080"}, {"127.0.0.1:8080"}},
         {"*:8080", {"[::]:8080", "127.0.0.1:8080"}, {"127.0.0.1:0"}},
         {"udp:127.0.0.1:*", {"udp:127.0.0.1:0", "udp:127.0.0.1:53"}, {"127.0.0.1:53"}}},
        Direction::inbound);
}

TEST(EndpointPattern, SaysWhatIsWrongAndAtWhichByte) {
  struct Wrong {
    std::string_view text, message;
  };
  for (const auto& [text, message] : {
           Wrong{"", "endpoint at byte 1: is empty"},
           Wrong{"api.example.com", "at byte 16: there is no port; add ':443', or ':*'"},
           Wrong{"[::1]", "at byte 6: there is no port"},
           Wrong{"https://api.example.com:443", "at byte 7: is a URL"},
           Wrong{"ftp:api.example.com:21", "at byte 1: 'ftp' is no protocol"},
           Wrong{"2001:db8::1:443", "at byte 1: too many ':'"},
           Wrong{"tcp:a.b:0", "at byte 9: the port is '0', must be 1 to 65535"},
           Wrong{"a.b:65536", "at byte 5: the port is '65536'"},
           Wrong{"a.b:080", "at byte 5: the port is '080'"},
           Wrong{"a.b:http", "at byte 5: the port is 'http'"},
           Wrong{"*a.b:1", "at byte 1: '*a.b': host: '*' may only be all of it, or its first part"},
           Wrong{"a.*.b:1", "'*' may only be all of it"},
           Wrong{"*.127.0.0.1:1", "'*.' stands before names"},
           Wrong{"a..b:1", "has two '.' in a row"},
           Wrong{"-a.b:1", "begins or ends with '-'"},
           Wrong{"a b:1", "has something else than letters"},
           Wrong{"127.1:1", "ends in a number"},
           Wrong{"0x7f000001:1", "ends in a number"},
           Wrong{"127.0.0.01:1", "ends in a number"},
           Wrong{"2130706433:1", "ends in a number"},
           Wrong{"[::1%lo]:1", "is no IPv6 address"},
           Wrong{":1", "host is empty"},
       }) {
    const auto result = EndpointPattern::parse(text, Direction::outbound);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_THAT(result.error().message(), HasSubstr(message)) << text;
  }
  EXPECT_THAT(EndpointPattern::parse("localhost:80", Direction::inbound).error().message(),
              HasSubstr("names are not for listening"));
}

TEST(EndpointPattern, CoversAndOverlapsAsItsMeaningSays) {
  struct Pair {
    std::string_view wide, narrow;
    bool covers, overlaps;
    Direction direction = Direction::outbound;
  };
  for (const Pair& one : {
           Pair{"*:*", "a.b:1", true, true},
           Pair{"*:*", "192.0.2.7:1", false, false},
           Pair{"a.b:*", "*:22", false, true},
           Pair{"*.a.b:1", "*.c.a.b:1", true, true},
           Pair{"*.c.a.b:1", "*.a.b:1", false, true},
           Pair{"*.a.b:1", "a.b:1", false, false},
           Pair{"a.b:1", "tcp:a.b:1", true, true},
           Pair{"udp:a.b:1", "tcp:a.b:1", false, false},
           Pair{"tcp:a.b:1", "a.b:1", false, true},
           Pair{"0.0.0.0:80", "127.0.0.1:80", true, true, Direction::inbound},
           Pair{"0.0.0.0:80", "[::1]:80", false, false, Direction::inbound},
           Pair{"*:80", "[::]:80", true, true, Direction::inbound},
           Pair{"[::]:80", "*:80", false, true, Direction::inbound},
       }) {
    const EndpointPattern wide = pattern(one.wide, one.direction), narrow = pattern(one.narrow, one.direction);
    EXPECT_EQ(wide.covers(narrow), one.covers) << one.wide << " " << one.narrow;
    EXPECT_EQ(wide.overlaps(narrow), one.overlaps) << one.wide << " " << one.narrow;
    EXPECT_EQ(narrow.overlaps(wide), one.overlaps) << one.wide << " " << one.narrow;
  }
  EXPECT_FALSE(pattern("0.0.0.0:80", Direction::inbound).overlaps(pattern("0.0.0.0:80", Direction::outbound)));
}

TEST(Endpoint, HasOneSpelling) {
  for (const auto& [text, canonical] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"API.Example.COM.:443", "tcp:api.example.com:443"},
                                                                            {"udp:[0:0::1]:53", "udp:[::1]:53"},
                                                                            {"[::ffff:1.2.3.4]:1", "tcp:1.2.3.4:1"}}) {
    EXPECT_EQ(endpoint(text).text(), canonical);
    EXPECT_EQ(endpoint(endpoint(text).text()), endpoint(text));
    EXPECT_TRUE(EndpointPattern::exactly(endpoint(text), Direction::outbound)->matches(endpoint(text)));
  }
}

TEST(NetworkHost, KnowsThisMachine) {
  for (const auto text : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"})
    EXPECT_TRUE(NetworkHost::parse(text)->is_loopback()) << text;
  for (const auto text : {"localhost.example", "128.0.0.1", "::2", "127.example"})
    EXPECT_FALSE(NetworkHost::parse(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace airssys::wasm
