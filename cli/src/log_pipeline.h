// LogPipeline: the way of log lines from the workers to the terminal and to the JSON document.
//
// Workers put lines into a bounded queue, one thread takes them out. Nobody waits: when lines come faster than they can be
// written, the oldest that wait give way and are counted.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "narration.h"
#include "paint.h"

namespace airssys::cli {

struct LogLine {
  LogLevel level = LogLevel::info;
  Duration at{};  // since the pipeline was made
  std::string source, text;
  std::vector<std::pair<std::string, std::string>> fields;

  // What it costs to keep.
  [[nodiscard]] std::size_t bytes() const noexcept;
};

struct LogConfig {
  enum class Print : unsigned char { no, yes };
  LogLevel level = LogLevel::info;
  Print print = Print::yes;
  std::size_t keep = 0;  // so many last lines are kept for lines()
  std::size_t queue_lines = 8192;
  std::size_t queue_bytes = std::size_t{8} << 20;
  std::size_t keep_bytes = std::size_t{32} << 20;
};

class LogPipeline final : public LogSink {
 public:
  LogPipeline(const LogConfig& config, Platform& platform, Narration& narration, Paint paint);
  ~LogPipeline() override;
  LogPipeline(const LogPipeline&) = delete;
  LogPipeline& operator=(const LogPipeline&) = delete;

  void write(const LogRecord& record) noexcept override;

  // Writes out what waits and ends the thread; what comes later is ignored.
  void close();
  [[nodiscard]] std::uint64_t dropped() const;
  // After close(): the last lines, oldest first.
  [[nodiscard]] const std::deque<LogLine>& lines() const noexcept { return kept_; }

 private:
  void drain();
  void take(std::deque<LogLine>&& batch);
  void format(const LogLine& line, std::string& out);

  const LogConfig config_;
  Platform& platform_;
  Narration& narration_;
  const Paint paint_;
  const Instant started_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<LogLine> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool closed_ = false;

  // The thread's own.
  std::deque<LogLine> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t source_width_ = 10;  // of "supervisor"
  std::unique_ptr<Thread> thread_;
};

}  // namespace airssys::cli
