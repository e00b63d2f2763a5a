// The grammar of topics and patterns, as the host has it: 1 to 8 segments of [a-z0-9_-], 1 to 64 bytes each, joined by '.'. In a
// pattern a segment may be `*` (exactly one), and the last may be `**` (any number, none included).
#pragma once
#include <cstddef>
#include <string_view>

namespace airssys::detail {

// Text as a template argument: on<"orders.*">.
template <std::size_t N>
struct fixed_text {
  char text[N];
  consteval fixed_text(const char (&from)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

// Takes the first segment off; `rest` has no data when it was the last.
constexpr std::string_view take_segment(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view segment = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return segment;
}

constexpr bool is_pattern(std::string_view text) {
  std::size_t segments = 0;
  for (std::string_view rest = text; rest.data() != nullptr;) {
    const std::string_view segment = take_segment(rest);
    if (++segments > 8 || segment.empty() || segment.size() > 64) return false;
    if (segment == "*" || (segment == "**" && rest.data() == nullptr)) continue;
    for (const char c : segment)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
  }
  return segments > 0;
}

constexpr bool matches(std::string_view pattern, std::string_view topic) {
  while (pattern.data() != nullptr) {
    const std::string_view wanted = take_segment(pattern);
    if (wanted == "**") return true;
    if (topic.data() == nullptr) return false;
    const std::string_view segment = take_segment(topic);
    if (wanted != "*" && wanted != segment) return false;
  }
  return topic.data() == nullptr;
}

}  // namespace airssys::detail
