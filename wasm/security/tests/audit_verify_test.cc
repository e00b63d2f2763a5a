// What was altered in a log, and what a crash leaves: each is noticed, and neither is taken for the other.
#include "airssys/wasm/security/audit_verify.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/sim_platform.h"
#include "audit_files.h"
#include "audit_writer.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using Kind = AuditProblem::Kind;
using testing::contents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct AuditVerify : ::testing::Test {
  // Decisions 1 to `count` about files of these numbers, in batches.
  void write(int count, const AuditLogConfig& config = {}, int in_batch = 1) {
    SimPlatform platform{1};
    auto writer = AuditWriter::open(log, config, platform, null_log());
    ASSERT_TRUE(writer) << writer.error().message();
    for (int n = 1; n <= count; ++n) {
      const std::string resource = "/data/" + std::to_string(n);
      ASSERT_TRUE((*writer)->make_room());
      (*writer)->add({.event = {.component = "default/a/main",
                                .action = "filesystem.read",
                                .resource = resource,
                                .decision = n % 2 == 0 ? AuditDecision::allow : AuditDecision::deny,
                                .rule = "/data/*"},
                      .time = platform.wall_now()});
      if (n % in_batch == 0 || n == count) {
        ASSERT_TRUE((*writer)->commit());
      }
    }
    ASSERT_TRUE((*writer)->sync());
  }
  [[nodiscard]] AuditReport verify() const {
    auto report = verify_audit_folder(log);
    EXPECT_TRUE(report) << report.error().message();
    return report ? *report : AuditReport{};
  }
  // "changed audit-1.jsonl:3".
  [[nodiscard]] std::vector<std::string> problems() const {
    std::vector<std::string> texts;
    for (const AuditProblem& problem : verify().problems)
      texts.push_back(std::string(audit_problem_name(problem.kind)) + " " + problem.file + ":" + std::to_string(problem.line));
    return texts;
  }
  [[nodiscard]] std::vector<std::string> lines(const std::string& file) const {
    std::vector<std::string> lines;
    EXPECT_TRUE(for_each_audit_line(log / file, [&](std::string_view line) { lines.emplace_back(line); }));
    return lines;
  }
  void put(const std::string& file, const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    (void)folder.write("audit/" + file, text);
  }
  void alter(const std::string& file, const std::function<void(std::vector<std::string>&)>& how) const {
    auto content = lines(file);
    how(content);
    put(file, content);
  }

  testing::ScratchFolder folder;
  const std::filesystem::path log = folder.path() / "audit";
  const std::string one = audit_file_name(1);
};

TEST_F(AuditVerify, FindsNothingInALogAsItWasWritten) {
  write(5);
  const AuditReport report = verify();
  EXPECT_TRUE(report.intact());
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_EQ(report.files, 1u);
  EXPECT_EQ(report.lines, 7u);  // two of its own
  EXPECT_EQ(report.decisions, 5u);
  EXPECT_EQ(report.seq, 7u);
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_EQ(testing::mode_of(log), 0700u);
  EXPECT_EQ(testing::mode_of(log / one), 0600u);
}

TEST_F(AuditVerify, FindsAChangedLineWhereverItIsChanged) {
  write(4);
  const auto good = contents(log / one);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = bad[at] == '\n' ? ' ' : static_cast<char>(bad[at] ^ 1);
    (void)folder.write("audit/" + one, bad);
    ASSERT_FALSE(verify().intact()) << at;
  }
  alter(one, [&](auto& lines) {
    lines.clear();
    std::string rest = good;
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
      lines.push_back(rest.substr(0, end));
    lines[3].replace(lines[3].find("\"allow\""), 7, "\"deny\"");
  });
  EXPECT_THAT(problems(), ElementsAre("changed audit-1.jsonl:4"));
}

// Of five lines the fourth: only the last of them has a hash.
TEST_F(AuditVerify, NamesTheChangedLineOfABatchByItsCheck) {
  write(5, {}, 5);
  ASSERT_TRUE(verify().intact()) << verify().problems[0].text;
  const auto good = contents(log / one);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = bad[at] == '\n' ? ' ' : static_cast<char>(bad[at] ^ 1);
    (void)folder.write("audit/" + one, bad);
    ASSERT_FALSE(verify().intact()) << at;
  }
  (void)folder.write("audit/" + one, good);
  alter(one, [&](auto& lines) { lines[5].replace(lines[5].find("\"allow\""), 7, "\"deny\""); });
  EXPECT_THAT(problems(), ElementsAre("changed audit-1.jsonl:6"));
}

