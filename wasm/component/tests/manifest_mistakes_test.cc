// What people get to read when a manifest is wrong: each case is a file and the whole text of the error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "airssys/wasm/component/manifest.h"

namespace airssys::wasm {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view package = "[package]\nname = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n";
constexpr std::string_view resources = "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n";

Error error_of(std::string_view text) {
  auto manifest = parse_manifest(text, "C");
  if (manifest) {
    ADD_FAILURE() << "was accepted:\n" << text;
    return Error(Code::internal, "accepted");
  }
  return manifest.error();
}

struct Case {
  std::string text;
  std::string message;
};
void expect_all(const std::vector<Case>& cases, std::string_view before, std::string_view after = "") {
  for (const auto& [text, message] : cases) {
    const Error error = error_of(std::string(before) + text + std::string(after));
    EXPECT_EQ(error.message(), message) << text;
    EXPECT_EQ(error.code(), Code::invalid_configuration) << text;
  }
}

TEST(ManifestMistake, InPackageIsNamedWithItsPlace) {
  expect_all(
      {
          {R"(name = "A"
version = "1.0.0"
authors = ["A"])",
           "C:2:8: 'name' is wrong: 'A': component name at byte 1: 'A' is not allowed; use a-z, 0-9 and single '-' between them, "
           "beginning with a letter, as in 'word-counter'"},
          {"name = 5\nversion = \"1.0.0\"\nauthors = [\"A\"]",
           "C:2:8: 'name' must be a string, found an integer; write name = \"word-counter\""},
          {"name = \"a\"\nversion = \"01.0.0\"\nauthors = [\"A\"]",
           "C:3:11: 'version' is '01.0.0', not a semantic version; write version = \"1.0.0\""},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = []",
           "C:4:11: 'authors' is empty; write authors = [\"Dana <dana@example.org>\"]"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\", \"\"]",
           "C:4:17: 'authors' holds an empty string; write authors = [\"Dana <dana@example.org>\"]"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\n  true ]",
           "C:5:3: 'authors' must be a list of strings, found a boolean in it; write authors = [\"Dana <dana@example.org>\"]"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\nauthor = \"B\"",
           "C:5:1: 'author' sets the same as 'authors' in line 4; keep one, as authors = [\"Dana <dana@example.org>\"]"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\nhomepage = \"not a url\"",
           "C:5:12: 'homepage' is 'not a url', not a URL; write homepage = \"https://example.org\""},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\nlanguage = \"pyton\"",
           "C:5:12: 'language' is 'pyton', must be one of rust, c, cpp, go, python, javascript, other; did you mean 'python'?"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\nlicence = \"MIT\"",
           "C:5:1: unknown key 'licence' in [package]; did you mean 'license'?"},
          {"name = \"a\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\ndescription = \"" + std::string(1025, 'x') + "\"",
           "C:5:15: 'description' is 1025 bytes long, at most 1024 are allowed; write description = \"Counts words.\""},
          {"version = \"1.0.0\"\nauthors = [\"A\"]", "C:1:1: [package] has no 'name'; add name = \"word-counter\""},
      },
      "[package]\n", std::string("\n") + std::string(resources));
}

