// Requests, and what is done when their outcome comes.
//
//   airssys::request("prices", question, 500, [this](airssys::response got) { … });
//   airssys::request<Price>("prices", Item{7}, 500, [this](std::expected<Price, airssys::request_error> got) { … });
//
// Returns at once; the continuation is called once, in a call of its own, with the answer or with why there is none. It lives as
// long as the instance: after a crash nobody is called. At most 256 may be under way. Needs the capability `request` of
// [capabilities.messaging].
#pragma once
#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/detail/function.h"
#include "airssys/sdk/detail/request_table.h"
#include "airssys/sdk/error.h"
#include "airssys/sdk/id.h"
#include "airssys/sdk/messaging.h"
#include "airssys/sdk/values.h"

namespace airssys {

inline constexpr std::uint64_t default_timeout_ms = 5000;

// The cases of `request-error`, in the order of the WIT, and one of this SDK.
enum class request_errc : std::uint8_t { timeout, target_not_found, target_crashed, rejected, handler_error, unreadable };

struct request_error {
  request_errc code = request_errc::rejected;
  std::string reason = {};  // target_crashed, rejected, handler_error; unreadable: what is wrong with the answer
  std::uint64_t after_ms = 0;  // timeout

  [[nodiscard]] std::string text() const {
    switch (code) {
      case request_errc::timeout: return "no answer within " + std::to_string(after_ms) + " ms";
      case request_errc::target_not_found: return "target not found";
      case request_errc::target_crashed: return "target crashed: " + reason;
      case request_errc::rejected: return "rejected: " + reason;
      case request_errc::handler_error: return "answered with an error: " + reason;
      case request_errc::unreadable: return "the answer cannot be read: " + reason;
    }
    return "unknown request error";
  }
};

// A handler that answers nothing answers an empty raw payload.
using response = std::expected<payload, request_error>;

namespace detail {

using continuation = unique_function<status(response)>;
inline constinit request_table<continuation> pending_requests;

inline response take(const wit_request_outcome& outcome) {
  if (!outcome.is_err) {
    bytes wire = bytes::adopt(outcome.val.ok.ptr, outcome.val.ok.len);
    if (wire.empty()) return payload();
    auto answer = payload::adopt(std::move(wire));
    if (!answer) return std::unexpected(request_error{request_errc::unreadable, std::string(answer.error())});
    return *std::move(answer);
  }
  const auto& raw = outcome.val.err;
  request_error error{.code = static_cast<request_errc>(raw.tag)};
  if (error.code == request_errc::timeout) error.after_ms = raw.val.timeout;
  if (raw.tag >= static_cast<std::uint8_t>(request_errc::target_crashed))  // all texts share one place in the union
    error.reason = bytes::adopt(raw.val.target_crashed.ptr, raw.val.target_crashed.len).text();
  return std::unexpected(std::move(error));
}

// Whoever answers nothing has nothing to complain of.
template <class Then, class Got>
status call_continuation(Then& then, Got got) {
  if constexpr (std::is_convertible_v<std::invoke_result_t<Then&, Got>, status>)
    return then(std::move(got));
  else
    return static_cast<void>(then(std::move(got))), status();
}

inline status on_outcome(request_id id, const wit_request_outcome& outcome) {
  response got = take(outcome);
  continuation then = pending_requests.take(id);
  return then ? then(std::move(got)) : status();
}
// What handle-callback does; set by whoever asks, so that the rest of the components goes without.
inline constinit status (*outcome_hook)(request_id, const wit_request_outcome&) = nullptr;

inline std::expected<request_id, messaging_error> request(std::string_view target, const payload& what, std::uint64_t timeout_ms,
                                                          continuation then) {
  if (!pending_requests.has_room())
    return std::unexpected(
        messaging_error{.code = messaging_errc::delivery_failed, .reason = "256 requests are under way already"});
  outcome_hook = on_outcome;
  wit_string to = lend(target);
  wit_bytes wire = lend_wire(what);
  airssys_core_messaging_request_id_t id;
  airssys_core_messaging_messaging_error_t refusal;
  if (!airssys_core_messaging_send_request(&to, &wire, timeout_ms, &id, &refusal)) return std::unexpected(take(refusal));
  pending_requests.add({id.high, id.low}, std::move(then));
  return request_id{id.high, id.low};
}

}  // namespace detail

// `then` takes a response, and answers nothing or a status; an error of it is logged and counted, as one of handle() is.
template <std::invocable<response> Then>
std::expected<request_id, messaging_error> request(std::string_view target, const payload& what, std::uint64_t timeout_ms,
                                                   Then then) {
  return detail::request(target, what, timeout_ms, [then = std::move(then)](response got) mutable {
    return detail::call_continuation(then, std::move(got));
  });
}

// The same of values: `question` is sent in borsh, the answer read by its codec.
template <class Answer, class Question, std::invocable<std::expected<Answer, request_error>> Then>
std::expected<request_id, messaging_error> request(std::string_view target, const Question& question, std::uint64_t timeout_ms,
                                                   Then then) {
  auto what = encode(question);
  if (!what) return std::unexpected(messaging_error{.code = messaging_errc::invalid_message, .reason = std::move(what).error()});
  return detail::request(target, *what, timeout_ms, [then = std::move(then)](response got) mutable {
    using Got = std::expected<Answer, request_error>;
    if (!got) return detail::call_continuation(then, Got(std::unexpected(std::move(got).error())));
    auto answer = decode<Answer>(*got);
    if (!answer)
      return detail::call_continuation(then, Got(std::unexpected(request_error{request_errc::unreadable, answer.error()})));
    return detail::call_continuation(then, Got(*std::move(answer)));
  });
}

// Its continuation is not called any more. unknown_request: it has had its outcome, or never was.
inline std::expected<void, messaging_error> cancel(request_id id) {
  airssys_core_messaging_request_id_t raw{id.high, id.low};
  airssys_core_messaging_messaging_error_t refusal;
  if (!airssys_core_messaging_cancel_request(&raw, &refusal)) return std::unexpected(detail::take(refusal));
  static_cast<void>(detail::pending_requests.take(id));
  return {};
}

// `value` in borsh; one that has no form is invalid_message.
template <class Value>
std::expected<void, messaging_error> send_value(std::string_view target, const Value& value, std::uint64_t in = codec::borsh) {
  auto what = encode(value, in);
  if (!what) return std::unexpected(messaging_error{.code = messaging_errc::invalid_message, .reason = std::move(what).error()});
  return send(target, *what);
}

}  // namespace airssys
