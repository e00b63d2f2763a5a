// Trace: what a simulated world did, as text: one line per step, in an order and with contents that depend on the seed alone
// (no address, no hash order, no wall clock), so that two runs of one seed are equal byte for byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace airssys::rt::testing {

// Takes one line, without its end. Called on the world's thread; must not touch the world.
using TraceSink = std::function<void(std::string_view line)>;

// Keeps the newest lines in memory. Outlives the worlds that write to it.
class TraceText {
 public:
  static constexpr std::size_t default_bytes_max = 16 << 20;
  // Past `bytes_max` the older half is dropped and counted in the first line.
  explicit TraceText(std::size_t bytes_max = default_bytes_max) noexcept : bytes_max_(bytes_max) {}
  TraceText(const TraceText&) = delete;
  TraceText& operator=(const TraceText&) = delete;
  void add(std::string_view line);
  [[nodiscard]] TraceSink sink() {
    return [this](std::string_view line) { add(line); };
  }

  [[nodiscard]] std::string text() const;
  // The last lines, oldest first; for the text of a failed expectation.
  [[nodiscard]] std::string tail(std::size_t lines = 20) const;
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }

 private:
  const std::size_t bytes_max_;
  std::string kept_;
  std::uint64_t lines_ = 0;
  std::uint64_t dropped_ = 0;
};

// With AIRSSYS_TRACE=FILE in the environment: appends to that file, at most 256 MiB in one process; a file that cannot be
// opened ends the program. Else empty. Every SimExecutor begins with it.
[[nodiscard]] TraceSink trace_from_environment();

}  // namespace airssys::rt::testing
