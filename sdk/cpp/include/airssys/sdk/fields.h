// The fields of a struct by name, so that it can be written and read as a value (borsh.h, json.h):
//
//   struct Order {
//     std::uint64_t id = 0;
//     std::string item;
//     std::optional<double> price;
//     AIRSSYS_FIELDS(id, item, price)
//   };
//
// Their order is that of the list, and a part of the format in borsh. It stays an aggregate.
#pragma once
#include <cstddef>
#include <string_view>

#define AIRSSYS_FIELDS(...)                                                        \
  static constexpr std::string_view airssys_field_list = #__VA_ARGS__;             \
  /* Until `visit(name, field)` is false; whether it never was. */                 \
  template <class Self, class Visit>                                               \
  static constexpr bool airssys_each_field(Self& self, Visit&& visit) {            \
    return true __VA_OPT__(AIRSSYS_DETAIL_ALL(AIRSSYS_DETAIL_FIELD(__VA_ARGS__))); \
  }

#define AIRSSYS_DETAIL_FIELD(field, ...) \
  &&visit(std::string_view(#field), self.field) __VA_OPT__(AIRSSYS_DETAIL_AGAIN AIRSSYS_DETAIL_PARENS(__VA_ARGS__))
#define AIRSSYS_DETAIL_AGAIN() AIRSSYS_DETAIL_FIELD
#define AIRSSYS_DETAIL_PARENS ()
// Looks at its argument again and again, 256 times at least: so many fields there may be.
#define AIRSSYS_DETAIL_ALL(...) AIRSSYS_DETAIL_64(AIRSSYS_DETAIL_64(AIRSSYS_DETAIL_64(AIRSSYS_DETAIL_64(__VA_ARGS__))))
#define AIRSSYS_DETAIL_64(...) AIRSSYS_DETAIL_16(AIRSSYS_DETAIL_16(AIRSSYS_DETAIL_16(AIRSSYS_DETAIL_16(__VA_ARGS__))))
#define AIRSSYS_DETAIL_16(...) AIRSSYS_DETAIL_4(AIRSSYS_DETAIL_4(AIRSSYS_DETAIL_4(AIRSSYS_DETAIL_4(__VA_ARGS__))))
#define AIRSSYS_DETAIL_4(...) AIRSSYS_DETAIL_1(AIRSSYS_DETAIL_1(AIRSSYS_DETAIL_1(AIRSSYS_DETAIL_1(__VA_ARGS__))))
#define AIRSSYS_DETAIL_1(...) __VA_ARGS__

namespace airssys::detail {

template <class T>
concept has_fields = requires { T::airssys_field_list; };

template <has_fields T>
inline constexpr std::size_t field_count = [] {
  std::size_t count = T::airssys_field_list.empty() ? 0 : 1;
  for (const char c : T::airssys_field_list) count += c == ',' ? 1 : 0;
  return count;
}();

}  // namespace airssys::detail