TEST_F(AuditVerify, FindsAChangedLineOfABatchWhoseCheckWasMadeAnew) {
  write(5, {}, 5);
  alter(one, [&](auto& lines) {
    lines[5].replace(lines[5].find("\"allow\""), 7, "\"deny\"");
    lines[5].replace(lines[5].size() - 10, 8, fmt::format("{:08x}", audit_check_of(lines[5])));
  });
  EXPECT_THAT(problems(), ElementsAre("changed audit-1.jsonl:7"));
  EXPECT_THAT(verify().problems[0].text,
              HasSubstr("number 7 was changed, or one of the 4 before it and its check, or number 2 and its hash"));
}

TEST_F(AuditVerify, FindsWhatWasRemovedOrMovedWithinABatch) {
  write(6, {}, 6);
  const auto good = contents(log / one);
  alter(one, [](auto& lines) { lines.erase(lines.begin() + 3, lines.begin() + 5); });
  EXPECT_THAT(problems(), ElementsAre("removed audit-1.jsonl:4"));
  (void)folder.write("audit/" + one, good);
  alter(one, [](auto& lines) { std::swap(lines[3], lines[4]); });
  EXPECT_THAT(problems(), ElementsAre("misplaced audit-1.jsonl:5"));
  (void)folder.write("audit/" + one, good);
  alter(one, [](auto& lines) { std::swap(lines[6], lines[7]); });
  EXPECT_THAT(problems(), ElementsAre("misplaced audit-1.jsonl:8"));
}

TEST_F(AuditVerify, FindsALineWhoseHashWasMadeAnew) {
  write(5);
  alter(one, [](auto& lines) {
    AuditLines made(AuditChain{3, *AuditLine::parse(lines[2])->hash});
    made.add({.event = {.component = "default/a/main", .action = "filesystem.read", .resource = "/data/harmless"}},
             AuditPlace::within_file);
    lines[3] = made.text();
    lines[3].pop_back();
  });
  EXPECT_THAT(problems(), ElementsAre("changed audit-1.jsonl:5"));
  EXPECT_THAT(verify().problems[0].text, HasSubstr("number 5 was changed, or number 4 and its hash"));
}

TEST_F(AuditVerify, FindsLinesThatWereRemoved) {
  write(6);
  alter(one, [](auto& lines) { lines.erase(lines.begin() + 3, lines.begin() + 5); });
  EXPECT_THAT(problems(), ElementsAre("removed audit-1.jsonl:4"));
  EXPECT_THAT(verify().problems[0].text, HasSubstr("numbers 4 to 5 are missing before this line"));
}

TEST_F(AuditVerify, FindsLinesInAnotherOrderAndLinesThatAreThereTwice) {
  write(6);
  alter(one, [](auto& lines) { std::swap(lines[3], lines[4]); });
  EXPECT_THAT(problems(), ElementsAre("misplaced audit-1.jsonl:5"));
  alter(one, [](auto& lines) {
    std::swap(lines[3], lines[4]);
    lines.insert(lines.begin() + 6, lines[2]);
  });
  EXPECT_THAT(problems(), ElementsAre("misplaced audit-1.jsonl:7"));
  EXPECT_THAT(verify().problems[0].text, HasSubstr("number 3 is there a second time"));
}

TEST_F(AuditVerify, FindsThatTheEndIsMissing) {
  write(6);
  alter(one, [](auto& lines) { lines.resize(5); });
  EXPECT_THAT(problems(), ElementsAre("cut audit-1.jsonl:5"));
  EXPECT_THAT(verify().problems[0].text, HasSubstr("ends with number 5, but number 8 was on disk"));
  alter(one, [](auto& lines) { lines.clear(); });
  EXPECT_FALSE(verify().intact());
  std::filesystem::remove(log / audit_head_name);
  write(0);
  EXPECT_TRUE(verify().intact());
}

TEST_F(AuditVerify, FindsThatTheBeginningOrAWholeFileIsMissing) {
  write(40, {.max_file_bytes = 2000});
  ASSERT_TRUE(verify().intact());
  ASSERT_GT(verify().files, 4u);
  std::filesystem::rename(log / audit_file_name(2), log / "away");
  EXPECT_THAT(problems(), ElementsAre("removed audit-3.jsonl:1"));
  std::filesystem::remove(log / one);
  EXPECT_THAT(problems(), ElementsAre("removed audit-3.jsonl:1"));
  EXPECT_THAT(verify().problems[0].text, HasSubstr("no line says that what was before it was dropped"));
  const std::vector<std::filesystem::path> files{log / audit_file_name(3), log / audit_file_name(4)};
  const auto some = verify_audit_files(files);
  ASSERT_TRUE(some);
  EXPECT_TRUE(some->intact());
}

TEST_F(AuditVerify, KnowsWhatTheLogDroppedItself) {
  write(200, {.max_file_bytes = 1000, .max_files = 3});
  const AuditReport report = verify();
  EXPECT_TRUE(report.intact()) << report.problems[0].text;
  EXPECT_EQ(report.files, 3u);
  EXPECT_FALSE(std::filesystem::exists(log / one));
}

