#include "airssys/wasm/security/permission_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace airssys::wasm {
namespace {

// "\"a\\b\"", as a basic string of TOML.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string list(std::string_view key, const std::vector<std::string>& patterns) {
  std::string out = fmt::format("{} = [", key);
  for (std::size_t i = 0; i < patterns.size(); ++i) out += (i == 0 ? "" : ", ") + toml_string(patterns[i]);
  return out + "]\n";
}

std::vector<std::string> texts_of(const CapabilitySet& set, Action action) {
  std::vector<std::string> texts;
  for (const Capability& one : set.of(action)) texts.push_back(one.text());
  return texts;
}

struct Key {
  Action action;
  std::string_view name;
};

constexpr std::array filesystem{Key{Action::filesystem_read, "read"}, Key{Action::filesystem_write, "write"},
                                Key{Action::filesystem_delete, "delete"}, Key{Action::filesystem_list, "list"},
                                Key{Action::filesystem_execute, "execute"}};
constexpr std::array network{Key{Action::network_outbound, "outbound"}, Key{Action::network_inbound, "inbound"}};
constexpr std::array messaging{Key{Action::messaging_send, "send"},           Key{Action::messaging_request, "request"},
                               Key{Action::messaging_broadcast, "broadcast"}, Key{Action::messaging_receive_from, "receive_from"},
                               Key{Action::messaging_publish, "publish"},     Key{Action::messaging_subscribe, "subscribe"}};
constexpr std::array process{Key{Action::process_spawn, "spawn"}, Key{Action::process_kill, "kill"},
                             Key{Action::process_signal, "signal"}};

std::string table(std::string_view name, const std::string& body) {
  return body.empty() ? std::string() : fmt::format("[capabilities.{}]\n{}", name, body);
}

std::string table(std::string_view name, const CapabilitySet& set, std::span<const Key> keys) {
  std::string body;
  for (const Key& key : keys)
    if (const auto texts = texts_of(set, key.action); !texts.empty()) body += list(key.name, texts);
  return table(name, body);
}

std::string storage(const CapabilitySet& set) {
  std::vector<std::string> namespaces = texts_of(set, Action::storage_read);
  const auto writes = texts_of(set, Action::storage_write), admin = texts_of(set, Action::storage_admin);
  for (const auto* more : {&writes, &admin}) namespaces.insert(namespaces.end(), more->begin(), more->end());
  if (namespaces.empty()) return {};
  std::ranges::sort(namespaces);
  const auto twice = std::ranges::unique(namespaces);
  namespaces.erase(twice.begin(), twice.end());
  const std::string_view access = !admin.empty() ? "admin" : !writes.empty() ? "read-write" : "read-only";
  return table("storage", list("namespaces", namespaces) + fmt::format("access = \"{}\"\n", access));
}

}  // namespace

AuditStatus PermissionRecorder::record(const AuditEvent& event) noexcept {
  const auto action = parse_action(event.action);
  if (action && event.decision == AuditDecision::allow) {
    const std::lock_guard lock(mutex_);
    auto at = recorded_.find(event.component);
    if (at == recorded_.end() && recorded_.size() < max_components) at = recorded_.emplace(event.component, Recorded{}).first;
    if (at != recorded_.end()) {
      Recorded& of = at->second;
      auto needed = smallest_grant(*action, event.resource);
      if (!needed || !of.needed.grant(*std::move(needed))) ++of.left_out;
    }
  }
  return next_.record(event);
}

std::map<std::string, PermissionRecorder::Recorded, std::less<>> PermissionRecorder::recorded() const {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

std::string capabilities_toml(const CapabilitySet& set) {
  std::string out = table("filesystem", set, filesystem);
  std::string of_network = table("network", set, network);
  if (!set.of(Action::network_dns_lookup).empty())
    of_network += of_network.empty() ? table("network", "dns_lookup = true\n") : "dns_lookup = true\n";
  out += of_network + storage(set) + table("messaging", set, messaging) + table("process", set, process);
  for (const Capability& call : set.of(Action::host_call))
    out += fmt::format("# calls {}, a function of the program around the host, which has to name this component\n", call.text());
  return out;
}

}  // namespace airssys::wasm
