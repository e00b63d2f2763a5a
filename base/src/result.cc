#include "airssys/base/result.h"

#include <algorithm>

namespace airssys {

std::string_view code_name(Code code) noexcept {
  switch (code) {
    case Code::invalid_argument: return "invalid-argument";
    case Code::not_found: return "not-found";
    case Code::already_exists: return "already-exists";
    case Code::denied: return "capability-denied";
    case Code::exhausted: return "exhausted";
    case Code::timed_out: return "timeout";
    case Code::unavailable: return "unavailable";
    case Code::cancelled: return "cancelled";
    case Code::corrupt: return "corrupt";
    case Code::internal: return "internal";
    case Code::io: return "io";
    case Code::invalid_configuration: return "invalid-configuration";
    case Code::missing_resource_limits: return "missing-resource-limits";
    case Code::component_load_failed: return "component-load-failed";
    case Code::invalid_component: return "invalid-component";
    case Code::instantiation_failed: return "instantiation-failed";
    case Code::trapped: return "trapped";
    case Code::resource_limit_exceeded: return "resource-limit-exceeded";
    case Code::execution_failed: return "execution-failed";
    case Code::restart_limit: return "restart-limit";
    case Code::too_large: return "too-large";
    case Code::forbidden: return "forbidden-capability";
    case Code::policy_violation: return "policy-violation";
    case Code::approval_needed: return "approval-needed";
    case Code::key_unavailable: return "key-unavailable";
    case Code::invalid_signature: return "invalid-signature";
    case Code::hash_mismatch: return "hash-mismatch";
    case Code::name_mismatch: return "name-mismatch";
    case Code::version_mismatch: return "version-mismatch";
    case Code::timestamp_out_of_range: return "timestamp-out-of-range";
  }
  return "unknown";
}

struct Error::Rep {
  Code code;
  std::string message;
  std::vector<Field> fields;
  std::source_location where;
};

Error::Error(Code code, std::string message, std::source_location where)
    : rep_(std::make_shared<Rep>(Rep{code, std::move(message), {}, where})) {}

Code Error::code() const noexcept { return rep_->code; }
const std::string& Error::message() const noexcept { return rep_->message; }
const std::vector<Error::Field>& Error::fields() const noexcept { return rep_->fields; }
const std::source_location& Error::where() const noexcept { return rep_->where; }

std::string_view Error::field(std::string_view name) const noexcept {
  auto found = std::ranges::find(rep_->fields, name, &Field::name);
  return found == rep_->fields.end() ? std::string_view{} : std::string_view(found->value);
}

// Always a copy: use_count() is no synchronisation, so "I am the only owner" cannot be known while others may let go.
Error::Rep& Error::own() {
  auto copy = std::make_shared<Rep>(*rep_);
  Rep& mine = *copy;
  rep_ = std::move(copy);
  return mine;
}

Error Error::within(std::string_view doing) && {
  std::string& message = own().message;
  message.insert(0, ": ");
  message.insert(0, doing);
  return std::move(*this);
}

Error Error::with(std::string name, std::string value) && {
  own().fields.push_back({std::move(name), std::move(value)});
  return std::move(*this);
}

std::unexpected<Error> fail(Code code, std::string message, std::source_location where) {
  return std::unexpected(Error(code, std::move(message), where));
}

}  // namespace airssys
