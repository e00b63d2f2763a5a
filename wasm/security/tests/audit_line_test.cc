#include "airssys/wasm/security/audit_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit_format.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using ::testing::HasSubstr;

AuditEntry some_entry() {
  return {.event = {.component = "default/reader/main",
                    .action = "filesystem.read",
                    .resource = "/etc/shadow",
                    .decision = AuditDecision::deny,
                    .rule = "/etc/shadow is forbidden",
                    .place = "Component.toml:12:3",
                    .session = 0x0123456789abcdef,
                    .number = 7,
                    .count = 3},
          .time = WallTime(1'795'290'620'123'456'789ns),
          .last = 9};
}

std::string line_of(const AuditEntry& entry, AuditPlace place = AuditPlace::within_file) {
  AuditLines lines(AuditChain{41, {}});
  lines.add(entry, place);
  std::string text = lines.text();
  EXPECT_TRUE(text.ends_with('\n'));
  text.pop_back();
  return text;
}

std::string why_not(std::string_view line) {
  const auto parsed = AuditLine::parse(line);
  return parsed ? "it parses" : parsed.error().message();
}

TEST(AuditLine, IsReadAsItWasWritten) {
  const std::string text = line_of(some_entry());
  EXPECT_TRUE(text.starts_with(R"({"seq":42,"time":"2026-11-21T19:50:20.123456789Z","component":"default/reader/main",)"
                               R"("action":"filesystem.read","resource":"/etc/shadow","decision":"deny",)"
                               R"("rule":"/etc/shadow is forbidden","place":"Component.toml:12:3",)"
                               R"("session":"0123456789abcdef","count":3,"number":7,"last":9,"hash":")"))
      << text;
  const auto line = AuditLine::parse(text);
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_EQ(line->seq, 42u);
  EXPECT_EQ(line->time, some_entry().time);
  EXPECT_EQ(line->component, "default/reader/main");
  EXPECT_EQ(line->action, "filesystem.read");
  EXPECT_EQ(line->resource, "/etc/shadow");
  EXPECT_EQ(line->decision, AuditDecision::deny);
  EXPECT_EQ(line->rule, "/etc/shadow is forbidden");
  EXPECT_EQ(line->place, "Component.toml:12:3");
  EXPECT_EQ(line->session, 0x0123456789abcdefu);
  EXPECT_EQ(line->number, 7u);
  EXPECT_EQ(line->last, 9u);
  EXPECT_EQ(line->count, 3u);
  EXPECT_FALSE(line->cut);
  EXPECT_FALSE(line->after);
  EXPECT_EQ(audit_hash_of(text, {}), line->hash);
  EXPECT_NE(audit_hash_of(text, {1}), line->hash);
}

TEST(AuditLine, SaysAtTheBeginningOfAFileWhatWasBefore) {
  const auto line = AuditLine::parse(line_of(some_entry(), AuditPlace::begins_file));
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_EQ(line->after, AuditHash{});
}

TEST(AuditLine, TakesAnyBytes) {
  AuditEntry entry = some_entry();
  entry.event.resource = "a\"b\\c\n\0d\x7f \xc3\xa4 \xff\xc3"sv;
  const std::string text = line_of(entry);
  EXPECT_THAT(text, HasSubstr(R"("a\"b\\c\u000a\u0000d\u007f )"
                              "\xc3\xa4"
                              R"( \\xff\\xc3")"));
  const auto line = AuditLine::parse(text);
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_EQ(line->resource, "a\"b\\c\n\0d\x7f \xc3\xa4 \\xff\\xc3"sv);
}

TEST(AuditLine, SaysThatATextWasCut) {
  AuditEntry entry = some_entry();
  const std::string longer(AuditEvent::max_text_bytes + 1, '\x01');
  entry.event.component = entry.event.action = entry.event.resource = entry.event.rule = entry.event.place = longer;
  const std::string text = line_of(entry);
  EXPECT_LT(text.size(), AuditLine::max_bytes);
  const auto line = AuditLine::parse(text);
  ASSERT_TRUE(line) << line.error().message();
  EXPECT_TRUE(line->cut);
  EXPECT_EQ(line->resource.size(), AuditEvent::max_text_bytes);
}

TEST(AuditLine, IsNoOtherText) {
  const std::string good = line_of(some_entry());
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string text = good;
    text.replace(text.find(what), what.size(), instead);
    return text;
  };
  EXPECT_THAT(why_not(""), HasSubstr("does not begin with its number"));
  EXPECT_THAT(why_not(good.substr(0, good.size() - 1)), HasSubstr("end with its check or hash"));
  EXPECT_THAT(why_not(with("\"count\":3", "\"count\":-3")), HasSubstr("the field 'count'"));
  EXPECT_THAT(why_not(with("\"count\":3", "\"count\":0")), HasSubstr("the field 'count'"));
  EXPECT_THAT(why_not(with("\"rule\"", "\"role\"")), HasSubstr("the field 'role'"));
  EXPECT_THAT(why_not(with("\"seq\":42", "\"seq\":0")), HasSubstr("the field 'seq'"));
  EXPECT_THAT(why_not(with(R"("decision":"deny",)", "")), HasSubstr("a field is missing"));
  EXPECT_THAT(why_not(with(R"("deny")", R"("maybe")")), HasSubstr("the field 'decision'"));
  EXPECT_THAT(why_not(with("2026-11-21", "2026-11-31")), HasSubstr("the field 'time'"));
  EXPECT_THAT(why_not(with("\"last\":9", "\"last\":6")), HasSubstr("'last' is before 'number'"));
  EXPECT_THAT(why_not(with("\"last\":9", "\"version\":1")), HasSubstr("come together"));
  EXPECT_THAT(why_not(with("\"session\"", ",\"session\"")), HasSubstr("no JSON"));
  const std::string first = line_of(some_entry(), AuditPlace::begins_file);
  EXPECT_THAT(why_not(std::string(first).replace(first.find("\"version\":1"), 11, "\"version\":2")),
              HasSubstr("version 2; this host reads version 1"));
  EXPECT_THAT(why_not(std::string(AuditLine::max_bytes + 1, ' ')), HasSubstr("bytes, of"));
}

// Of what a batch has: the lines before its last one, and each 32nd, have no hash.
TEST(AuditLine, HasAHashAtTheEndOfABatchAndOfEach32LinesAndACheckOtherwise) {
  AuditLines lines(AuditChain{0, {1}});
  for (int n = 0; n < 80; ++n) lines.add(some_entry(), AuditPlace::within_file);
  std::string_view rest = lines.text();
  AuditHasher hasher({1});
  for (std::uint64_t seq = 1; seq <= 80; ++seq, rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    const auto line = AuditLine::parse(text);
    ASSERT_TRUE(line) << line.error().message();
    ASSERT_EQ(line->seq, seq);
    ASSERT_EQ(line->hash.has_value(), seq % 32 == 0 || seq == 80);
    if (line->hash) {
      hasher.add(audit_line_body(text));
      ASSERT_EQ(line->hash, hasher.hash());
      hasher = AuditHasher(*line->hash);
    } else {
      ASSERT_EQ(line->check, audit_check_of(text));
      hasher.add(text);
      hasher.add("\n");
    }
  }
  EXPECT_EQ(rest, "");
  EXPECT_EQ(lines.chain().seq, 80u);
}

TEST(AuditLine, HasEitherACheckOrAHash) {
  AuditLines lines(AuditChain{});
  lines.add(some_entry(), AuditPlace::within_file);
  lines.add(some_entry(), AuditPlace::within_file);
  const std::string text = lines.text().substr(0, lines.text().find('\n'));
  ASSERT_TRUE(AuditLine::parse(text)) << why_not(text);
  const std::string hash = R"("hash":")" + audit_hash_text({}) + "\",";
  EXPECT_THAT(why_not(std::string(text).insert(text.find("\"session\""), hash)), HasSubstr("either 'check' or 'hash'"));
  EXPECT_THAT(why_not(text.substr(0, text.find(",\"check\"")) + "}"), HasSubstr("its check or hash"));
  EXPECT_THAT(why_not(std::string(text).replace(text.size() - 3, 1, "G")), HasSubstr("the field 'check'"));
}

TEST(AuditCheckSum, IsCastagnolisOfAnyBytesByTableAndByInstruction) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  std::string text;
  for (int n = 0; n < 300; ++n) {
    ASSERT_EQ(crc32c(text), crc32c_by_table(text)) << n;
    text += static_cast<char>(n * 7);
  }
}

TEST(AuditTime, IsReadAsItIsWritten) {
  EXPECT_EQ(audit_time_text(WallTime()), "1970-01-01T00:00:00.000000000Z");
  for (const auto time : {WallTime(), WallTime(1ns), WallTime(951'782'399'999'999'999ns), WallTime(4'102'444'800s)})
    EXPECT_EQ(parse_audit_time(audit_time_text(time)), time);
  for (const char* const text : {"", "2026-11-21T19:50:20Z", "2026-11-21T24:00:00.000000000Z", "2026-13-01T00:00:00.000000000Z",
                                 "2026-02-29T00:00:00.000000000Z", "1969-12-31T23:59:59.000000000Z"})
    EXPECT_FALSE(parse_audit_time(text)) << text;
}

}  // namespace
}  // namespace airssys::wasm
