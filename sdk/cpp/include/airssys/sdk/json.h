// Values as JSON (RFC 8259).
//
//   const auto sent = airssys::json::encode(order);                // a payload, or why it has no form
//   const auto got = airssys::json::decode<Order>(message.text());  // an Order, or what is wrong where
//
// Types: integers, bool, float, double, scoped enums (as their underlying integer), std::string, std::vector, std::array,
// std::optional (null), std::map with text keys (objects), structs with AIRSSYS_FIELDS (objects). Integers are exact over their
// whole range; what does not fit is refused, never rounded. Reading is strict: UTF-8, no comments, no field twice, nothing after
// the value, at most 64 deep. Fields that the struct does not have are passed over; those that it has must be there, unless they
// are optional.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/detail/json_reader.h"
#include "airssys/sdk/detail/json_writer.h"
#include "airssys/sdk/payload.h"

namespace airssys {
namespace json {

template <class T>
[[nodiscard]] std::expected<payload, std::string> encode(const T& value) {
  payload_writer to(codec::json);
  detail::json_writer writer(to);
  if (!writer.write(value)) return std::unexpected(std::string(writer.problem()));
  return std::move(to).finish();
}

// Of the content, without its prefix.
template <class T>
[[nodiscard]] std::expected<T, std::string> decode(std::string_view content) {
  std::expected<T, std::string> value{};
  detail::json_reader reader(content);
  if (!reader.read(*value) || !reader.finish()) value = std::unexpected(reader.problem());
  return value;
}

}  // namespace json
}  // namespace airssys
