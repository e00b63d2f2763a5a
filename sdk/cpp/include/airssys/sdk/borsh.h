// Values in borsh: little-endian, nothing optional, one form for each value (borsh.io).
//
//   const auto sent = airssys::borsh::encode(order);                  // a payload, or why it has no form
//   const auto got = airssys::borsh::decode<Order>(message.payload().span());  // an Order, or what is wrong where
//
// Types: integers, bool, float, double, scoped enums (as their underlying integer), std::string, std::vector, std::array,
// std::optional, std::map with text keys, structs with AIRSSYS_FIELDS. Strict both ways: text is UTF-8, NaN has no form, keys
// ascend, nothing is left over. Reading takes any bytes: what they claim is held against what is there before memory is taken,
// and they may be nested 64 deep.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/detail/values.h"
#include "airssys/sdk/payload.h"

namespace airssys {
namespace detail {

template <std::size_t Size>
using unsigned_of =
    std::conditional_t<Size == 1, std::uint8_t,
                       std::conditional_t<Size == 2, std::uint16_t, std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>>;

class borsh_writer {
 public:
  explicit borsh_writer(payload_writer& to) : to_(to) {}
  [[nodiscard]] std::string_view problem() const { return problem_; }

  template <class T>
  bool write(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      to_.push(value ? 1 : 0);
    } else if constexpr (number<T>) {
      if constexpr (!std::integral<T>)
        if (value != value) return wrong("a number that is none (NaN)");
      auto bits = std::bit_cast<unsigned_of<sizeof(T)>>(value);
      std::uint8_t little[sizeof(T)];
      for (std::uint8_t& byte : little) {
        byte = static_cast<std::uint8_t>(bits);
        if constexpr (sizeof(T) > 1) bits >>= 8;
      }
      to_.append(little, sizeof little);
    } else if constexpr (std::is_scoped_enum_v<T>) {
      return write(std::to_underlying(value));
    } else if constexpr (std::same_as<T, std::string>) {
      if (!is_utf8(value)) return wrong("text that is not UTF-8");
      if (!write_size(value.size())) return false;
      to_.append(value);
    } else if constexpr (is_vector<T>) {
      if (!write_size(value.size())) return false;
      return write_each(value);
    } else if constexpr (is_array<T>) {
      return write_each(value);
    } else if constexpr (is_optional<T>) {
      to_.push(value ? 1 : 0);
      return !value || write(*value);
    } else if constexpr (is_map<T>) {
      if (!write_size(value.size())) return false;
      for (const auto& [key, mapped] : value)
        if (!write(key) || !write(mapped)) return false;
    } else if constexpr (has_fields<T>) {
      return T::airssys_each_field(value, [this](std::string_view, const auto& field) { return this->write(field); });
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
  bool write_size(std::size_t size) {
    if (static_cast<std::uint64_t>(size) > UINT32_MAX) return wrong("more than 2^32 - 1 elements");
    return write(static_cast<std::uint32_t>(size));
  }
  template <class Elements>
  bool write_each(const Elements& elements) {
    if constexpr (std::same_as<typename Elements::value_type, std::uint8_t>) {
      to_.append(elements.data(), elements.size());
    } else if constexpr (std::same_as<typename Elements::value_type, bool>) {
      for (const bool element : elements) to_.push(element ? 1 : 0);
    } else {
      for (const auto& element : elements)
        if (!write(element)) return false;
    }
    return true;
  }

  payload_writer& to_;
  std::string_view problem_;
};

class borsh_reader {
 public:
  explicit borsh_reader(std::span<const std::uint8_t> from) : all_(from) {}

  // Of the last read that was false.
  [[nodiscard]] std::string problem() const { return "at byte " + std::to_string(at_) + ": " + problem_; }
  [[nodiscard]] bool finish() { return left() == 0 || wrong(std::to_string(left()) + " bytes are left over"); }

