// Topics and the patterns that subscribe to them (R5.10): values, checked once, when they are made.
//
// A topic is 1 to 8 segments of [a-z0-9_-], 1 to 64 bytes each, joined by '.': orders.eu.created. In a pattern a segment may
// also be `*`, which stands for exactly one segment, and the last may be `**`, which stands for any number of them, none
// included: `orders.*` matches orders.created, not orders and not orders.eu.created; `orders.**` matches all three.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys {

// Walks the segments of a topic or pattern; both have at least one.
class Segments {
 public:
  explicit Segments(std::string_view text) noexcept : rest_(text) {}
  [[nodiscard]] bool empty() const noexcept { return rest_.data() == nullptr; }
  std::string_view next() noexcept {
    const std::size_t dot = rest_.find('.');
    const std::string_view segment = rest_.substr(0, dot);
    rest_ = dot == std::string_view::npos ? std::string_view() : rest_.substr(dot + 1);
    return segment;
  }

 private:
  std::string_view rest_;  // null: none is left
};

class Topic {
 public:
  static constexpr std::size_t max_segments = 8;
  static constexpr std::size_t max_segment_bytes = 64;
  // invalid_argument, with what is wrong and where.
  [[nodiscard]] static Result<Topic> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] Segments segments() const noexcept { return Segments(text_); }
  friend bool operator==(const Topic&, const Topic&) = default;

 private:
  explicit Topic(std::string_view text) : text_(text) {}
  std::string text_;
};

class TopicPattern {
 public:
  static constexpr std::string_view one = "*";
  static constexpr std::string_view rest = "**";
  // As Topic::parse. Every topic is also a pattern, of itself.
  [[nodiscard]] static Result<TopicPattern> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] Segments segments() const noexcept { return Segments(text_); }
  [[nodiscard]] bool matches(const Topic& topic) const noexcept;
  // Whether this matches every topic that `other` matches. May say no where that is not obvious, never yes wrongly.
  [[nodiscard]] bool covers(const TopicPattern& other) const noexcept;
  // Whether some topic matches both. May say yes where there is none.
  [[nodiscard]] bool overlaps(const TopicPattern& other) const noexcept;
  friend bool operator==(const TopicPattern&, const TopicPattern&) = default;

 private:
  explicit TopicPattern(std::string_view text) : text_(text) {}
  std::string text_;
};

}  // namespace airssys
