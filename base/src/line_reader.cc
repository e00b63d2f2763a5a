#include "airssys/base/line_reader.h"

#include <utility>

namespace airssys {

void LineReader::put(std::string_view bytes) {
  buffer_.assign(bytes);
  at_ = 0;
}

std::optional<LineReader::Line> LineReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (const auto end = rest.find('\n'); end != std::string_view::npos) {
    at_ += end + 1;
    return take(rest.substr(0, end));
  }
  at_ = buffer_.size();
  if (begun_.size() + rest.size() > max_line_bytes_) {
    too_long_ = true;
    begun_.clear();
  } else if (!too_long_) {
    begun_ += rest;
  }
  if (ended_ && (too_long_ || !begun_.empty())) return take({});
  return std::nullopt;
}

LineReader::Line LineReader::take(std::string_view rest) {
  Line line{++number_, std::nullopt};
  const bool fits = !std::exchange(too_long_, false) && begun_.size() + rest.size() <= max_line_bytes_;
  if (fits) line.content = Bytes::copy_of(begun_.append(rest));
  begun_.clear();
  return line;
}

}  // namespace airssys