  template <class T>
  bool read(T& value, int depth = 0) {
    if constexpr (std::same_as<T, bool>) {
      std::uint8_t byte = 0;
      if (!read(byte)) return false;
      if (byte > 1) return --at_, wrong("a bool that is neither 0 nor 1");
      value = byte == 1;
    } else if constexpr (number<T>) {
      if (left() < sizeof(T)) return wrong("cut off");
      unsigned_of<sizeof(T)> bits = 0;
      for (std::size_t n = 0; n < sizeof(T); ++n)
        bits |= static_cast<unsigned_of<sizeof(T)>>(std::uint64_t{all_[at_ + n]} << (8 * n));
      value = std::bit_cast<T>(bits);
      if constexpr (!std::integral<T>)
        if (value != value) return wrong("a number that is none (NaN)");
      at_ += sizeof(T);
    } else if constexpr (std::is_scoped_enum_v<T>) {
      std::underlying_type_t<T> underlying{};
      if (!read(underlying)) return false;
      value = static_cast<T>(underlying);
    } else if constexpr (std::same_as<T, std::string>) {
      std::uint32_t size = 0;
      if (!read_size(size, 1)) return false;
      const std::string_view text(reinterpret_cast<const char*>(all_.data()) + at_, size);
      if (!is_utf8(text)) return wrong("text that is not UTF-8");
      value = text;
      at_ += size;
    } else if constexpr (is_vector<T>) {
      return read_vector(value, depth);
    } else if constexpr (is_array<T>) {
      for (auto& element : value)
        if (!read(element, depth)) return false;
    } else if constexpr (is_optional<T>) {
      bool there = false;
      if (!read(there)) return false;
      value.reset();
      return !there || read(value.emplace(), depth);
    } else if constexpr (is_map<T>) {
      return read_map(value, depth);
    } else if constexpr (has_fields<T>) {
      if (depth == max_depth) return wrong("nested more than 64 deep");
      return T::airssys_each_field(value, [&](std::string_view, auto& field) { return this->read(field, depth + 1); });
    } else {
      static_assert(never<T>, "no value: a struct needs AIRSSYS_FIELDS");
    }
    return true;
  }

 private:
  // At least so many bytes has each value of the type.
  template <class T>
  static consteval std::size_t least() {
    if constexpr (std::same_as<T, bool> || is_optional<T>)
      return 1;
    else if constexpr (number<T> || std::is_scoped_enum_v<T>)
      return sizeof(T);
    else if constexpr (is_array<T>)
      return std::tuple_size_v<T> == 0 ? 0 : least<typename T::value_type>();
    else if constexpr (has_fields<T>)
      return field_count<T> == 0 ? 0 : 1;  // of a struct of nothing but empty ones too, so that a list of them ends
    else
      return 4;
  }

  [[nodiscard]] std::size_t left() const { return all_.size() - at_; }
  bool wrong(std::string what) {
    problem_ = std::move(what);
    return false;
  }
  bool read_size(std::uint32_t& size, std::size_t each) {
    if (!read(size)) return false;
    if (size <= left() / each) return true;
    at_ -= sizeof size;
    return wrong(std::to_string(size) + " elements, for which there is no room");
  }
  template <class T>
  bool read_vector(std::vector<T>& value, int depth) {
    static_assert(least<T>() > 0, "a list of values without bytes has no end");
    if (depth == max_depth) return wrong("nested more than 64 deep");
    std::uint32_t count = 0;
    if (!read_size(count, least<T>())) return false;
    value.clear();
    if constexpr (std::same_as<T, std::uint8_t>) {
      value.assign(all_.begin() + static_cast<std::ptrdiff_t>(at_), all_.begin() + static_cast<std::ptrdiff_t>(at_ + count));
      at_ += count;
    } else {
      for (; count > 0; --count) {
        T element{};
        if (!read(element, depth + 1)) return false;
        value.push_back(std::move(element));
      }
    }
    return true;
  }
  template <class V>
  bool read_map(std::map<std::string, V>& value, int depth) {
    if (depth == max_depth) return wrong("nested more than 64 deep");
    std::uint32_t count = 0;
    if (!read_size(count, 4)) return false;
    value.clear();
    for (; count > 0; --count) {
      std::string key;
      if (!read(key)) return false;
      if (!value.empty() && key <= value.rbegin()->first) return wrong("keys that do not ascend");
      if (!read(value.emplace_hint(value.end(), std::move(key), V{})->second, depth + 1)) return false;
    }
    return true;
  }

  std::span<const std::uint8_t> all_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace detail

namespace borsh {

template <class T>
[[nodiscard]] std::expected<payload, std::string> encode(const T& value) {
  payload_writer to(codec::borsh);
  detail::borsh_writer writer(to);
  if (!writer.write(value)) return std::unexpected(std::string(writer.problem()));
  return std::move(to).finish();
}

// Of the content, without its prefix.
template <class T>
[[nodiscard]] std::expected<T, std::string> decode(std::span<const std::uint8_t> content) {
  std::expected<T, std::string> value{};
  detail::borsh_reader reader(content);
  if (!reader.read(*value) || !reader.finish()) value = std::unexpected(reader.problem());
  return value;
}

}  // namespace borsh
}  // namespace airssys
