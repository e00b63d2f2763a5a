#include "exit_code.h"

namespace airssys::cli {

Exit exit_code(Code code) noexcept {
  switch (code) {
    case Code::invalid_argument: return Exit::usage;
    case Code::denied:
    case Code::forbidden:
    case Code::policy_violation:
    case Code::approval_needed: return Exit::authorization;
    case Code::key_unavailable: return Exit::authentication;
    case Code::invalid_signature:
    case Code::hash_mismatch:
    case Code::name_mismatch:
    case Code::version_mismatch:
    case Code::timestamp_out_of_range: return Exit::signature;
    case Code::already_exists:
    case Code::invalid_configuration:
    case Code::missing_resource_limits:
    case Code::component_load_failed:
    case Code::invalid_component:
    case Code::instantiation_failed: return Exit::validation;
    case Code::not_found:
    case Code::exhausted:
    case Code::timed_out:
    case Code::unavailable:
    case Code::cancelled:
    case Code::corrupt:
    case Code::internal:
    case Code::io:
    case Code::trapped:
    case Code::resource_limit_exceeded:
    case Code::execution_failed:
    case Code::restart_limit:
    case Code::too_large: return Exit::general;
  }
  return Exit::general;
}

}  // namespace airssys::cli
