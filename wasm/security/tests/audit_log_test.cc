#include "airssys/wasm/security/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/security/audit_verify.h"
#include "audit_files.h"
#include "scratch_folder.h"

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

AuditEvent allowed(std::string_view resource) {
  return {.component = "default/a/main",
          .action = "filesystem.read",
          .resource = resource,
          .decision = AuditDecision::allow,
          .rule = "/data/**"};
}

struct AuditLogs : ::testing::Test {
  std::unique_ptr<AuditLog> open(const AuditLogConfig& config = {}) const {
    auto log = AuditLog::open(path, config, *platform, null_log());
    EXPECT_TRUE(log) << log.error().message();
    return log ? *std::move(log) : nullptr;
  }
  // How often each resource was decided upon, by the lines of the log; the log's own are left out.
  [[nodiscard]] static std::map<std::string, std::uint64_t> counts(const std::filesystem::path& folder) {
    std::map<std::string, std::uint64_t> counts;
    const auto files = audit_files(folder);
    EXPECT_TRUE(files);
    for (const auto& file : *files)
      EXPECT_TRUE(for_each_audit_line(file, [&](std::string_view text) {
        const auto line = AuditLine::parse(text);
        ASSERT_TRUE(line) << line.error().message();
        if (!line->component.empty()) counts[line->resource] += line->count;
      }));
    return counts;
  }
  [[nodiscard]] AuditReport verified() const {
    const auto report = verify_audit_folder(path);
    EXPECT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->intact()) << report->problems[0].text;
    return *report;
  }

  testing::ScratchFolder folder;
  const std::filesystem::path path = folder.path() / "audit";
  const std::unique_ptr<Platform> platform = real_platform();
};

TEST_F(AuditLogs, HaveWhatWasRecordedOnDiskAfterAFlush) {
  const auto log = open();
  EXPECT_EQ(log->record(allowed("/data/1")), AuditStatus::recorded);
  AuditEvent denied = allowed("/etc/shadow");
  denied.decision = AuditDecision::deny;
  EXPECT_EQ(log->record(denied), AuditStatus::recorded);
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(counts(path), (std::map<std::string, std::uint64_t>{{"/data/1", 1}, {"/etc/shadow", 1}}));
  EXPECT_EQ(log->stats().decisions, 2u);
  EXPECT_EQ(log->stats().waiting_bytes, 0u);
  EXPECT_FALSE(verified().closed);
}

TEST_F(AuditLogs, MakeOneLineOfEqualDecisionsWithTheirExactNumber) {
  const auto log = open({.gather = 1h});
  for (int n = 0; n < 1000; ++n)
    for (const char* const resource : {"/data/1", "/data/2"}) ASSERT_EQ(log->record(allowed(resource)), AuditStatus::recorded);
  AuditEvent many = allowed("/data/1");
  many.count = 500;
  ASSERT_EQ(log->record(many), AuditStatus::recorded);
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(counts(path), (std::map<std::string, std::uint64_t>{{"/data/1", 1500}, {"/data/2", 1000}}));
  EXPECT_LT(log->stats().lines, 100u);
  EXPECT_EQ(log->stats().decisions, 2500u);
}