TEST_F(AuditVerify, FindsAFileThatEndsInTheMidstOfALine) {
  write(40, {.max_file_bytes = 2000});
  const std::string text = contents(log / one);
  (void)folder.write("audit/" + one, text.substr(0, text.size() - 10));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("cut audit-1.jsonl"), "removed audit-2.jsonl:1"));
}

// Not synced: the note of what is on disk stands before the last line.
TEST_F(AuditVerify, TakesALineThatACrashHasTornForNoTamperingAtAnyByteAndTheNextHostGoesOn) {
  write(3);
  const std::string head = contents(log / audit_head_name), whole = contents(log / one);
  write(0);  // one line more
  const std::string good = contents(log / one);
  for (std::size_t size = whole.size() + 1; size < good.size(); ++size) {
    (void)folder.write("audit/" + one, good.substr(0, size));
    (void)folder.write("audit/" + std::string(audit_head_name), head);
    const AuditReport torn = verify();
    ASSERT_TRUE(torn.intact()) << size << ": " << torn.problems[0].text;
    ASSERT_EQ(torn.torn_bytes, size - whole.size());
    write(1);
    const AuditReport after = verify();
    ASSERT_TRUE(after.intact()) << size << ": " << after.problems[0].text;
    ASSERT_EQ(after.torn_bytes, 0u);
    ASSERT_EQ(after.decisions, 4u);
    ASSERT_EQ(AuditLine::parse(lines(one)[5])->action, audit_torn);
  }
}

// Lines that no hash covers yet stay, and the next host's first hash covers them.
TEST_F(AuditVerify, KeepsTheWholeLinesOfABatchThatACrashHasTorn) {
  write(1);
  const std::string head = contents(log / audit_head_name), whole = contents(log / one);
  write(4, {}, 4);
  const std::string good = contents(log / one);
  const std::size_t opened = good.find('\n', whole.size()) + 1;  // one line that says so
  for (std::size_t size = opened; size < good.size(); size += 7) {
    (void)folder.write("audit/" + one, good.substr(0, size));
    (void)folder.write("audit/" + std::string(audit_head_name), head);
    const auto kept = static_cast<std::uint64_t>(std::count(&good[opened], &good[size], '\n'));
    const AuditReport torn = verify();
    ASSERT_TRUE(torn.intact()) << size << ": " << torn.problems[0].text;
    ASSERT_EQ(torn.decisions, 1 + kept);
    write(1);
    const AuditReport after = verify();
    ASSERT_TRUE(after.intact()) << size << ": " << after.problems[0].text;
    ASSERT_EQ(after.decisions, 2 + kept);
    ASSERT_EQ(after.notes.size(), 0u) << after.notes[0];
  }
  (void)folder.write("audit/" + one, good.substr(0, good.size() - 200));
  (void)folder.write("audit/" + std::string(audit_head_name), head);
  EXPECT_THAT(verify().notes[0], HasSubstr("audit-1.jsonl: no hash covers numbers 5 to"));
}

TEST_F(AuditVerify, GoesOnAfterACrashInTheFirstLineOfAFile) {
  write(40, {.max_file_bytes = 2000});
  const std::uint64_t files = verify().files;
  (void)folder.write("audit/" + audit_file_name(files + 1), "{\"seq\":");
  EXPECT_TRUE(verify().intact());
  write(2);
  const AuditReport report = verify();
  EXPECT_TRUE(report.intact()) << report.problems[0].text;
  EXPECT_EQ(report.files, files + 1);
  EXPECT_EQ(report.decisions, 42u);
}

TEST_F(AuditVerify, RemembersThatTheLogWasDamagedWhenTheNextHostBegan) {
  write(6);
  alter(one, [](auto& lines) { lines.resize(5); });
  write(1);
  const AuditReport report = verify();
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0], HasSubstr("the log ended with number 5, but number 8 was on disk"));
}

TEST_F(AuditVerify, SaysWhenThereIsNothingToVerify) {
  EXPECT_EQ(verify_audit_folder(folder.path() / "nowhere").error().code(), Code::not_found);
  EXPECT_EQ(verify_audit_folder(folder.path()).error().code(), Code::not_found);
  EXPECT_EQ(verify_audit_files({}).error().code(), Code::invalid_argument);
  const std::vector<std::filesystem::path> nowhere{"nowhere"};
  EXPECT_EQ(verify_audit_files(nowhere).error().code(), Code::not_found);
}

TEST_F(AuditVerify, ReadsTheFormatOfVersionOne) {
  const auto report = verify_audit_folder(std::filesystem::path(AIRSSYS_GOLDEN) / "audit");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->intact());
  write(6, {}, 3);
  EXPECT_EQ(contents(log / one), contents(std::filesystem::path(AIRSSYS_GOLDEN) / "audit" / one))
      << "written otherwise than before: that is a new version of the format";
}

}  // namespace
}  // namespace airssys::wasm