TEST(ManifestMistake, InVersionsFollowsTheGrammarOfSemVer) {
  for (auto good : {"0.0.0", "1.2.3", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y-z.--", "1.0.0+001", "1.0.0-a+b.c",
                    "10.20.30"})
    EXPECT_TRUE(parse_manifest("[package]\nname='a'\nversion='"s + good + "'\nauthors=['A']\n" + std::string(resources), "C"))
        << good;
  for (auto bad :
       {"", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.0-a..b", "1.0.0 ", "1..0", "-1.0.0", "1.0.0-ä"})
    EXPECT_FALSE(parse_manifest("[package]\nname='a'\nversion='"s + bad + "'\nauthors=['A']\n" + std::string(resources), "C"))
        << bad;
}

TEST(ManifestMistake, InBuildIsNamedWithItsPlace) {
  const std::string outside =
      ", must be a relative path of a file inside the component's folder, without '..'; write output = "
      "\"build/word-counter.wasm\"";
  expect_all(
      {
          {"type = \"custom\"\noutput = \"a\"", "C:8:1: [build] has no 'command'; add command = \"make\""},
          {"type = \"c\"", "C:8:1: [build] has no 'output'; add output = \"build/word-counter.wasm\""},
          {"type = \"c\"\noutput = \"/etc/passwd\"", "C:10:10: 'output' is '/etc/passwd'" + outside},
          {"type = \"c\"\noutput = \"a/../../b\"", "C:10:10: 'output' is 'a/../../b'" + outside},
          {"type = \"c\"\noutput = \"..\"", "C:10:10: 'output' is '..'" + outside},
          {"type = \"c\"\noutput = \"a/\"", "C:10:10: 'output' is 'a/'" + outside},
          {"type = \"c\"\noutput = \"\"", "C:10:10: 'output' is ''" + outside},
          {"type = \"c\"\noutput = \"a\\u0000b\"", "C:10:10: 'output' is 'a\\x00b'" + outside},
          {"type = \"c\"\noutput = \"a\"\ntarget = \"x86\"",
           "C:11:10: 'target' is 'x86', must be one of wasm32-wasip2, wasm32-wasip1, wasm32-wasi, wasm32-unknown-unknown; write "
           "target = "
           "\"wasm32-wasip2\""},
      },
      std::string(package) + std::string(resources) + "[build]\n");
}

TEST(ManifestMistake, InResourcesIsNamedWithItsRange) {
  const std::string before = std::string(package) + "[resources]\n";
  expect_all(
      {
          {"max_memory = \"511KiB\"\nmax_stack = \"64KiB\"",
           "C:6:14: 'max_memory' is 511KiB, must be 512KiB to 512MiB; write max_memory = \"4MiB\""},
          {"max_memory = \"513MiB\"\nmax_stack = \"64KiB\"",
           "C:6:14: 'max_memory' is 513MiB, must be 512KiB to 512MiB; write max_memory = \"4MiB\""},
          {"max_memory = 4\nmax_stack = \"64KiB\"",
           "C:6:14: 'max_memory' must be a size in quotes, found an integer; write max_memory = \"4MiB\""},
          {"max_memory = \"4\"\nmax_stack = \"64KiB\"",
           "C:6:14: 'max_memory' is wrong: '4' is not a size: an integer and a unit, B KB MB GB KiB MiB GiB, as in \"4MiB\"; "
           "write max_memory = "
           "\"4MiB\""},
          {"max_memory = \"1MiB\"\nmax_stack = \"65535B\"",
           "C:7:13: 'max_stack' is 65535B, must be 64KiB to 2MiB; write max_stack = \"256KiB\""},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\ninitial_memory = \"2MiB\"",
           "C:8:18: 'initial_memory' is 2MiB, must be 0B to 1MiB; write initial_memory = \"1MiB\""},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\nmax_fuel_per_execution = 0",
           "C:8:26: 'max_fuel_per_execution' is 0, must be 1 to 9223372036854775807; write max_fuel_per_execution = 1000000"},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\nmax_execution_time_ms = 600_001",
           "C:8:25: 'max_execution_time_ms' is 600001, must be 1 to 600000; write max_execution_time_ms = 100"},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\nmax_execution_time_ms = 1.5",
           "C:8:25: 'max_execution_time_ms' must be an integer, found a fractional number; write max_execution_time_ms = 100"},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\ntimeout-ms = -1",
           "C:8:14: 'timeout-ms' is -1, must be 1 to 600000; write max_execution_time_ms = 100"},
          {"max_memory_mb = 9223372036854775807\nmax_stack = \"64KiB\"",
           "C:6:17: 'max_memory_mb' is 9223372036854775807, must be 1 to 512; write max_memory = \"4MiB\""},
          {"max_memory = \"1MiB\"\nmax_stack = \"64KiB\"\nmax_concurrent_invocations = 4",
           "C:8:30: 'max_concurrent_invocations' is 4, must be 1; write max_concurrent_invocations = 1"},
          {"max_memory = \"1MiB\"\nmemory-max = \"1MiB\"\nmax_stack = \"64KiB\"",
           "C:7:1: 'memory-max' sets the same as 'max_memory' in line 6; keep one, as max_memory = \"4MiB\""},
      },
      before);
}

