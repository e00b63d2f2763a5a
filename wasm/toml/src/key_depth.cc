#include "key_depth.h"

#include <algorithm>

namespace airssys::wasm {
namespace {

// The offset after the string that begins at `at`. A string of one line ends at the latest where the line does: the parser
// refuses it there.
std::size_t after_string(std::string_view text, std::size_t at) noexcept {
  const char quote = text[at];
  const std::string_view triple = quote == '"' ? R"(""")" : "'''";
  const bool multi_line = text.substr(at).starts_with(triple);
  at += multi_line ? 3 : 1;
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      // `\` before a line's end escapes nothing in a string of one line.
      const bool ends_line = at + 1 < text.size() && text[at + 1] == '\n' && !multi_line;
      at += ends_line ? 1 : 2;
    } else if (multi_line && text.substr(at).starts_with(triple)) {
      at += 3;
      for (int extra = 0; extra < 2 && at < text.size() && text[at] == quote; ++extra) ++at;  // quotes that belong to the text
      return at;
    } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else {
      ++at;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::size_t> find_deep_key(std::string_view text, std::size_t max_parts) noexcept {
  std::size_t dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
      case '\'': at = after_string(text, at); continue;
      case '#': at = std::min(text.find('\n', at), text.size()); continue;
      case '.':
        if (++dots >= max_parts) return at;
        break;
      case '\n':
      case '=':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}': dots = 0; break;
      default: break;
    }
    ++at;
  }
  return std::nullopt;
}

}  // namespace airssys::wasm
