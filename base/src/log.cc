#include "airssys/base/log.h"

namespace airssys {

std::string_view log_level_name(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "unknown";
}

LogSink& null_log() noexcept {
  struct Null final : LogSink {
    void write(const LogRecord&) noexcept override {}
  };
  static Null null;
  return null;
}

}  // namespace airssys
