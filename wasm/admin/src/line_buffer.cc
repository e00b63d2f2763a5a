#include "airssys/wasm/admin/line_buffer.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t kept_bytes = 64 * 1024;

}  // namespace

void LineBuffer::put(std::string_view bytes) {
  bytes_.erase(0, begin_);
  looked_ -= begin_;
  begin_ = 0;
  bytes_ += bytes;
}

std::optional<std::string_view> LineBuffer::next() {
  if (too_long_) return std::nullopt;
  const std::size_t end = bytes_.find('\n', looked_);
  const std::size_t size = (end == std::string::npos ? bytes_.size() : end) - begin_;
  if (size > max_line_bytes_) {
    too_long_ = true;
    return std::nullopt;
  }
  if (end == std::string::npos) {
    looked_ = bytes_.size();
    // Whoever says nothing for long keeps no room for the long line that it said once.
    if (size == 0 && bytes_.capacity() > kept_bytes) {
      bytes_ = std::string();
      begin_ = looked_ = 0;
    }
    return std::nullopt;
  }
  const std::string_view line(bytes_.data() + begin_, size);
  begin_ = looked_ = end + 1;
  return line;
}

}  // namespace airssys::wasm
