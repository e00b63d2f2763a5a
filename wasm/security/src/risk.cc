#include "airssys/wasm/security/risk.h"

namespace airssys::wasm {
namespace {

template <class P>
const P* pattern_as(const Capability& capability) noexcept {
  return std::get_if<P>(&capability.pattern);
}

bool changes_files(Action action) noexcept {
  return action == Action::filesystem_write || action == Action::filesystem_delete || action == Action::filesystem_execute;
}

}  // namespace

std::vector<std::string_view> risks_of(const Capability& capability) {
  std::vector<std::string_view> risks;
  if (const auto* path = pattern_as<PathPattern>(capability)) {
    if (path->is_recursive() && changes_files(capability.action)) risks.push_back("changes everything below a folder");
    if (path->is_recursive() && path->fixed_part() == "/") risks.push_back("the whole file system");
  }
  if (const auto* endpoint = pattern_as<EndpointPattern>(capability)) {
    if (endpoint->has_wildcard_host())
      risks.push_back(endpoint->direction() == Direction::inbound ? "listens on every address" : "more than one host");
    if (!endpoint->port()) risks.push_back("any port");
  }
  if (const auto* host = pattern_as<HostPattern>(capability); host != nullptr && host->is_any()) risks.push_back("any name");
  if (const auto* storage = pattern_as<StoragePattern>(capability); storage != nullptr && storage->is_shared())
    risks.push_back("shared with other components");
  if (const auto* target = pattern_as<TargetPattern>(capability);
      target != nullptr && target->is_any() && capability.action != Action::messaging_receive_from)
    risks.push_back("any component");
  if (const auto* process = pattern_as<ProcessPattern>(capability)) {
    if (capability.action == Action::process_spawn) risks.push_back("runs programs outside of the sandbox");
    if (process->is_any()) risks.push_back("any program");
  }
  return risks;
}

bool needs_approval(const Capability& capability, std::string_view owner) noexcept {
  switch (capability.action) {
    case Action::storage_read:
    case Action::storage_write:
    case Action::storage_admin: {
      const auto* storage = pattern_as<StoragePattern>(capability);
      return storage == nullptr || storage->owner() != owner;
    }
    case Action::messaging_send:
    case Action::messaging_request:
    case Action::messaging_broadcast: {
      const auto* target = pattern_as<TargetPattern>(capability);
      return target == nullptr || target->has_wildcard();
    }
    case Action::messaging_publish:
    case Action::messaging_subscribe: return capability.text().starts_with('*');
    // Who hears is asked nothing: those who send were.
    case Action::messaging_receive_from: return false;
    case Action::filesystem_read:
    case Action::filesystem_write:
    case Action::filesystem_delete:
    case Action::filesystem_list:
    case Action::filesystem_execute:
    case Action::network_outbound:
    case Action::network_inbound:
    case Action::network_dns_lookup:
    case Action::process_spawn:
    case Action::process_kill:
    case Action::process_signal:
    case Action::host_call: return true;
  }
  return true;
}

}  // namespace airssys::wasm
