// What a host asks of a component beside messages: to execute an operation, and to hear how a request of its own ended.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/bytes.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

// Who asks for an operation, and for how long. A value: copies share their texts.
struct ExecutionContext {
  MessageId request{};
  Bytes caller;             // UTF-8, as Message::sender
  Duration timeout{};       // the guest gets whole milliseconds, rounded up
  Bytes trace_context = {};  // UTF-8, as in W3C Trace Context; empty: none
};

// The cases of `request-error` in wit/core.wit, in its order: why a request has no response.
enum class RequestFailure : std::uint8_t { timeout, target_not_found, target_crashed, rejected, handler_error };
inline constexpr std::size_t request_failure_count = 5;
// "timeout", "target-not-found", …
[[nodiscard]] std::string_view request_failure_name(RequestFailure failure) noexcept;

// How a request ended that a component had sent.
struct RequestOutcome {
  std::optional<RequestFailure> failure = std::nullopt;  // none: `payload` is the response
  Bytes payload = {};
  Duration timeout{};       // of timeout; whole milliseconds, rounded up
  std::string reason = {};  // UTF-8, of target_crashed, rejected, handler_error
};

}  // namespace airssys::wasm
