// Topics: what one publishes, all that subscribed to a pattern of it get (R5.10).
//
//   airssys::status init(const airssys::config&) {
//     return airssys::on<"orders.*">([this](const Order& order) { ++orders_; });
//   }
//   airssys::publish("orders.created", airssys::payload("…"));
//
// Subscriptions end with the instance, so init() makes them. Needs `subscribe` and `publish` in [capabilities.messaging].
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/detail/function.h"
#include "airssys/sdk/detail/handlers.h"
#include "airssys/sdk/detail/topic.h"
#include "airssys/sdk/error.h"
#include "airssys/sdk/messaging.h"
#include "airssys/sdk/metadata.h"
#include "airssys/sdk/values.h"

namespace airssys {

// To whoever subscribed, this component excepted.
inline std::expected<void, messaging_error> publish(std::string_view topic, const payload& what) {
  detail::wit_string to = detail::lend(topic);
  detail::wit_bytes wire = detail::lend_wire(what);
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_publish(&to, &wire, &refusal)) return {};
  return std::unexpected(detail::take(refusal));
}
template <class Value>
std::expected<void, messaging_error> publish_value(std::string_view topic, const Value& value, std::uint64_t in = codec::borsh) {
  auto what = encode(value, in);
  if (!what) return std::unexpected(messaging_error{.code = messaging_errc::invalid_message, .reason = std::move(what).error()});
  return publish(topic, *what);
}

using subscription_id = std::uint64_t;

// What is published comes to handle(), unless on() has a handler for it.
inline std::expected<subscription_id, messaging_error> subscribe(std::string_view pattern) {
  detail::wit_string raw = detail::lend(pattern);
  airssys_core_messaging_subscription_id_t id;
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_subscribe(&raw, &id, &refusal)) return id;
  return std::unexpected(detail::take(refusal));
}
inline std::expected<void, messaging_error> unsubscribe(subscription_id subscription) {
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_unsubscribe(subscription, &refusal)) return {};
  return std::unexpected(detail::take(refusal));
}

namespace detail {

struct topic_handler {
  std::string_view pattern;  // of static storage
  unique_function<answer(const message&)> handler;
};
inline constinit std::vector<topic_handler> topic_handlers;

// None: no handler is for it. Else the first error of all that are.
inline std::optional<answer> on_publication(const message& got) {
  const message_metadata about = current_metadata();
  if (!about.topic) return std::nullopt;
  std::optional<answer> outcome;
  for (topic_handler& one : topic_handlers) {
    if (!matches(one.pattern, *about.topic)) continue;
    answer done = one.handler(got);
    if (!outcome) outcome.emplace();
    if (!done && outcome->has_value()) *outcome = std::move(done);
  }
  return outcome;
}
// What handle-message does with publications; set by on(), so that the rest of the components goes without.
inline constinit std::optional<answer> (*publication_hook)(const message&) = nullptr;

}  // namespace detail

// Subscribes, and calls `handler` for each publication of a topic that matches: with the message, or with a value that is read by
// its codec, or with both. The error is that of the subscription. For init(): handlers stay as long as the instance.
template <detail::fixed_text Pattern, class Handler>
status on(Handler handler) {
  static_assert(detail::is_pattern(Pattern.view()),
                "no pattern of topics: 1 to 8 segments of [a-z0-9_-] joined by '.', `*` for one, `**` at the end for any number");
  static constexpr auto pattern = Pattern;
  if (const auto subscribed = subscribe(pattern.view()); !subscribed)
    return failed("subscribe to " + std::string(pattern.view()) + ": " + subscribed.error().text());
  detail::publication_hook = detail::on_publication;
  detail::topic_handlers.push_back({pattern.view(), [handler = std::move(handler)](const message& got) mutable {
                                      return detail::call_handler(handler, got);
                                    }});
  return {};
}

}  // namespace airssys
