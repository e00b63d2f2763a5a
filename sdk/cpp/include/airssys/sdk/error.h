// What a component answers: a value, nothing, or an ordinary error.
//
// An ordinary error is logged and counted by the host, and the component goes on. A crash is a trap (abort, failed
// assertion, memory at its limit, fuel used up): the host drops the instance and the supervisor starts a fresh one.
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "airssys/sdk/payload.h"

namespace airssys {

// The cases of `component-error`, in the order of the WIT.
enum class error_kind : std::uint8_t {
  initialization_failed,
  already_initialized,
  not_initialized,
  invalid_message,
  shutdown_failed,
  invalid_state,
  failed,
};

struct error {
  error_kind kind = error_kind::failed;
  std::string text;  // what failed and why; already_initialized and not_initialized carry none
};

// Of init() and shutdown(): `return {};` is success.
using status = std::expected<void, error>;
// Of handle(): `return {};` answers nothing, `return "text";` or any payload answers a request.
using answer = std::expected<std::optional<payload>, error>;

// `return airssys::failed("no such order");`
inline std::unexpected<error> failed(std::string text) { return std::unexpected(error{error_kind::failed, std::move(text)}); }
inline std::unexpected<error> invalid_message(std::string text) {
  return std::unexpected(error{error_kind::invalid_message, std::move(text)});
}
inline std::unexpected<error> invalid_state(std::string text) {
  return std::unexpected(error{error_kind::invalid_state, std::move(text)});
}

}  // namespace airssys
