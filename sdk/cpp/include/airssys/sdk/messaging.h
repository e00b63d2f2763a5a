// Sending to other components. Each call needs the capability named in wit/core.wit, granted in Component.toml:
//   [capabilities.messaging]
//   send = ["counter"]
#pragma once
#include <cstdlib>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"

namespace airssys {

// The cases of `messaging-error`, in the order of the WIT.
enum class messaging_errc : std::uint8_t {
  target_not_found,
  permission_denied,
  queue_full,
  rate_limited,
  message_too_large,
  invalid_message,
  unknown_codec,
  codec_incompatible,
  invalid_timeout,
  unknown_request,
  delivery_failed,
};

struct messaging_error {
  messaging_errc code;
  std::string reason;       // permission_denied, invalid_message, delivery_failed
  std::uint64_t limit = 0;  // message_too_large: the largest payload that the host takes, bytes

  [[nodiscard]] std::string text() const {
    switch (code) {
      case messaging_errc::target_not_found: return "target not found";
      case messaging_errc::permission_denied: return "permission denied: " + reason;
      case messaging_errc::queue_full: return "queue full";
      case messaging_errc::rate_limited: return "rate limited";
      case messaging_errc::invalid_message: return "invalid message: " + reason;
      case messaging_errc::unknown_codec: return "unknown codec";
      case messaging_errc::codec_incompatible: return "the receiver does not understand this codec";
      case messaging_errc::invalid_timeout: return "invalid timeout";
      case messaging_errc::unknown_request: return "unknown request";
      case messaging_errc::message_too_large: return "message too large, the limit is " + std::to_string(limit) + " bytes";
      case messaging_errc::delivery_failed: return "delivery failed: " + reason;
    }
    return "unknown messaging error";
  }
};

namespace detail {

inline messaging_error take(const airssys_core_messaging_messaging_error_t& raw) {
  messaging_error taken{.code = static_cast<messaging_errc>(raw.tag), .reason = {}};
  switch (taken.code) {
    case messaging_errc::message_too_large: taken.limit = raw.val.message_too_large; break;
    case messaging_errc::permission_denied:
    case messaging_errc::invalid_message:
    case messaging_errc::delivery_failed:  // all texts share one place in the union
      taken.reason = bytes::adopt(raw.val.permission_denied.ptr, raw.val.permission_denied.len).text();
      break;
    case messaging_errc::codec_incompatible: {
      const auto& mismatch = raw.val.codec_incompatible;
      if (mismatch.supported.len > 0) std::free(mismatch.supported.ptr);
      if (mismatch.suggestion.is_some) bytes::adopt(mismatch.suggestion.val.ptr, mismatch.suggestion.val.len);
      break;
    }
    default: break;
  }
  return taken;
}

inline std::expected<void, messaging_error> send(std::string_view target, const std::uint8_t* data, std::size_t size) {
  wit_string to = lend(target);
  wit_bytes payload{const_cast<std::uint8_t*>(data), size};
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_send_message(&to, &payload, &refusal)) return {};
  return std::unexpected(take(refusal));
}

}  // namespace detail

// Puts a copy of the payload into the mailbox of `target` (`name` or `namespace/name/instance`) and returns at once.
inline std::expected<void, messaging_error> send(std::string_view target, std::span<const std::uint8_t> payload) {
  return detail::send(target, payload.data(), payload.size());
}
inline std::expected<void, messaging_error> send(std::string_view target, std::string_view payload) {
  return detail::send(target, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
}

// The same to several; one answer each, in order.
inline std::vector<std::expected<void, messaging_error>> broadcast(std::span<const std::string_view> targets,
                                                                   std::string_view payload) {
  std::vector<detail::wit_string> to;
  to.reserve(targets.size());
  for (const std::string_view target : targets) to.push_back(detail::lend(target));
  detail::wit_strings list{to.data(), to.size()};
  detail::wit_bytes body{detail::lend(payload).ptr, payload.size()};
  airssys_core_messaging_list_result_void_messaging_error_t raw;
  airssys_core_messaging_broadcast(&list, &body, &raw);
  std::vector<std::expected<void, messaging_error>> answers;
  answers.reserve(raw.len);
  for (const auto& one : std::span(raw.ptr, raw.len)) {
    if (one.is_err) {
      answers.emplace_back(std::unexpected(detail::take(one.val.err)));
    } else {
      answers.emplace_back();
    }
  }
  if (raw.len > 0) std::free(raw.ptr);
  return answers;
}

// Own address, `namespace/name/instance`.
inline std::string self_id() {
  detail::wit_string raw;
  airssys_core_messaging_self_id(&raw);
  return std::string(bytes::adopt(raw.ptr, raw.len).text());
}

}  // namespace airssys
