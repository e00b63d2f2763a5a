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
#include "airssys/sdk/payload.h"

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
  std::string reason;       // permission_denied, invalid_message, delivery_failed; codec_incompatible: what to send instead
  std::uint64_t limit = 0;  // message_too_large: the largest payload that the host takes, bytes; invalid_timeout: milliseconds
  std::uint64_t codec = 0;  // unknown_codec, codec_incompatible: what was sent

  [[nodiscard]] std::string text() const {
    switch (code) {
      case messaging_errc::target_not_found: return "target not found";
      case messaging_errc::permission_denied: return "permission denied: " + reason;
      case messaging_errc::queue_full: return "queue full";
      case messaging_errc::rate_limited: return "rate limited";
      case messaging_errc::invalid_message: return "invalid message: " + reason;
      case messaging_errc::unknown_codec: return "unknown codec " + std::to_string(codec);
      case messaging_errc::codec_incompatible:
        return "the receiver does not understand codec " + std::to_string(codec) +
               (reason.empty() ? std::string() : "; both understand " + reason);
      case messaging_errc::invalid_timeout: return "invalid timeout, 1 to " + std::to_string(limit) + " milliseconds are allowed";
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
    case messaging_errc::invalid_timeout: taken.limit = raw.val.invalid_timeout; break;
    case messaging_errc::unknown_codec: taken.codec = raw.val.unknown_codec; break;
    case messaging_errc::permission_denied:
    case messaging_errc::invalid_message:
    case messaging_errc::delivery_failed:  // all texts share one place in the union
      taken.reason = bytes::adopt(raw.val.permission_denied.ptr, raw.val.permission_denied.len).text();
      break;
    case messaging_errc::codec_incompatible: {
      const auto& mismatch = raw.val.codec_incompatible;
      if (mismatch.supported.len > 0) std::free(mismatch.supported.ptr);
      taken.codec = mismatch.sent;
      if (mismatch.suggestion.is_some)
        taken.reason = bytes::adopt(mismatch.suggestion.val.ptr, mismatch.suggestion.val.len).text();
      break;
    }
    default: break;
  }
  return taken;
}

// Lends a payload to an import, as lend().
inline wit_bytes lend_wire(const payload& what) {
  const std::span<const std::uint8_t> wire = what.wire();
  return {const_cast<std::uint8_t*>(wire.data()), wire.size()};
}

}  // namespace detail

// Puts a copy of the payload into the mailbox of `target` (`name` or `namespace/name/instance`) and returns at once.
inline std::expected<void, messaging_error> send(std::string_view target, const payload& what) {
  detail::wit_string to = detail::lend(target);
  detail::wit_bytes wire = detail::lend_wire(what);
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_send_message(&to, &wire, &refusal)) return {};
  return std::unexpected(detail::take(refusal));
}

// The same to several; one answer each, in order.
inline std::vector<std::expected<void, messaging_error>> broadcast(std::span<const std::string_view> targets,
                                                                   const payload& what) {
  std::vector<detail::wit_string> to;
  to.reserve(targets.size());
  for (const std::string_view target : targets) to.push_back(detail::lend(target));
  detail::wit_strings list{to.data(), to.size()};
  detail::wit_bytes wire = detail::lend_wire(what);
  airssys_core_messaging_list_result_void_messaging_error_t raw;
  airssys_core_messaging_broadcast(&list, &wire, &raw);
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
