// Log interface. Who logs takes a LogSink&; who prints or stores implements it. Lines of guests come through it too.
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "airssys/base/time.h"

namespace airssys {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
[[nodiscard]] std::string_view log_level_name(LogLevel level) noexcept;

using LogField = std::pair<std::string_view, std::string_view>;

struct LogRecord {
  LogLevel level = LogLevel::info;
  // Who speaks: a component's name, or a part of the host ("supervisor", "host").
  std::string_view source;
  std::string_view text;
  std::span<const LogField> fields = {};
};

// Threads: any. A sink never blocks its caller: it may drop, and then counts what it dropped.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // The views are valid during the call only.
  virtual void write(const LogRecord& record) noexcept = 0;
};

// For who is not interested.
[[nodiscard]] LogSink& null_log() noexcept;

template <class... Args>
void log(LogSink& sink, LogLevel level, std::string_view source, fmt::format_string<Args...> format, Args&&... args) {
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
  sink.write({.level = level, .source = source, .text = {text.data(), text.size()}});
}

}  // namespace airssys
