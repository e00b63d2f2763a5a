#include "airssys/wasm/security/review.h"

namespace airssys::wasm {
namespace {

template <class P>
const P* pattern_as(const Capability& capability) noexcept {
  return std::get_if<P>(&capability.pattern);
}

}  // namespace

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