TEST(ManifestMistake, OfAMissingLimitHasACodeOfItsOwnAndAnExample) {
  const Error no_memory = error_of(std::string(package) + "[resources]\nmax_stack = \"64KiB\"\n");
  EXPECT_EQ(no_memory.code(), Code::missing_resource_limits);
  EXPECT_EQ(no_memory.message(), "C:5:1: [resources] has no 'max_memory'; add max_memory = \"4MiB\"");
  const Error no_table = error_of(package);
  EXPECT_EQ(no_table.code(), Code::missing_resource_limits);
  EXPECT_EQ(no_table.message(),
            "C:1:1: there is no table [resources]; add it, with max_memory = \"4MiB\" and max_stack = \"256KiB\"");
  const Error no_stack = error_of(std::string(package) + "[resources]\nmax_memroy = \"4MiB\"\n");
  EXPECT_EQ(no_stack.code(), Code::missing_resource_limits);
  EXPECT_EQ(no_stack.message(),
            "C:5:1: [resources] has no 'max_memory'; add max_memory = \"4MiB\"\n"
            "C:5:1: [resources] has no 'max_stack'; add max_stack = \"256KiB\"\n"
            "C:6:1: unknown key 'max_memroy' in [resources]; did you mean 'max_memory'?");
}

TEST(ManifestMistake, InCapabilitiesIsNeverReadAsAGrant) {
  expect_all(
      {
          {"[capabilities.messaging]\nsend = [\"b\", \"C\"]",
           "C:9:14: 'send' is wrong: 'C': component name at byte 1: 'C' is not allowed; use a-z, 0-9 and single '-' between "
           "them, beginning with a "
           "letter, as in 'word-counter'"},
          {"[capabilities.messaging]\nsend = [\"*-b\"]",
           "C:9:9: 'send' is wrong: '*-b': '*' at byte 1 is not the last character; it may only end a pattern, as in 'worker-*'"},
          {"[capabilities.messaging]\nsend = \"b\"",
           "C:9:8: 'send' must be a list of strings, found a string; write send = [\"indexer\"]"},
          {"[capabilities.messaging]\nsend = [\"b\"]\ncan_send_to = [\"c\"]",
           "C:10:1: 'can_send_to' sets the same as 'send' in line 9; keep one, as send = [\"indexer\"]"},
          {"[capabilities]\nmessaging = 1",
           "C:9:13: 'messaging' must be a table, found an integer; write [capabilities.messaging]"},
          {"[capabilities.rationale]\nx = 1", "C:9:5: 'x' must be a string, found an integer; write x = \"why it is needed\""},
          {"[capabilities.netwrok]", "C:8:15: unknown table 'netwrok' in [capabilities]; did you mean 'network'?"},
      },
      std::string(package) + std::string(resources));
}

TEST(ManifestMistake, IsWhateverThisVersionCannotEnforce) {
  for (std::string table : {"interfaces", "dependencies", "wit-dependencies"})
    EXPECT_EQ(
        error_of(std::string(package) + std::string(resources) + "[" + table + "]").message(),
        "C:8:2: '" + table +
            "' of the manifest is not enforced by this version, so it is refused; remove it, or use a version that supports it");
  for (std::string key : {"strategy", "retention", "min_instances", "max_instances"})
    EXPECT_THAT(error_of(std::string(package) + std::string(resources) + "[deployment]\n" + key + " = 1").message(),
                StartsWith("C:9:1: '" + key + "' of [deployment] is not enforced"));
}

TEST(ManifestMistake, IsAClassThatTheEngineDoesNotHave) {
  EXPECT_EQ(error_of(std::string(package) + std::string(resources) + "class = \"compat\"").message(),
            "C:8:9: 'class' is 'compat', must be one of standard, compact; did you mean 'compact'?");
}

