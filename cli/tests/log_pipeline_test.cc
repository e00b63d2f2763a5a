#include "log_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "fakes.h"

namespace airssys::cli {
namespace {

using testing::FakeConsole;
using testing::FakePlatform;
using ::testing::HasSubstr;
using ::testing::Not;

const Paint plain(Paint::Mode::plain);

// A console whose standard error accepts nothing until it is opened: a terminal that was stopped with Ctrl-S.
class StuckConsole final : public Console {
 public:
  void out(std::string_view) noexcept override {}
  void err(std::string_view text) noexcept override {
    std::unique_lock lock(mutex_);
    text_ += text;
    ++writes_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  Result<Input> read(std::span<char>, Duration) noexcept override { return Input{Input::State::end, 0}; }
  bool out_is_terminal() const noexcept override { return false; }
  bool in_is_terminal() const noexcept override { return false; }
  bool err_is_terminal() const noexcept override { return false; }
  std::size_t width() const noexcept override { return 0; }
  bool broken() const noexcept override { return false; }
  Result<> failure() const noexcept override { return {}; }

  void wait_for_a_write() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return writes_ > 0; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::string text() {
    const std::scoped_lock lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  int writes_ = 0;
  bool open_ = false;
};

TEST(LogPipeline, WritesLinesWithTimeLevelSourceAndFields) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({}, platform, narration, plain);
  platform.advance(std::chrono::milliseconds(1234));
  const std::array fields{LogField{"file", "GPL-3"}, LogField{"title", "two words"}, LogField{"none", ""}};
  log.write({.level = LogLevel::warn, .source = "splitter", .text = "read", .fields = fields});
  log.close();
  EXPECT_EQ(console.err_text(), "   1.234 warn  splitter    read file=GPL-3 title=\"two words\" none=\"\"\n");
}

TEST(LogPipeline, LeavesOutWhatIsBelowItsLevel) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({.level = LogLevel::warn}, platform, narration, plain);
  airssys::log(log, LogLevel::info, "a", "no");
  airssys::log(log, LogLevel::error, "a", "yes");
  log.close();
  EXPECT_THAT(console.err_text(), Not(HasSubstr("no")));
  EXPECT_THAT(console.err_text(), HasSubstr("yes"));
}

TEST(LogPipeline, NoTextSteersTheTerminal) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({}, platform, narration, plain);
  const std::array fields{LogField{"a\x1b", "b\nc\xff"}};
  log.write({.level = LogLevel::info, .source = "g\x07", .text = "\x1b]0;title\x07\x9b", .fields = fields});
  log.close();
  EXPECT_EQ(console.err_text(), "   0.000 info  g\\x07       \\x1b]0;title\\x07\\x9b a\\x1b=b\\x0ac\\xff\n");
}

TEST(LogPipeline, NeverMakesAWorkerWaitAndCountsWhatGivesWay) {
  StuckConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({.keep = 100, .queue_lines = 4}, platform, narration, plain);
  airssys::log(log, LogLevel::info, "a", "line 0");
  console.wait_for_a_write();  // the thread is stuck in it now
  for (int i = 1; i <= 10; ++i) airssys::log(log, LogLevel::info, "a", "line {}", i);
  EXPECT_EQ(log.dropped(), 6u);
  console.open();
  log.close();
  EXPECT_THAT(console.text(), Not(HasSubstr("line 6\n")));
  EXPECT_THAT(console.text(), HasSubstr("line 7\n"));
  ASSERT_EQ(log.lines().size(), 5u);
  EXPECT_EQ(log.lines().back().text, "line 10");
}

TEST(LogPipeline, IsBoundedInBytesToo) {
  StuckConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({.queue_bytes = 10'000}, platform, narration, plain);
  airssys::log(log, LogLevel::info, "a", "first");
  console.wait_for_a_write();
  for (int i = 0; i < 20; ++i) airssys::log(log, LogLevel::info, "a", "{:1000}", i);
  EXPECT_GE(log.dropped(), 11u);
  console.open();
}

TEST(LogPipeline, KeepsTheLastLines) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({.print = LogConfig::Print::no, .keep = 3}, platform, narration, plain);
  for (int i = 0; i < 10; ++i) airssys::log(log, LogLevel::info, "a", "{}", i);
  log.close();
  ASSERT_EQ(log.lines().size(), 3u);
  EXPECT_EQ(log.lines().front().text, "7");
  EXPECT_EQ(console.err_text(), "");
}

TEST(LogPipeline, TakesLinesFromManyThreads) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({.keep = 10'000}, platform, narration, plain);
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer)
      writers.emplace_back([&log, writer] {
        for (int i = 0; i < 500; ++i) airssys::log(log, LogLevel::info, "a", "{}.{}", writer, i);
      });
  }
  log.close();
  EXPECT_EQ(log.lines().size() + log.dropped(), 2000u);
}

TEST(LogPipeline, IgnoresWhatComesAfterItsEnd) {
  FakeConsole console;
  FakePlatform platform;
  Narration narration(console, plain, Narration::Detail::all);
  LogPipeline log({}, platform, narration, plain);
  log.close();
  airssys::log(log, LogLevel::error, "a", "late");
  log.close();
  EXPECT_EQ(console.err_text(), "");
}

TEST(Narration, ALineTakesThePlaceOfTheProgress) {
  FakeConsole console;
  console.terminal = true;
  Narration narration(console, plain, Narration::Detail::all);
  narration.progress("compiling a...");
  narration.warning("w");
  narration.progress("");
  EXPECT_EQ(console.err_text(), "\r\x1b[Kcompiling a...\r\x1b[Kwarning: w\n");
}

TEST(Narration, ProgressIsForTerminalsOnly) {
  FakeConsole console;
  Narration narration(console, plain, Narration::Detail::all);
  narration.progress("compiling a...");
  EXPECT_EQ(console.err_text(), "");
}

}  // namespace
}  // namespace airssys::cli
