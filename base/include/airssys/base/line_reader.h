// LineReader: bytes as they come, taken apart into lines of bounded length.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/bytes.h"

namespace airssys {

class LineReader {
 public:
  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  struct Line {
    std::uint64_t number;           // from 1
    std::optional<Bytes> content;   // without its line feed; none: it was too long
  };

  // Only when next() has nothing more.
  void put(std::string_view bytes);
  // No more will come: a last line without a line feed counts.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  // The next whole line.
  [[nodiscard]] std::optional<Line> next();

 private:
  Line take(std::string_view rest);

  const std::size_t max_line_bytes_;
  std::string begun_;      // of a line whose end has not come; never longer than a line may be
  std::string buffer_;     // bytes not looked at, from at_
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
  bool too_long_ = false;  // the begun line is past its limit: its rest is skipped
  bool ended_ = false;
};

}  // namespace airssys
