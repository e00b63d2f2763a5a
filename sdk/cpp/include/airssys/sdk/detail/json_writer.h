// A value as JSON, see json.h.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/detail/values.h"
#include "airssys/sdk/payload.h"

namespace airssys::detail {

class json_writer {
 public:
  explicit json_writer(payload_writer& to) : to_(to) {}
  [[nodiscard]] std::string_view problem() const { return problem_; }

  template <class T>
  bool write(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      to_.append(value ? "true" : "false");
    } else if constexpr (number<T>) {
      return write_number(value);
    } else if constexpr (std::is_scoped_enum_v<T>) {
      return write(std::to_underlying(value));
    } else if constexpr (std::same_as<T, std::string>) {
      return write_text(value);
    } else if constexpr (is_vector<T> || is_array<T>) {
      to_.push('[');
      bool first = true;
      for (const auto& element : value) {
        if (!std::exchange(first, false)) to_.push(',');
        if (!write(static_cast<const typename T::value_type&>(element))) return false;
      }
      to_.push(']');
    } else if constexpr (is_optional<T>) {
      static_assert(!is_optional<typename T::value_type>, "JSON has one null only");
      if (value) return write(*value);
      to_.append("null");
    } else if constexpr (is_map<T>) {
      to_.push('{');
      bool first = true;
      for (const auto& [key, mapped] : value)
        if (!write_field(key, mapped, first)) return false;
      to_.push('}');
    } else if constexpr (has_fields<T>) {
      to_.push('{');
      bool first = true;
      if (!T::airssys_each_field(value,
                                 [&](std::string_view name, const auto& field) { return write_field(name, field, first); }))
        return false;
      to_.push('}');
    } else {
      static_assert(never<T>, "no value: a struct needs AIRSSYS_FIELDS");
    }
    return true;
  }

 private:
  bool wrong(std::string_view what) {
    problem_ = what;
    return false;
  }
  template <class V>
  bool write_field(std::string_view name, const V& value, bool& first) {
    if (!std::exchange(first, false)) to_.push(',');
    if (!write_text(name)) return false;
    to_.push(':');
    return write(value);
  }
  template <number T>
  bool write_number(T value) {
    char text[32];
    if constexpr (std::integral<T>) {
      to_.append({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value).ptr - text)});
    } else {
      if (!std::isfinite(value)) return wrong("a number that JSON does not have (infinite, or NaN)");
      // The shortest that reads as the same.
      constexpr int least = std::same_as<T, float> ? 6 : 15;
      for (int digits = least;; ++digits) {
        const int size = std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
        const auto back = static_cast<T>(std::same_as<T, float> ? std::strtof(text, nullptr) : std::strtod(text, nullptr));
        if (back != value && digits < least + 3) continue;
        to_.append({text, static_cast<std::size_t>(size)});
        break;
      }
    }
    return true;
  }
  bool write_text(std::string_view text) {
    if (!is_utf8(text)) return wrong("text that is not UTF-8");
    to_.push('"');
    for (std::size_t at = 0; at < text.size();) {
      const auto* const plain = std::find_if(text.data() + at, text.data() + text.size(), needs_escape);
      const auto end = static_cast<std::size_t>(plain - text.data());
      to_.append(text.substr(at, end - at));
      if (end < text.size()) escape(text[end]);
      at = end + 1;
    }
    to_.push('"');
    return true;
  }
  static bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }
  void escape(char c) {
    constexpr std::string_view controls = "\b\f\n\r\t", letters = "bfnrt";
    to_.push('\\');
    if (const auto named = controls.find(c); named != std::string_view::npos)
      return to_.push(static_cast<std::uint8_t>(letters[named]));
    if (c == '"' || c == '\\') return to_.push(static_cast<std::uint8_t>(c));
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    to_.append("u00");
    to_.push(static_cast<std::uint8_t>(digits[code >> 4]));
    to_.push(static_cast<std::uint8_t>(digits[code & 0xf]));
  }

  payload_writer& to_;
  std::string_view problem_;
};

}  // namespace airssys::detail
