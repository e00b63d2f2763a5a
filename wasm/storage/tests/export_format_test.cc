#include "airssys/wasm/storage/export_format.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "export_world.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;

StoreId store(std::string_view text) { return *StoreId::parse(text); }

std::string mistake_in(std::string_view line) {
  const auto parsed = parse_export_line(line);
  return parsed ? "none" : parsed.error().message();
}

TEST(ExportFormat, ReadsAnEntryAsItIsWritten) {
  const std::string line = export_line(store("default/counter"), "count", "42", "2026-01-31T12:00:00Z");
  EXPECT_EQ(line, R"({"component":"default/counter","key":"Y291bnQ=","value":"NDI=","timestamp":"2026-01-31T12:00:00Z"})"
                  "\n");
  const auto parsed = parse_export_line(line);
  ASSERT_OK(parsed);
  EXPECT_EQ(std::get<ExportEntry>(*parsed), (ExportEntry{store("default/counter"), "count", Bytes::copy_of("42")}));
}

TEST(ExportFormat, ReadsHeaderAndTrailerAsTheyAreWritten) {
  const ExportHeader header{.backend = "rocksdb", .created = export_time};
  const ExportTrailer trailer{.keys = 3, .bytes = 4, .sha256 = std::string(64, 'a')};
  const auto first = parse_export_line(export_line(header)), last = parse_export_line(export_line(trailer));
  ASSERT_OK(first);
  ASSERT_OK(last);
  EXPECT_EQ(std::get<ExportHeader>(*first), header);
  EXPECT_EQ(std::get<ExportTrailer>(*last), trailer);
}

TEST(ExportFormat, TakesThePhysicalPrefixOffKeysOfOlderTools) {
  // component:default/counter:count
  const auto parsed =
      parse_export_line(R"({"component":"default/counter","key":"Y29tcG9uZW50OmRlZmF1bHQvY291bnRlcjpjb3VudA==","value":""})");
  ASSERT_OK(parsed);
  EXPECT_EQ(std::get<ExportEntry>(*parsed).key, "count");
}

TEST(ExportFormat, GivesBackKeysThatReallyBeginWithAPrefix) {
  for (const std::string_view of : {"default/counter", "default/counter:settings", "shared:team"})
    for (const std::string_view key : {"component:default/counter:count",
                                       "component:default/counter:", "component:default/counter:component:default/counter:x",
                                       "shared:team:x", "component:default/other:x"}) {
      const auto parsed = parse_export_line(export_line(store(of), key, "", "2026-01-31T12:00:00Z"));
      ASSERT_OK(parsed);
      EXPECT_EQ(std::get<ExportEntry>(*parsed).key, key) << of;
    }
}