TEST(ManifestMistake, InDeploymentIsNamedWithItsPlace) {
  expect_all(
      {
          {"restart = \"always\"",
           "C:9:11: 'restart' is 'always', must be one of permanent, transient, temporary; write restart = \"permanent\""},
          {"restart = true", "C:9:11: 'restart' must be a string, found a boolean; write restart = \"permanent\""},
          {"auto_restart = \"no\"",
           "C:9:16: 'auto_restart' must be true or false, found a string; write restart = \"permanent\""},
          {"restart = \"permanent\"\nauto_restart = true",
           "C:10:1: 'auto_restart' sets the same as 'restart' in line 9; keep one, as restart = \"permanent\""},
          {"max_restarts = 1001", "C:9:16: 'max_restarts' is 1001, must be 0 to 1000; write max_restarts = 3"},
          {"restart_window_s = 0", "C:9:20: 'restart_window_s' is 0, must be 1 to 86400; write restart_window_s = 60"},
          {"shutdown_grace_s = 3601", "C:9:20: 'shutdown_grace_s' is 3601, must be 0 to 3600; write shutdown_grace_s = 30"},
          {"timeout_seconds = -1", "C:9:19: 'timeout_seconds' is -1, must be 1 to 600; write start_timeout_ms = 5000"},
      },
      std::string(package) + std::string(resources) + "[deployment]\n");
}

TEST(ManifestMistake, OutsideOfTheKnownTablesIsNamed) {
  expect_all(
      {
          {"[packge]", "C:8:2: unknown table 'packge' in the manifest; did you mean 'package'?"},
          {"[x]",
           "C:8:2: unknown table 'x' in the manifest; known are package, build, resources, capabilities, mailbox, health, "
           "limits, serialization, deployment, security, metadata, development"},
          {"[[build]]", "C:8:1: 'build' must be a table, found a list; write [build]"},
          {"[development]\nsend = \"x\"",
           "C:9:8: 'send' must be a list of strings, found a string; write send = [\"sample.txt\"]"},
          {"[development]\nsend = [\"\"]", "C:9:9: 'send' holds an impossible file name; write send = [\"sample.txt\"]"},
          {"[\"\\u001b[2J\"]",
           R"(C:8:2: unknown table '\x1b[2J' in the manifest; known are package, build, resources, capabilities, mailbox, )"
           R"(health, limits, serialization, deployment, security, metadata, development)"},
      },
      std::string(package) + std::string(resources));
}

TEST(ManifestMistake, OfSyntaxIsTheOnlyOneAndHasItsPlace) {
  expect_all(
      {
          {"a = ", "C:1:5: not valid TOML: encountered end-of-file; correct the syntax"},
          {"a = \n", "C:1:5: not valid TOML: expected value, saw '\\n'; correct the syntax"},
          {"a = b", "C:1:5: not valid TOML: could not determine value type; write strings in quotes"},
          {"a = 1\na = 2", "C:2:5: not valid TOML: cannot redefine existing integer 'a'; remove one of the two"},
          {"[a]\n\n[a]", "C:3:1: not valid TOML: cannot redefine existing table 'a'; remove one of the two"},
          {"[a\nb = 1", "C:1:3: not valid TOML: expected ']', saw '\\n'; correct the syntax"},
          {"\n  key 1", "C:2:7: not valid TOML: expected '=', saw '1'; correct the syntax"},
          {"a = \"x\nb = 1",
           "C:1:7: not valid TOML: unescaped control characters other than TAB (U+0009) are explicitly prohibited; correct "
           "the syntax"},
          {"a = \"ü\xff\"", "C:1:7: this byte is not UTF-8; save the file as UTF-8"},
          {"# ü\n\nb = \"\xc3\"", "C:3:6: this byte is not UTF-8; save the file as UTF-8"},
          {"é = 1", "C:1:1: not valid TOML: expected keys, tables, whitespace or comments, saw 'é'; correct the syntax"},
          {"# é\nx = 'é' # é\ny = ñ", "C:3:5: not valid TOML: could not determine value type; write strings in quotes"},
          {"[=]", "C:1:2: not valid TOML: expected bare key starting character or string delimiter, saw '='; correct the syntax"},
          {"x = [}", "C:1:6: not valid TOML: could not determine value type; write strings in quotes"},
          {"x = [1}", "C:1:7: not valid TOML: expected comma or closing ']', saw '}'; correct the syntax"},
          {"x = [\n  { a = 1 ],\n]", "C:2:11: not valid TOML: expected key or closing '}', saw ']'; correct the syntax"},
      },
      "");
}

