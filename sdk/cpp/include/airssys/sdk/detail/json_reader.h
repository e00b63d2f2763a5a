// JSON as a value, see json.h. Takes any text.
#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/detail/values.h"

namespace airssys::detail {

class json_reader {
 public:
  explicit json_reader(std::string_view from) : all_(from) {}

  // Of the last read that was false.
  [[nodiscard]] std::string problem() const { return "at byte " + std::to_string(at_) + ": " + problem_; }
  [[nodiscard]] bool finish() {
    skip_space();
    return at_ == all_.size() || wrong("something after the value");
  }

  template <class T>
  bool read(T& value, int depth = 0) {
    skip_space();
    if constexpr (std::same_as<T, bool>) {
      value = next("true");
      return value || next("false") || wrong("expected true or false");
    } else if constexpr (number<T>) {
      return read_number(value);
    } else if constexpr (std::is_scoped_enum_v<T>) {
      std::underlying_type_t<T> underlying{};
      if (!read(underlying)) return false;
      value = static_cast<T>(underlying);
      return true;
    } else if constexpr (std::same_as<T, std::string>) {
      return read_text(value);
    } else if constexpr (is_vector<T>) {
      value.clear();
      return each('[', ']', depth, [&] {
        typename T::value_type element{};
        if (!read(element, depth + 1)) return false;
        value.push_back(std::move(element));
        return true;
      });
    } else if constexpr (is_array<T>) {
      std::size_t count = 0;
      const auto element = [&] {
        return count == value.size() ? wrong("more than " + std::to_string(count) + " elements")
                                     : read(value[count++], depth + 1);
      };
      return each('[', ']', depth, element) &&
             (count == value.size() || wrong("fewer than " + std::to_string(value.size()) + " elements"));
    } else if constexpr (is_optional<T>) {
      static_assert(!is_optional<typename T::value_type>, "JSON has one null only");
      value.reset();
      return next("null") || read(value.emplace(), depth);
    } else if constexpr (is_map<T>) {
      value.clear();
      return each('{', '}', depth, [&] {
        std::string key;
        if (!read_key(key)) return false;
        const auto [place, added] = value.try_emplace(std::move(key));
        return added ? read(place->second, depth + 1) : wrong("the field `" + place->first + "` is there twice");
      });
    } else if constexpr (has_fields<T>) {
      return read_struct(value, depth);
    } else {
      static_assert(never<T>, "no value: a struct needs AIRSSYS_FIELDS");
    }
  }

 private:
  static constexpr std::size_t max_number = 128;  // bytes of one that is not an integer