TEST(ExportFormat, TakesWhatOtherWritersMakeOfTheSameLine) {
  for (const std::string_view line :
       {R"( { "value" : "\/\/8=" , "key" : "\u0059Q==" , "component" : "default\/a" } )",
        R"({"timestamp":"2026-01-31t14:00:00.123+02:00","component":"default/a:default","key":"YQ==","value":"//8="})",
        R"({"timestamp":"2026-01-31T12:00:00z","component":"default/a","key":"YQ==","value":"//8="})"}) {
    const auto parsed = parse_export_line(line);
    ASSERT_OK(parsed);
    EXPECT_EQ(std::get<ExportEntry>(*parsed), (ExportEntry{store("default/a"), "a", Bytes::copy_of("\xff\xff")})) << line;
  }
}

TEST(ExportFormat, SaysWhatIsWrongWithALine) {
  const std::pair<std::string_view, std::string_view> lines[]{
      {"", "no JSON at byte"},
      {"[]", "no object"},
      {"7", "no object"},
      {R"("a")", "no object"},
      {R"({"a":{}})", "'a' is an object; only texts and whole numbers are allowed"},
      {R"({"component":["default/a"]})", "'component' is a list"},
      {R"({"component":null})", "'component' is null"},
      {R"({"component":"default/a","key":"YQ==")", "no JSON at byte"},
      {R"({"component":"default/a","key":"YQ==","value":""}{})", "no JSON at byte"},
      {R"({"component":"default/a","value":""})", "'key' is missing"},
      {R"({"component":"default/a","key":"YQ=="})", "'value' is missing"},
      {R"({"component":"default/a","key":"YQ==","value":"","key":"YQ=="})", "the key 'key' is there twice"},
      {R"({"component":"default/a","key":"YQ==","value":"","vlaue":""})", "the key 'vlaue' is unknown; did you mean 'value'?"},
      {R"({"component":"default/a","key":"YQ==","value":"","sha256":""})", "the key 'sha256' is unknown here"},
      {R"({"component":"default/a","key":1,"value":""})", "'key' is no text"},
      {R"({"component":"default/a","key":"YQ","value":""})", "'key' is no base64 with padding"},
      {R"({"component":"default/a","key":"YR==","value":""})", "'key' is no base64 with padding"},
      {R"({"component":"default/a","key":"YQ==\n","value":""})", "'key' is no base64 with padding"},
      {R"({"component":"default/a","key":"_w==","value":""})", "'key' is no base64 with padding"},
      {R"({"component":"default/a","key":"/w==","value":""})", "'key': a key is UTF-8"},
      {R"({"component":"default/a","key":"","value":""})", "'key': a key has at least one byte"},
      {R"({"component":"default/a","key":"AA==","value":""})", "'key': a control character"},
      {R"({"component":"counter","key":"YQ==","value":""})", "'component': 'counter': is no store"},
      {R"({"component":"default/a/2","key":"YQ==","value":""})", "is no store"},
      {R"({"component":"../x","key":"YQ==","value":""})", "is no store"},
      {R"({"component":"sys/usage","key":"YQ==","value":"","timestamp":"yesterday"})", "'timestamp' is no time"},
      {R"({"component":"default/a","key":"YQ==","value":"","timestamp":"2026-01-31T12:00:00+2:00"})", "'timestamp' is no time"},
      {R"({"type":"footer"})", "'type' is 'footer'"},
      {R"({"type":"header","version":1,"created":"2026-01-31T12:00:00Z"})", "'backend' is missing"},
      {R"({"type":"header","version":2,"future":true})", "true"},
      {R"({"type":"header","version":2,"future":"yes"})", "an export of version 2; this program reads version 1"},
      {R"({"type":"header","version":-1})", "'version' is a negative number"},
      {R"({"type":"trailer","keys":1.5,"bytes":1,"sha256":""})", "'keys' is no whole number"},
      {R"({"type":"trailer","keys":1,"bytes":1,"sha256":"AB"})", "'sha256' is not 64 lowercase hex digits"},
      {"{\"component\":\"\xff\"}", "no JSON at byte"},
  };
  for (const auto& [line, mistake] : lines) {
    if (mistake == "true")
      EXPECT_NE(mistake_in(line), "none");
    else
      EXPECT_THAT(mistake_in(line), HasSubstr(mistake)) << line;
  }
}

TEST(ExportFormat, HoldsTheLimitsOfKeysAndValues) {
  const auto line = [](std::size_t key, std::size_t value) {
    std::string text = export_line(store("default/a"), std::string(key, 'k'), std::string(value, 'v'), "2026-01-31T12:00:00Z");
    return mistake_in(std::string_view(text).substr(0, text.size() - 1));
  };
  EXPECT_EQ(line(max_storage_key_bytes, max_storage_value_bytes), "none");
  EXPECT_THAT(line(max_storage_key_bytes + 1, 0), HasSubstr("'key': a key of 257 bytes; the most is 256"));
  EXPECT_THAT(line(1, max_storage_value_bytes + 1), HasSubstr("'value' has 1048577 bytes; the most is 1048576"));
  EXPECT_THAT(mistake_in(std::string(max_export_line_bytes + 1, ' ')), HasSubstr("a line of 2097153 bytes"));
}

// A file that an earlier build wrote is what this one writes, byte for byte.
TEST(ExportFormat, IsThatOfTheGoldenFile) {
  std::ostringstream golden;
  golden << std::ifstream(AIRSSYS_GOLDEN "/export.jsonl", std::ios::binary).rdbuf();
  const auto backend = in_memory();
  put(*backend, "default/counter", "count", "42");
  put(*backend, "default/counter", "component:default/counter:x", "");
  put(*backend, "default/counter:settings", "\xc3\xa9", std::string("\0\xff", 2));
  put(*backend, "shared:team", "a", "shared");
  EXPECT_EQ(export_text(*backend), golden.str());
  const auto read = in_memory();
  ASSERT_OK(import_text(*read, golden.str()));
  EXPECT_EQ(scan(*read), scan(*backend));
}

}  // namespace
}  // namespace airssys::wasm::testing