TEST(ManifestMistake, OfALimitStopsTheReading) {
  std::string list = "x = [";
  for (int i = 0; i < 1025; ++i) list += "1,";
  std::string table = "[x]\n";
  for (int i = 0; i < 1025; ++i) table += "k" + std::to_string(i) + " = 1\n";
  expect_all(
      {
          {std::string(65537, '#'), "C:1:1: the file is longer than 65536 bytes; make it shorter"},
          {list + "]", "C:1:5: this list has 1025 entries, at most 1024 are allowed; use fewer"},
          {table, "C:1:1: this table has 1025 entries, at most 1024 are allowed; use fewer"},
          {"x = " + std::string(17, '[') + std::string(17, ']'),
           "C:1:21: not valid TOML: values are nested too deep; use at most 16 levels"},
          {"a" + std::string(40, '.') + "b = 1", "C:1:17: the key has more than 16 parts; use fewer"},
      },
      "");
}

TEST(ManifestMistake, OfADeepKeyIsFoundWhereverItHides) {
  std::string deep;
  for (int i = 0; i < 30'000; ++i) deep += ".a";
  for (const std::string& text :
       {"a" + deep + " = 1", "[a" + deep + "]", "[[a" + deep + "]]", "\"a\" . 'b'" + deep + " = 1", "x = {a" + deep + " = 1}",
        "x = \"\"\"y\"\"\"\"\"\na" + deep + " = 1", "x = '''y'''''\na" + deep + " = 1", "x = \"\\\"\"\na" + deep + " = 1",
        "x = '\\'\na" + deep + " = 1", "x = [ {y = \"\"\"\\\"\"\"\"\"\", a" + deep + " = 1} ]", "# \"\na" + deep + " = 1",
        "x = '' # '\na" + deep + " = 1", "x = \"#\"\na" + deep + " = 1"})
    EXPECT_THAT(error_of(text).message(), HasSubstr("the key has more than 16 parts")) << text.substr(0, 60);
}

TEST(ManifestMistake, IsNotWhatOnlyLooksLikeADeepKey) {
  const std::string dots = ".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a";
  const auto manifest = parse_manifest(std::string(package) + std::string(resources) + "[metadata]\nx = \"" + dots + "\" # " +
                                           dots + "\ny = '''\n" + dots + "''''\nz = \"\"\"\\\"\"\"" + dots +
                                           "\"\"\"\nl = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, "
                                           "1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]\n",
                                       "C");
  EXPECT_TRUE(manifest) << manifest.error().message();
}

TEST(ManifestMistake, StandsWithAllTheOthersInTheOrderOfTheText) {
  const Error error = error_of(R"([resources]
max_stack = 1
max_memory = "1MiB"
[package]
version = "1"
name = "a"
authors = ["A"]
[capabilities.messaging]
send = [1, "B"]
)");
  EXPECT_EQ(
      error.message(),
      "C:2:13: 'max_stack' must be a size in quotes, found an integer; write max_stack = \"256KiB\"\n"
      "C:5:11: 'version' is '1', not a semantic version; write version = \"1.0.0\"\n"
      "C:9:9: 'send' must be a list of strings, found an integer in it; write send = [\"indexer\"]\n"
      "C:9:12: 'send' is wrong: 'B': component name at byte 1: 'B' is not allowed; use a-z, 0-9 and single '-' between them, "
      "beginning with a letter, as in 'word-counter'");
  EXPECT_EQ(error.field("mistakes"), "4");
}

TEST(ManifestMistake, PastTheTwentiethIsCounted) {
  std::string text = std::string(package) + std::string(resources) + "[deployment]\n";
  for (char c = 'a'; c < 'a' + 25; ++c) text += "unknown-"s + c + " = 1\n";
  const std::string message = error_of(text).message();
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 20);
  EXPECT_TRUE(message.ends_with("\nC: 5 more mistakes")) << message;
}

}  // namespace
}  // namespace airssys::wasm