  bool wrong(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  [[nodiscard]] char peek() const { return at_ < all_.size() ? all_[at_] : '\0'; }
  void skip_space() {
    while (at_ < all_.size() && std::string_view(" \t\n\r").contains(all_[at_])) ++at_;
  }
  bool next(std::string_view word) {
    if (!all_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // What stands between the brackets, separated by commas.
  template <class Element>
  bool each(char open, char close, int depth, Element element) {
    skip_space();
    if (depth == max_depth) return wrong("nested more than 64 deep");
    if (peek() != open) return wrong(std::string("expected ") + open);
    ++at_;
    skip_space();
    if (peek() == close) return ++at_, true;
    for (;;) {
      if (!element()) return false;
      skip_space();
      const char after = peek();
      if (after != ',' && after != close) return wrong(std::string("expected , or ") + close);
      ++at_;
      if (after == close) return true;
    }
  }

  bool read_key(std::string& key) {
    skip_space();
    if (!read_text(key)) return false;
    skip_space();
    if (peek() != ':') return wrong("expected :");
    ++at_;
    return true;
  }

  template <class T>
  bool read_struct(T& value, int depth) {
    std::array<bool, field_count<T>> seen{};
    const auto member = [&] {
      std::string key;
      if (!read_key(key)) return false;
      bool known = false, good = true;
      std::size_t index = 0;
      T::airssys_each_field(value, [&](std::string_view name, auto& field) {
        const std::size_t here = index++;
        if (name != key) return true;
        known = true;
        good = !std::exchange(seen[here], true) ? read(field, depth + 1) : wrong("the field `" + key + "` is there twice");
        return false;
      });
      return known ? good : pass_over(depth + 1);
    };
    if (!each('{', '}', depth, member)) return false;
    std::size_t index = 0;
    return T::airssys_each_field(value, [&]<class Field>(std::string_view name, Field& field) {
      if (seen[index++]) return true;
      if constexpr (is_optional<Field>) return field.reset(), true;
      return wrong("the field `" + std::string(name) + "` is missing");
    });
  }

  // A value that nobody wants, held to the rules all the same.
  bool pass_over(int depth) {
    skip_space();
    std::string text;
    switch (peek()) {
      case '"': return read_text(text);
      case '[': return each('[', ']', depth, [&] { return pass_over(depth + 1); });
      case '{':
        return each('{', '}', depth, [&] {
          std::string key;
          return read_key(key) && pass_over(depth + 1);
        });
      default: break;
    }
    if (next("true") || next("false") || next("null")) return true;
    std::string_view digits;
    bool whole = false;
    return scan_number(digits, whole);
  }

  bool skip_digits() {
    const std::size_t begin = at_;
    while (at_ < all_.size() && peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }
  // The number that stands there; whether it has neither a fraction nor an exponent.
  bool scan_number(std::string_view& text, bool& whole) {
    const std::size_t begin = at_;
    const auto refuse = [&] { return at_ = begin, wrong("expected a number"); };
    if (peek() == '-') ++at_;
    const std::size_t digits = at_;
    if (!skip_digits()) return at_ = begin, wrong("expected a value of another type");
    if (all_[digits] == '0' && at_ - digits > 1) return refuse();
    whole = true;
    if (peek() == '.') {
      ++at_;
      whole = false;
      if (!skip_digits()) return refuse();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      whole = false;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!skip_digits()) return refuse();
    }
    text = all_.substr(begin, at_ - begin);
    return true;
  }
  template <number T>
  bool read_number(T& value) {
    const std::size_t begin = at_;
    std::string_view text;
    bool whole = false;
    if (!scan_number(text, whole)) return false;
    const auto refuse = [&](std::string_view why) { return at_ = begin, wrong(std::string(text.substr(0, 40)).append(why)); };
    if constexpr (std::integral<T>) {
      if (!whole) return refuse(" is no integer");
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size()) return refuse(" is out of range");
    } else {
      if (text.size() > max_number) return refuse("... has more than 128 digits");
      char copy[max_number + 1];
      *std::copy(text.begin(), text.end(), copy) = '\0';
      value = static_cast<T>(std::same_as<T, float> ? std::strtof(copy, nullptr) : std::strtod(copy, nullptr));
      if (!std::isfinite(value)) return refuse(" is out of range");
    }
    return true;
  }

  bool read_text(std::string& text) {
    if (peek() != '"') return wrong("expected text in quotes");
    const std::size_t begin = at_++;
    text.clear();
    for (;;) {
      const std::size_t end = std::min(all_.find_first_of("\"\\", at_), all_.size());
      const std::string_view plain = all_.substr(at_, end - at_);
      if (std::ranges::any_of(plain, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        return wrong("a control character in text");
      text.append(plain);
      at_ = end;
      if (at_ == all_.size()) return wrong("text without an end");
      if (all_[at_++] == '"') break;
      if (!read_escape(text)) return false;
    }
    return is_utf8(text) || (at_ = begin, wrong("text that is not UTF-8"));
  }
  bool read_escape(std::string& text) {
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char letter = peek();
    if (letter == 'u') return read_code(text);
    const auto known = letters.find(letter);
    if (letter == '\0' || known == std::string_view::npos) return wrong("no such escape");
    ++at_;
    text.push_back(meanings[known]);
    return true;
  }
  bool read_code(std::string& text) {
    std::uint32_t code = 0, low = 0;
    if (!read_unit(code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return wrong("half a character");
    if (code >= 0xd800 && code <= 0xdbff) {
      if (!next("\\") || !read_unit(low) || low < 0xdc00 || low > 0xdfff) return wrong("half a character");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    const auto rest = [&](int shift) { put(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) return put(code), true;
    if (code < 0x800) return put(0xc0 | (code >> 6)), rest(0), true;
    if (code < 0x10000) return put(0xe0 | (code >> 12)), rest(6), rest(0), true;
    return put(0xf0 | (code >> 18)), rest(12), rest(6), rest(0), true;
  }
  bool read_unit(std::uint32_t& unit) {
    const std::string_view digits = all_.substr(at_, 5);
    const auto [end, error] = digits.size() == 5 ? std::from_chars(digits.data() + 1, digits.data() + 5, unit, 16)
                                                 : std::from_chars_result{digits.data(), std::errc::invalid_argument};
    if (!digits.starts_with('u') || error != std::errc{} || end != digits.data() + 5) return wrong("no such escape");
    at_ += 5;
    return true;
  }

  std::string_view all_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace airssys::detail
