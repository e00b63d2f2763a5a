#include "explanation.h"

#include <fmt/format.h>

#include <utility>

namespace airssys::wasm {

std::string_view manifest_key(Action action) noexcept {
  switch (action) {
    case Action::filesystem_read: return "[capabilities.filesystem] read";
    case Action::filesystem_write: return "[capabilities.filesystem] write";
    case Action::filesystem_delete: return "[capabilities.filesystem] delete";
    case Action::filesystem_list: return "[capabilities.filesystem] list";
    case Action::filesystem_execute: return "[capabilities.filesystem] execute";
    case Action::network_outbound: return "[capabilities.network] outbound";
    case Action::network_inbound: return "[capabilities.network] inbound";
    case Action::network_dns_lookup: return "[capabilities.network] dns_lookup";
    case Action::storage_read:
    case Action::storage_write:
    case Action::storage_admin: return "[capabilities.storage] namespaces and access";
    case Action::messaging_send: return "[capabilities.messaging] send";
    case Action::messaging_request: return "[capabilities.messaging] request";
    case Action::messaging_broadcast: return "[capabilities.messaging] broadcast";
    case Action::messaging_receive_from: return "[capabilities.messaging] receive_from";
    case Action::messaging_publish: return "[capabilities.messaging] publish";
    case Action::messaging_subscribe: return "[capabilities.messaging] subscribe";
    case Action::process_spawn: return "[capabilities.process] spawn";
    case Action::process_kill: return "[capabilities.process] kill";
    case Action::process_signal: return "[capabilities.process] signal";
    case Action::host_call: return "a function of the host that names this component as a caller";
  }
  std::unreachable();
}

std::string not_granted_reason(Action action, std::string_view resource) {
  return fmt::format("{} '{}' is not granted; it needs {}{}", action_name(action), resource, manifest_key(action),
                     action == Action::host_call ? "" : " in Component.toml");
}

std::string forbidden_reason(Action action, std::string_view resource) {
  return fmt::format("{} '{}' is forbidden on this host, to every component", action_name(action), resource);
}

std::string policy_reason(Action action, std::string_view resource) {
  return fmt::format("{} '{}' is refused by the roles and lists of this host", action_name(action), resource);
}

}  // namespace airssys::wasm
