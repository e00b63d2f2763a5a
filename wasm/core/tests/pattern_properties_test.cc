// Matchers against slow, obvious ones, by seed; and what patterns say about each other against what they match.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/rt/testing/seeds.h"
#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {
namespace {

using Random = std::mt19937_64;

template <class T, std::size_t n>
const T& one_of(Random& random, const std::array<T, n>& choices) {
  return choices[random() % n];
}

// ---- paths: the grammar of R4.3, word for word, by trying every way to cut.

bool is_tail(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The rest after one character.
std::string_view after(std::string_view text) {
  text.remove_prefix(1);
  while (!text.empty() && is_tail(text[0])) text.remove_prefix(1);
  return text;
}

bool slow_name(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') return slow_name(pattern.substr(1), name) || (!name.empty() && slow_name(pattern, after(name)));
  if (name.empty()) return false;
  if (pattern[0] == '?') return slow_name(pattern.substr(1), after(name));
  if (pattern[0] == '[') {
    std::size_t at = 1;
    const bool negated = pattern[at] == '!';
    if (negated) ++at;
    bool found = false;
    const auto member = [&] {
      if (pattern[at] == '\\') ++at;
      return pattern[at++];
    };
    while (pattern[at] != ']') {
      const char from = member();
      char to = from;
      if (pattern[at] == '-' && pattern[at + 1] != ']') {
        ++at;
        to = member();
      }
      found = found || (from <= name[0] && name[0] <= to);
    }
    return found != negated && slow_name(pattern.substr(at + 1), after(name));
  }
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  return pattern[0] == name[0] && slow_name(pattern.substr(1), name.substr(1));
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    names.emplace_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  if (names.size() == 1 && names[0].empty()) names.clear();
  return names;
}

bool slow_names(std::span<const std::string> pattern, std::span<const std::string> names) {
  if (pattern.empty()) return names.empty();
  if (pattern[0] == "**") {
    if (pattern.size() == 1) return !names.empty();
    for (std::size_t n = 0; n <= names.size(); ++n)
      if (slow_names(pattern.subspan(1), names.subspan(n))) return true;
    return false;
  }
  return !names.empty() && slow_name(pattern[0], names[0]) && slow_names(pattern.subspan(1), names.subspan(1));
}

bool slow_path(std::string_view pattern, std::string_view path) {
  if (!path.starts_with('/')) return false;
  const auto names = names_of(path);
  if (path != "/" &&
      std::ranges::any_of(names, [](const std::string& name) { return name.empty() || name == "." || name == ".."; }))
    return false;
  return slow_names(names_of(pattern), names);
}

constexpr std::array<std::string_view, 12> pieces{"a", "b", "ä", "*", "?", "[ab]", "[!a]", "[a-b.]", "\\*", ".", "*", "a"};
constexpr std::array<std::string_view, 7> characters{"a", "b", "ä", "*", ".", "a", "b"};

std::string some_path_pattern(Random& random) {
  std::string text;
  const std::size_t names = 1 + random() % 4;
  for (std::size_t n = 0; n < names; ++n) {
    text += '/';
    if (random() % 4 == 0) {
      text += "**";
      continue;
    }
    const std::size_t size = 1 + random() % 3;
    for (std::size_t i = 0; i < size; ++i) {
      const std::string_view piece = one_of(random, pieces);
      // Two stars in a row are another pattern.
      text += piece == "*" && text.ends_with('*') && !text.ends_with("\\*") ? "a" : piece;
    }
  }
  return text;
}

std::string some_path(Random& random) {
  if (random() % 30 == 0) return "/";
  std::string text;
  const std::size_t names = 1 + random() % 4;
  for (std::size_t n = 0; n < names; ++n) {
    text += '/';
    const std::size_t size = random() % 20 == 0 ? 0 : 1 + random() % 3;
    for (std::size_t i = 0; i < size; ++i) text += one_of(random, characters);
  }
  return text;
}

// A path that the pattern probably matches: each wildcard as something that it stands for.
std::string path_like(Random& random, std::string_view pattern) {
  std::string text;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    switch (pattern[at]) {
      case '*':
        if (pattern.substr(at).starts_with("**")) {
          ++at;
          text += random() % 2 == 0 ? "a/b" : "a";
        } else if (random() % 2 == 0) {
          text += one_of(random, characters);
        }
        break;
      case '?': text += one_of(random, characters); break;
      case '[':
        text += pattern[at + 1] == '!' ? "b" : random() % 2 == 0 ? "a" : "b";
        at = pattern.find(']', at);
        break;
      case '\\': text += pattern[++at]; break;
      default: text += pattern[at];
    }
  }
  return text;
}

constexpr std::uint64_t rounds = 3000;
bool all_seeds() { return rt::testing::seeds(rounds).size() >= rounds; }

TEST(PathPattern, AgreesWithAnObviousMatcher) {
  std::size_t matched = 0;
  for (const std::uint64_t seed : rt::testing::seeds(rounds)) {
    Random random(seed);
    const std::string text = some_path_pattern(random);
    const auto pattern = PathPattern::parse(text);
    if (!pattern) continue;  // a name of dots alone
    for (int n = 0; n < 8; ++n) {
      const std::string path = n % 2 == 0 ? some_path(random) : path_like(random, text);
      const bool expected = slow_path(text, path);
      EXPECT_EQ(pattern->matches(path), expected) << "AIRSSYS_SEED=" << seed << " " << text << " " << path;
      matched += expected;
      if (expected) {
        const std::size_t slash = path.rfind('/');
        const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
        EXPECT_TRUE(pattern->matches_in(folder)) << "AIRSSYS_SEED=" << seed << " " << text << " in " << folder;
        EXPECT_TRUE(pattern->matches_below("/")) << "AIRSSYS_SEED=" << seed << " " << text;
        for (std::size_t end = slash; end != 0; end = path.rfind('/', end - 1))
          EXPECT_TRUE(pattern->matches_below(path.substr(0, end))) << "AIRSSYS_SEED=" << seed << " " << text << " " << end;
      }
      const auto exact = PathPattern::exactly(path);
      EXPECT_EQ(exact.has_value(), wrong_with_path(path).empty());
      EXPECT_TRUE(!exact || (exact->matches(path) && exact->is_exact())) << path;
    }
  }
  EXPECT_TRUE(matched > 1000 || !all_seeds()) << matched << " matches prove little";
}

TEST(PathPattern, CoversNothingThatItDoesNotMatchAndOverlapsWhateverItShares) {
  std::size_t covering = 0, apart = 0, shared = 0;
  for (const std::uint64_t seed : rt::testing::seeds(rounds)) {
    Random random(seed);
    const std::string first = some_path_pattern(random);
    // Of something else, or of what the first is about.
    const std::string second = random() % 2 == 0 ? some_path_pattern(random) : path_like(random, first);
    const auto one = PathPattern::parse(first), other = PathPattern::parse(second);
    if (!one || !other) continue;
    EXPECT_TRUE(one->covers(*one) && one->overlaps(*one)) << first;
    EXPECT_EQ(one->overlaps(*other), other->overlaps(*one)) << first << " " << second;
    EXPECT_TRUE(!one->covers(*other) || one->overlaps(*other)) << first << " " << second;
    covering += one->covers(*other);
    apart += !one->overlaps(*other);
    for (int n = 0; n < 12; ++n) {
      const std::string path = n % 3 == 0 ? some_path(random) : path_like(random, n % 3 == 1 ? first : second);
      const bool a = one->matches(path), b = other->matches(path);
      shared += a && b;
      EXPECT_FALSE(one->covers(*other) && b && !a) << "AIRSSYS_SEED=" << seed << " " << first << " " << second << " " << path;
      EXPECT_FALSE(a && b && !one->overlaps(*other)) << "AIRSSYS_SEED=" << seed << " " << first << " " << second << " " << path;
    }
  }
  EXPECT_TRUE((covering > 200 && apart > 200 && shared > 200) || !all_seeds()) << covering << " " << apart << " " << shared;
}

// ---- endpoints

struct Labels {
  std::vector<std::string> of;
};
Labels split(std::string_view host) {
  Labels labels;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t dot = std::min(host.find('.', at), host.size());
    labels.of.emplace_back(host.substr(at, dot - at));
    at = dot + 1;
  }
  return labels;
}

