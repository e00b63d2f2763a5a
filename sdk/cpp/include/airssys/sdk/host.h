// Functions of the program around the host, for the components that it named (HostConfig::functions).
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"

namespace airssys {

// The error is a text: why it was denied, that there is no such function, or what the function said.
inline std::expected<bytes, std::string> call_host(std::string_view name, std::string_view payload = {}) {
  detail::wit_string wanted = detail::lend(name);
  detail::wit_bytes given{const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(payload.data())), payload.size()};
  detail::wit_bytes reply;
  airssys_core_services_services_error_t refusal;
  if (airssys_core_services_call_host_function(&wanted, &given, &reply, &refusal)) return bytes::adopt(reply.ptr, reply.len);
  if (refusal.tag == AIRSSYS_CORE_SERVICES_SERVICES_ERROR_NOT_FOUND) return std::unexpected(std::string("no such function"));
  const bytes text = bytes::adopt(refusal.val.failed.ptr, refusal.val.failed.len);  // both texts share one place
  return std::unexpected(std::string(text.text()));
}

}  // namespace airssys
