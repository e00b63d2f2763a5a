#include "airssys/wasm/security/review.h"

#include <array>
#include <variant>

namespace airssys::wasm {
namespace {

struct Words {
  std::string_view name, text;
};
// In the order of Risk.
constexpr std::array<Words, 6> words{{
    {"recursive-write", "may change everything in all folders below"},
    {"wildcard-host", "is more than one host or address"},
    {"wildcard-port", "is every port"},
    {"shared-storage", "is storage that other components use as well"},
    {"process-spawn", "starts a program, which the host's checks do not reach into"},
    {"any-target", "is every component or topic there is"},
}};

template <class P>
const P* pattern_as(const Capability& capability) noexcept {
  return std::get_if<P>(&capability.pattern);
}

}  // namespace

std::vector<Risk> risks_of(const Capability& capability) {
  std::vector<Risk> risks;
  const auto add = [&](bool there, Risk risk) {
    if (there) risks.push_back(risk);
  };
  const Action action = capability.action;
  if (const auto* path = std::get_if<PathPattern>(&capability.pattern))
    add((action == Action::filesystem_write || action == Action::filesystem_delete) && path->is_recursive(),
        Risk::recursive_write);
  if (const auto* endpoint = std::get_if<EndpointPattern>(&capability.pattern)) {
    add(endpoint->has_wildcard_host(), Risk::wildcard_host);
    add(!endpoint->port(), Risk::wildcard_port);
  }
  if (const auto* host = std::get_if<HostPattern>(&capability.pattern)) add(host->has_wildcard(), Risk::wildcard_host);
  if (const auto* storage = std::get_if<StoragePattern>(&capability.pattern)) add(storage->is_shared(), Risk::shared_storage);
  add(action == Action::process_spawn, Risk::process_spawn);
  if (const auto* target = std::get_if<TargetPattern>(&capability.pattern))
    add(target->is_any() && action != Action::messaging_receive_from, Risk::any_target);
  if (const auto* topic = std::get_if<TopicPattern>(&capability.pattern))
    add(topic->text() == TopicPattern::rest, Risk::any_target);
  return risks;
}

std::string_view risk_name(Risk risk) noexcept { return words[static_cast<std::size_t>(risk)].name; }
std::string_view risk_text(Risk risk) noexcept { return words[static_cast<std::size_t>(risk)].text; }

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
