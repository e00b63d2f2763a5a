#include "airssys/base/topic.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"

namespace airssys {
namespace {

bool is_segment_byte(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

// What is wrong with a segment; empty: nothing.
std::string_view wrong_with(std::string_view segment) noexcept {
  if (segment.empty()) return "is empty";
  if (segment.size() > Topic::max_segment_bytes) return "is longer than 64 bytes";
  if (!std::ranges::all_of(segment, is_segment_byte)) return "has something else than a-z, 0-9, '_' and '-'";
  return {};
}

Result<> check(std::string_view what, std::string_view text, bool wildcards) {
  std::size_t count = 0;
  for (Segments segments(text); !segments.empty();) {
    const std::string_view segment = segments.next();
    if (++count > Topic::max_segments)
      return fail(Code::invalid_argument, fmt::format("{} {}: more than {} segments", what, quoted(text), Topic::max_segments));
    if (wildcards && segment == TopicPattern::one) continue;
    if (wildcards && segment == TopicPattern::rest && segments.empty()) continue;
    std::string_view wrong = wrong_with(segment);
    if (wildcards && segment == TopicPattern::rest) wrong = "may only be the last";
    if (!wrong.empty())
      return fail(Code::invalid_argument,
                  fmt::format("{} {}: segment {} {} {}", what, quoted(text), count, quoted(segment), wrong));
  }
  return count > 0 ? Result<>() : fail(Code::invalid_argument, fmt::format("{} '': at least one segment is needed", what));
}

}  // namespace

Result<Topic> Topic::parse(std::string_view text) {
  AIRSSYS_TRY_VOID(check("topic", text, false));
  return Topic(text);
}

Result<TopicPattern> TopicPattern::parse(std::string_view text) {
  AIRSSYS_TRY_VOID(check("topic pattern", text, true));
  return TopicPattern(text);
}

bool TopicPattern::matches(const Topic& topic) const noexcept {
  // Most patterns differ from most topics before their first wildcard. `orders.**` is also orders, so the dot does not count.
  const std::string_view fixed = std::string_view(text_).substr(0, text_.find('*'));
  if (fixed.size() == text_.size()) return topic.text() == text_;
  if (!topic.text().starts_with(fixed.substr(0, fixed.size() - (fixed.empty() ? 0 : 1)))) return false;
  Segments wanted = segments();
  Segments given = topic.segments();
  while (!wanted.empty()) {
    const std::string_view segment = wanted.next();
    if (segment == rest) return true;
    if (given.empty()) return false;
    const std::string_view found = given.next();
    if (segment != one && segment != found) return false;
  }
  return given.empty();
}

bool TopicPattern::covers(const TopicPattern& other) const noexcept {
  Segments mine = segments();
  Segments theirs = other.segments();
  while (!mine.empty()) {
    const std::string_view segment = mine.next();
    if (segment == rest) return true;
    if (theirs.empty()) return false;
    const std::string_view covered = theirs.next();
    if (covered == rest || (segment != one && segment != covered)) return false;
  }
  return theirs.empty();
}

bool TopicPattern::overlaps(const TopicPattern& other) const noexcept {
  Segments mine = segments();
  Segments theirs = other.segments();
  while (!mine.empty() && !theirs.empty()) {
    const std::string_view a = mine.next();
    const std::string_view b = theirs.next();
    if (a == rest || b == rest) return true;
    if (a != one && b != one && a != b) return false;
  }
  const auto nothing_more = [](Segments& left) { return left.empty() || left.next() == rest; };
  return nothing_more(mine) && nothing_more(theirs);
}

}  // namespace airssys
