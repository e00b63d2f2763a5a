// LineBuffer: lines out of bytes that come in pieces, each at most so long. What stands in it is bounded by one line and the
// piece that was put in last.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace airssys::wasm {

// Threads: one.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line_bytes) noexcept : max_line_bytes_(max_line_bytes) {}

  void put(std::string_view bytes);
  // The next line, without its line feed; valid until the next call of either. None: it is not whole yet, or longer than it may
  // be, see too_long.
  [[nodiscard]] std::optional<std::string_view> next();
  // From then on it gives no line any more.
  [[nodiscard]] bool too_long() const noexcept { return too_long_; }
  // A line has begun and not ended.
  [[nodiscard]] bool torn() const noexcept { return begin_ < bytes_.size(); }

 private:
  const std::size_t max_line_bytes_;
  std::string bytes_;
  std::size_t begin_ = 0;  // of the next line
  std::size_t looked_ = 0;  // no line feed stands between begin_ and this
  bool too_long_ = false;
};

}  // namespace airssys::wasm