// By labels from the end, where the matcher compares texts.
bool slow_host(std::string_view pattern, std::string_view host) {
  const bool address = host.find_first_not_of("0123456789.") == host.npos;
  if (pattern == "*") return !address;
  const Labels wanted = split(pattern), given = split(host);
  if (wanted.of[0] != "*") return wanted.of == given.of;
  if (address || given.of.size() < wanted.of.size()) return false;
  return std::equal(wanted.of.rbegin(), wanted.of.rend() - 1, given.of.rbegin());
}

TEST(EndpointPattern, AgreesWithAnObviousMatcher) {
  constexpr std::array<std::string_view, 4> protocols{"tcp:", "udp:", "http:", "https:"};
  constexpr std::array<std::string_view, 10> hosts{"a",     "a.b", "b.a.b", "c.b.a.b",   "aa.b",
                                                   "*.a.b", "*.b", "*",     "192.0.2.7", "*.b.a.b"};
  constexpr std::array<std::string_view, 3> ports{"1", "2", "*"};
  std::size_t matched = 0;
  std::vector<std::pair<EndpointPattern, std::vector<bool>>> seen;
  for (const std::uint64_t seed : rt::testing::seeds(rounds)) {
    Random random(seed);
    const std::string_view protocol = random() % 2 == 0 ? "" : one_of(random, protocols);
    const std::string_view host = one_of(random, hosts), port = one_of(random, ports);
    const std::string text = std::string(protocol) + std::string(host) + ":" + std::string(port);
    const EndpointPattern pattern = *EndpointPattern::parse(text, Direction::outbound);
    std::vector<bool> results;
    for (const std::string_view asked_protocol : protocols)
      for (const std::string_view asked_host : hosts)
        for (const std::string_view asked_port : {"1", "2"}) {
          if (asked_host.contains('*')) continue;
          const Endpoint endpoint =
              *Endpoint::parse(std::string(asked_protocol) + std::string(asked_host) + ":" + std::string(asked_port));
          const bool expected = (protocol.empty() || protocol == asked_protocol) && (port == "*" || port == asked_port) &&
                                slow_host(host, asked_host);
          EXPECT_EQ(pattern.matches(endpoint), expected) << text << " " << endpoint.text();
          matched += expected;
          results.push_back(expected);
        }
    if (!seen.empty()) {
      const auto& [other, theirs] = seen[random() % seen.size()];
      for (std::size_t n = 0; n < results.size(); ++n) {
        EXPECT_FALSE(pattern.covers(other) && theirs[n] && !results[n]) << text << " " << other.text();
        EXPECT_FALSE(theirs[n] && results[n] && !pattern.overlaps(other)) << text << " " << other.text();
      }
    }
    seen.emplace_back(pattern, std::move(results));
  }
  EXPECT_TRUE(matched > 1000 || !all_seeds()) << matched;
}