TEST_F(AuditLogs, LoseNothingOfManyThreadsOverManyFiles) {
  constexpr int threads = 4, each = 5000;
  std::uint64_t refused = 0;
  {
    const auto log = open({.ring_bytes = 64 << 10, .max_file_bytes = 100'000});
    std::vector<std::unique_ptr<Thread>> recording;
    for (int thread = 0; thread < threads; ++thread)
      recording.push_back(platform->start_thread("record", [&, thread] {
        for (int n = 0; n < each;)
          if (log->record(allowed("/data/" + std::to_string(thread * each + n))) == AuditStatus::recorded) ++n;
      }));
    recording.clear();
    ASSERT_TRUE(log->close());
    refused = log->stats().refused;
    EXPECT_EQ(log->record(allowed("/late")), AuditStatus::failed);
    EXPECT_TRUE(log->close());
  }
  const AuditReport report = verified();
  EXPECT_TRUE(report.closed);
  EXPECT_GT(report.files, 10u);
  EXPECT_EQ(report.decisions, std::uint64_t{threads} * each);
  EXPECT_EQ(counts(path).size(), std::size_t{threads} * each);
  std::uint64_t told = 0;  // the log itself says how many it refused
  const auto files = audit_files(path);
  ASSERT_TRUE(files);
  for (const auto& file : *files)
    EXPECT_TRUE(for_each_audit_line(file, [&](std::string_view text) {
      const auto line = AuditLine::parse(text);
      if (line->action == audit_full) told += line->count;
    }));
  EXPECT_EQ(told, refused);
}

TEST_F(AuditLogs, GoOnWhereTheyEnded) {
  for (int run = 0; run < 3; ++run) {
    const auto log = open();
    ASSERT_EQ(log->record(allowed("/data/" + std::to_string(run))), AuditStatus::recorded);
  }
  EXPECT_EQ(counts(path).size(), 3u);
  EXPECT_EQ(verified().files, 1u);
}

TEST_F(AuditLogs, OfSeveralHostsAtATimeAreBesideEachOther) {
  const auto first = open(), second = open();
  EXPECT_EQ(first->folder(), path);
  EXPECT_EQ(second->folder(), path / "2");
  ASSERT_EQ(first->record(allowed("/data/1")), AuditStatus::recorded);
  ASSERT_EQ(second->record(allowed("/data/2")), AuditStatus::recorded);
  ASSERT_TRUE(first->flush());
  ASSERT_TRUE(second->flush());
  EXPECT_EQ(audit_folders(path), (std::vector<std::filesystem::path>{path, path / "2"}));
  EXPECT_EQ(counts(path / "2"), (std::map<std::string, std::uint64_t>{{"/data/2", 1}}));
  std::vector<std::unique_ptr<AuditLog>> others;
  for (int n = 3; n <= max_audit_writers; ++n) others.push_back(open());
  const auto too_many = AuditLog::open(path, {}, *platform, null_log());
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code(), Code::unavailable);
}

TEST_F(AuditLogs, AreNotWrittenWhereOthersMayWrite) {
  std::filesystem::create_directory(path);
  std::filesystem::permissions(path, std::filesystem::perms(0777));
  const auto log = AuditLog::open(path, {}, *platform, null_log());
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code(), Code::denied);
  EXPECT_THAT(log.error().message(), HasSubstr("chmod 700"));
  EXPECT_EQ(AuditLog::open(folder.path() / "no" / "parent", {}, *platform, null_log()).error().code(), Code::io);
  EXPECT_EQ(AuditLog::open(path, {.ring_bytes = 100'000}, *platform, null_log()).error().code(), Code::invalid_argument);
}

// A disk that takes nothing, until it does again.
TEST_F(AuditLogs, RefuseWhatCannotBeWrittenAndKeepWhatWasRecorded) {
  const auto log = open({.retry_every = 1ms});
  ASSERT_TRUE(log->flush());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto size = std::filesystem::file_size(path / audit_file_name(1));
  const rlimit none{size + 10, before.rlim_max};  // a part of a line fits
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  ASSERT_EQ(log->record(allowed("/data/1")), AuditStatus::recorded);
  const auto flushed = log->flush();
  EXPECT_FALSE(flushed);
  EXPECT_THAT(flushed.error().message(), HasSubstr("the audit log"));
  EXPECT_EQ(log->record(allowed("/data/2")), AuditStatus::failed);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  while (log->record(allowed("/data/3")) != AuditStatus::recorded) std::this_thread::yield();
  ASSERT_TRUE(log->close());
  EXPECT_EQ(counts(path), (std::map<std::string, std::uint64_t>{{"/data/1", 1}, {"/data/3", 1}}));
  EXPECT_GE(log->stats().refused, 1u);
  EXPECT_TRUE(verified().closed);
}

}  // namespace
}  // namespace airssys::wasm
