#include "airssys/wasm/core/operation.h"

namespace airssys::wasm {

std::string_view request_failure_name(RequestFailure failure) noexcept {
  switch (failure) {
    case RequestFailure::timeout: return "timeout";
    case RequestFailure::target_not_found: return "target-not-found";
    case RequestFailure::target_crashed: return "target-crashed";
    case RequestFailure::rejected: return "rejected";
    case RequestFailure::handler_error: return "handler-error";
  }
  return "unknown";
}

}  // namespace airssys::wasm