// ---- targets and storage

TEST(TargetPattern, AgreesWithAnObviousMatcher) {
  constexpr std::array<std::string_view, 4> names{"a", "b", "a-b", "aa"};
  std::size_t matched = 0, covering = 0;
  for (const std::uint64_t seed : rt::testing::seeds(rounds)) {
    Random random(seed);
    const auto some = [&](bool star) {
      std::string text;
      const std::size_t parts = 1 + random() % 3;
      for (std::size_t n = 0; n < parts; ++n) text += (n == 0 ? "" : "/") + std::string(one_of(random, names));
      if (star && random() % 2 == 0) text.back() = '*';
      return text;
    };
    // By parts: what is not written is `default` before, and anything after.
    const auto slow = [](std::string_view text, const ComponentAddress& address) {
      if (text == "*") return true;
      std::vector<std::string> wanted = names_of("/" + std::string(text));
      if (wanted.size() == 1) wanted.insert(wanted.begin(), "default");
      const std::array<std::string_view, 3> parts{address.namespace_part(), address.name(), address.instance()};
      for (std::size_t n = 0; n < wanted.size(); ++n) {
        const std::string_view part = wanted[n];
        if (part.ends_with('*') ? !parts[n].starts_with(part.substr(0, part.size() - 1)) : parts[n] != part) return false;
      }
      return true;
    };
    const std::string first = some(true), second = some(true);
    const auto one = TargetPattern::parse(first), other = TargetPattern::parse(second);
    if (!one || !other) continue;  // `a-*` and the like may become none, `a*`
    covering += one->covers(*other);
    for (int n = 0; n < 8; ++n) {
      const ComponentAddress address = *ComponentAddress::parse(some(false));
      EXPECT_EQ(one->matches(address), slow(first, address)) << "AIRSSYS_SEED=" << seed << " " << first << " " << address.text();
      EXPECT_FALSE(one->covers(*other) && other->matches(address) && !one->matches(address)) << first << " " << second;
      matched += one->matches(address);
    }
  }
  EXPECT_TRUE((matched > 1000 && covering > 100) || !all_seeds()) << matched << " " << covering;
}

// ---- sets

TEST(CapabilitySet, AllowsWhatSomeCapabilityOfItAllowsAndNothingElse) {
  std::size_t allowed = 0;
  for (const std::uint64_t seed : rt::testing::seeds(rounds)) {
    Random random(seed);
    CapabilitySet set;
    std::vector<std::pair<Action, std::string>> patterns;
    constexpr std::array actions{Action::filesystem_read, Action::filesystem_write, Action::filesystem_delete};
    for (int n = 0; n < 6; ++n) {
      const Action action = one_of(random, actions);
      const std::string text = some_path_pattern(random);
      auto capability = Capability::parse(action, text);
      if (!capability) continue;
      ASSERT_TRUE(set.grant(*std::move(capability)));
      patterns.emplace_back(action, text);
    }
    if (!patterns.empty() && random() % 2 == 0) {
      const auto gone = patterns[random() % patterns.size()];
      EXPECT_TRUE(set.revoke(gone.first, gone.second));
      std::erase(patterns, gone);
    }
    for (int n = 0; n < 8; ++n) {
      const Action action = one_of(random, actions);
      const std::string path =
          patterns.empty() || n % 2 == 0 ? some_path(random) : path_like(random, patterns[random() % patterns.size()].second);
      const bool expected =
          std::ranges::any_of(patterns, [&](const auto& one) { return one.first == action && slow_path(one.second, path); });
      EXPECT_EQ(set.find(action, path) != nullptr, expected) << "AIRSSYS_SEED=" << seed << " " << path;
      allowed += expected;
      const auto least = smallest_grant(action, path);
      if (!least || expected) continue;
      CapabilitySet wider = set;
      ASSERT_TRUE(wider.grant(*least));
      EXPECT_TRUE(wider.find(action, path)) << path;
      EXPECT_TRUE(wider.covers(set));
      EXPECT_FALSE(set.covers(wider));
    }
  }
  EXPECT_TRUE(allowed > 1000 || !all_seeds()) << allowed;
}

}  // namespace
}  // namespace airssys::wasm
