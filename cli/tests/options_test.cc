#include "options.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.h"

namespace airssys::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<Invocation> parse(std::vector<std::string> arguments) { return parse_arguments(arguments); }

std::string complaint(std::vector<std::string> arguments) {
  const auto parsed = parse(std::move(arguments));
  if (parsed) return "parsed";
  EXPECT_EQ(parsed.error().code(), Code::invalid_argument);
  return parsed.error().message();
}

TEST(Options, TakesPathsAndSendsInTheirOrder) {
  const auto parsed = parse({"run", "a", "--send", "x=1.txt", "b", "-s", "y=-", "--repeat", "3x"});
  ASSERT_FALSE(parsed);
  const auto good = parse({"run", "a", "--send", "x=1.txt", "b", "--send", "x=a=b", "--repeat", "3", "--for", "2s", "--json"});
  ASSERT_TRUE(good) << good.error().message();
  const auto& run = std::get<RunOptions>(good->command);
  EXPECT_EQ(run.paths, (std::vector<std::filesystem::path>{"a", "b"}));
  ASSERT_EQ(run.sends.size(), 2u);
  EXPECT_EQ(run.sends[0].component, "x");
  EXPECT_EQ(run.sends[1].file, "a=b");
  EXPECT_EQ(run.repeat, 3u);
  EXPECT_EQ(run.at_most, std::chrono::seconds(2));
  EXPECT_TRUE(good->common.json);
}

TEST(Options, TakesCodecsThatMessagesMayBeSentIn) {
  const auto codec = [](const char* name) { return parse({"run", "a", "--codec", name}); };
  EXPECT_EQ(std::get<RunOptions>(codec("json")->command).codec, 0x0200u);
  EXPECT_EQ(std::get<RunOptions>(parse({"run", "a"})->command).codec, wasm::raw_codec);
  for (const char* name : {"yaml", "dag-json"})
    EXPECT_EQ(codec(name).error().message(),
              fmt::format("--codec '{}': messages cannot be sent in it; the codecs are protobuf, cbor, raw, json, messagepack, "
                          "borsh, bincode",
                          name));
}

TEST(Options, TakesWhichMessagesHaveALineOfTheAuditLog) {
  const auto mode = [](const char* text) { return parse({"run", "a", "--audit-messages", text}); };
  EXPECT_EQ(std::get<RunOptions>(parse({"run", "a"})->command).audit_messages, 0u);
  EXPECT_EQ(std::get<RunOptions>(mode("counted")->command).audit_messages, 0u);
  EXPECT_EQ(std::get<RunOptions>(mode("every")->command).audit_messages, 1u);
  EXPECT_EQ(std::get<RunOptions>(mode("sampled:100")->command).audit_messages, 100u);
  for (const char* text : {"sampled:1", "sampled:", "sampled:2x", "all"})
    EXPECT_EQ(mode(text).error().message(),
              fmt::format("--audit-messages '{}': write counted, every, or sampled:N with N from 2", text));
}

