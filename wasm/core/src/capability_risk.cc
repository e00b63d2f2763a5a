#include "airssys/wasm/core/capability_risk.h"

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

}  // namespace airssys::wasm
