#include "log_pipeline.h"

#include <fmt/format.h>

#include <algorithm>

namespace airssys::cli {
namespace {

constexpr std::size_t max_source_width = 20;

// A field's value, quoted when it would not end at the next space.
std::string field_text(std::string_view value) {
  std::string text = printable(value);
  const bool plain = !text.empty() && text.find_first_of(" \"=") == std::string::npos;
  return plain ? text : fmt::format("\"{}\"", text);
}

}  // namespace

std::size_t LogLine::bytes() const noexcept {
  std::size_t sum = sizeof(LogLine) + source.size() + text.size();
  for (const auto& [name, value] : fields) sum += sizeof(fields.front()) + name.size() + value.size();
  return sum;
}

LogPipeline::LogPipeline(const LogConfig& config, Platform& platform, Narration& narration, Paint paint)
    : config_(config),
      platform_(platform),
      narration_(narration),
      paint_(paint),
      started_(platform.now()) {
  if (config_.print == LogConfig::Print::no && config_.keep == 0) {
    closed_ = true;
    return;
  }
  thread_ = platform.start_thread("log", [this] { drain(); });
}

LogPipeline::~LogPipeline() { close(); }

void LogPipeline::write(const LogRecord& record) noexcept {
  if (record.level < config_.level) return;
  LogLine line{record.level, platform_.now() - started_, std::string(record.source), std::string(record.text), {}};
  for (const auto& [name, value] : record.fields) line.fields.emplace_back(name, value);
  const std::size_t bytes = line.bytes();
  bool was_empty = false;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    while (!queue_.empty() && (queue_.size() >= config_.queue_lines || queued_bytes_ + bytes > config_.queue_bytes)) {
      queued_bytes_ -= queue_.front().bytes();
      queue_.pop_front();
      ++dropped_;
    }
    was_empty = queue_.empty();
    queue_.push_back(std::move(line));
    queued_bytes_ += bytes;
  }
  // The thread empties the queue whenever it looks, so it can only be waiting for the first line.
  if (was_empty) filled_.notify_one();
}

void LogPipeline::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  filled_.notify_one();
  thread_.reset();
}

std::uint64_t LogPipeline::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

void LogPipeline::drain() {
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::deque<LogLine> batch = std::exchange(queue_, {});
    queued_bytes_ = 0;
    lock.unlock();
    take(std::move(batch));
    lock.lock();
  }
}

void LogPipeline::take(std::deque<LogLine>&& batch) {
  if (config_.print == LogConfig::Print::yes) {
    std::string text;
    for (const LogLine& line : batch) format(line, text);
    narration_.block(text);
  }
  for (LogLine& line : batch) {
    if (config_.keep == 0) break;
    kept_bytes_ += line.bytes();
    kept_.push_back(std::move(line));
    while (kept_.size() > config_.keep || kept_bytes_ > config_.keep_bytes) {
      kept_bytes_ -= kept_.front().bytes();
      kept_.pop_front();
    }
  }
}

void LogPipeline::format(const LogLine& line, std::string& out) {
  const std::string source = printable(line.source);
  source_width_ = std::max(source_width_, std::min(source.size(), max_source_width));
  const double seconds = std::chrono::duration<double>(line.at).count();
  fmt::format_to(std::back_inserter(out), "{} {} {}  {}", paint_(Colour::dim, fmt::format("{:8.3f}", seconds)),
                 paint_(colour_of(line.level), fmt::format("{:<5}", log_level_name(line.level))),
                 paint_(Colour::bold, fmt::format("{:<{}}", source, source_width_)), printable(line.text));
  for (const auto& [name, value] : line.fields)
    fmt::format_to(std::back_inserter(out), " {}{}", paint_(Colour::dim, fmt::format("{}=", printable(name))), field_text(value));
  out += '\n';
}

}  // namespace airssys::cli