TEST(Options, TakesCommonFlagsBeforeTheCommandToo) {
  const auto parsed = parse({"--quiet", "--log-level", "debug", "inspect", "a.wasm"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_TRUE(parsed->common.quiet);
  EXPECT_EQ(parsed->common.log_level, LogLevel::debug);
  EXPECT_EQ(std::get<InspectOptions>(parsed->command).path, "a.wasm");
}

TEST(Options, SuggestsTheNearestCommandOptionAndLevel) {
  EXPECT_EQ(complaint({"rnu", "a"}), "unknown command 'rnu'; did you mean 'run'?");
  EXPECT_THAT(complaint({"frobnicate"}),
              StartsWith("unknown command 'frobnicate'; the commands are run, inspect, componentize, wit, "));
  EXPECT_EQ(complaint({"run", "a", "--jsno"}), "unknown option '--jsno'; did you mean '--json'?");
  EXPECT_EQ(complaint({"run", "a", "--repeta=3"}), "unknown option '--repeta'; did you mean '--repeat'?");
  EXPECT_EQ(complaint({"run", "a", "--xyz"}), "unknown option '--xyz'; see 'airssys-wasm run --help'");
  EXPECT_EQ(complaint({"wit", "bindgn"}), "unknown command 'bindgn'; did you mean 'bindgen'?");
  EXPECT_EQ(complaint({"run", "a", "--log-level", "inof"}), "--log-level: 'inof' is not a log level; did you mean 'info'?");
}

TEST(Options, SaysWhatIsMissing) {
  EXPECT_THAT(complaint({}), StartsWith("no command; the commands are run, "));
  EXPECT_THAT(complaint({"run"}), StartsWith("run: no PATH; "));
  EXPECT_THAT(complaint({"inspect"}), StartsWith("inspect: the .wasm file or folder is missing"));
  EXPECT_THAT(complaint({"componentize", "a.wat"}), StartsWith("componentize: -o OUT.wasm is missing"));
  EXPECT_THAT(complaint({"wit"}), StartsWith("wit: no command"));
  EXPECT_THAT(complaint({"wit", "bindgen", "--lang", "c", "--out", "o"}), StartsWith("bindgen: --world is missing"));
  EXPECT_THAT(complaint({"wit"}), StartsWith("wit: no command; the commands are bindgen, check, diff"));
  EXPECT_THAT(complaint({"wit", "diff", "old"}), StartsWith("diff: NEW is missing"));
  EXPECT_THAT(complaint({"inspect", "a", "b"}), HasSubstr("unexpected argument 'b'"));
}

TEST(Options, RefusesValuesOfAWrongForm) {
  EXPECT_THAT(complaint({"run", "a", "--send", "counter"}), HasSubstr("NAME=FILE"));
  EXPECT_THAT(complaint({"run", "a", "--send", "=x"}), HasSubstr("NAME=FILE"));
  EXPECT_THAT(complaint({"run", "a", "--repeat", "0"}), HasSubstr("from 1 to 1000000"));
  EXPECT_THAT(complaint({"run", "a", "--repeat", "-1"}), HasSubstr("from 1 to 1000000"));
  EXPECT_THAT(complaint({"run", "a", "--for", "5"}), StartsWith("--for: '5' is not a duration"));
  EXPECT_THAT(complaint({"run", "a", "--send", "x=-", "--send", "y=-"}), HasSubstr("given twice"));
  EXPECT_THAT(complaint({"run", "a", "--send", "x=-", "--repeat", "2"}), HasSubstr("read only once"));
  EXPECT_EQ(complaint({"wit", "bindgen", "--lang", "ada", "--world", "w", "--out", "o"}),
            "bindgen: --lang 'ada' is not supported; the languages are: c, cpp, go, rust");
}

TEST(Options, KeepsControlSequencesOfAWordOutOfTheMessage) {
  EXPECT_THAT(complaint({"\x1b[31m"}), StartsWith("unknown command '\\x1b[31m'; the commands are run, "));
}

TEST(Options, ShowsHelpWithExamplesAndTheVersion) {
  const auto help = parse({"run", "--help"});
  ASSERT_TRUE(help);
  const std::string& text = std::get<ShowText>(help->command).text;
  EXPECT_THAT(text, HasSubstr("--send"));
  EXPECT_THAT(text, HasSubstr("Examples:"));
  EXPECT_THAT(std::get<ShowText>(parse({"--help"})->command).text, HasSubstr("componentize"));
  EXPECT_THAT(std::get<ShowText>(parse({"wit", "bindgen", "--help"})->command).text, HasSubstr("--lang"));
  EXPECT_THAT(std::get<ShowText>(parse({"--version"})->command).text, EndsWith("\n"));
  EXPECT_THAT(std::get<ShowText>(parse({"--version"})->command).text, StartsWith("airssys-wasm 0."));
}

TEST(Options, UsageErrorsEndWithCodeTwoAndOneLine) {
  testing::World world;
  EXPECT_EQ(world.run({"rnu"}), 2);
  EXPECT_EQ(world.err(), "error: unknown command 'rnu'; did you mean 'run'?\n");
  EXPECT_EQ(world.out(), "");
}

TEST(Options, UsageErrorsAreADocumentWhenJsonIsAskedFor) {
  testing::World world;
  EXPECT_EQ(world.run({"run", "--json", "--jsno"}), 2);
  EXPECT_THAT(world.out(), HasSubstr("\"code\": \"invalid-argument\""));
  EXPECT_THAT(world.out(), HasSubstr("\"hint\": \"did you mean '--json'?\""));
}

TEST(Options, ABadEnvironmentVariableIsAMatterOfConfiguration) {
  testing::World world;
  world.environment["AIRSSYS_WASM_LOG_LEVEL"] = "loud";
  EXPECT_EQ(world.run({"run", "a"}), 3);
  EXPECT_THAT(world.err(), StartsWith("error: AIRSSYS_WASM_LOG_LEVEL: 'loud' is not a log level"));
}

}  // namespace
}  // namespace airssys::cli
