// execute(): an operation that somebody outside of the host asks for, and its answer.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/message.h"
#include "airssys/sdk/payload.h"

namespace airssys {

// Who asks, and for how long. Views live as long as the call.
struct execution_context {
  message_id request;
  std::string_view caller;  // `namespace/name/instance`; `external` when it comes from outside of the host
  std::uint64_t timeout_ms = 0;
};

// The cases of `execution-error`, in the order of the WIT.
enum class execution_errc : std::uint8_t {
  invalid_operation,
  operation_failed,
  unsupported_codec,
  serialization_error,
  permission_denied
};

struct execution_error {
  execution_errc code = execution_errc::operation_failed;
  std::string text = {};
  std::uint64_t codec = 0;  // unsupported_codec
};

using execution_answer = std::expected<payload, execution_error>;

}  // namespace airssys
