// The log of a host, line by line.
#pragma once
#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/log.h"

namespace airssys::wasm::testing {

// The first ten thousand lines. Threads: any.
class Lines final : public LogSink {
 public:
  void write(const LogRecord& record) noexcept override {
    std::lock_guard lock(mutex_);
    if (lines_.size() < max_lines) lines_.push_back(fmt::format("{}: {}", record.source, record.text));
  }
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  // What the supervisor said that ends so.
  std::vector<std::string> ending(std::string_view end) const {
    static constexpr std::string_view supervisor = "supervisor: ";
    std::vector<std::string> found;
    for (const std::string& line : lines())
      if (line.starts_with(supervisor) && line.ends_with(end)) found.push_back(line.substr(supervisor.size()));
    return found;
  }

 private:
  static constexpr std::size_t max_lines = 10'000;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

}  // namespace airssys::wasm::testing
