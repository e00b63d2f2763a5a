#include "airssys/wasm/core/forbidden_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "airssys/base/assert.h"

namespace airssys::wasm {
namespace {

struct Default {
  Action action;
  std::string_view pattern;
};
constexpr std::array defaults_of_r49{
    Default{Action::filesystem_read, "/etc/shadow"},
    Default{Action::filesystem_read, "/root/.ssh/**"},
    Default{Action::filesystem_read, "/home/*/.ssh/id_*"},
    Default{Action::filesystem_write, "/etc/passwd"},
    Default{Action::filesystem_write, "/etc/shadow"},
    Default{Action::filesystem_write, "/etc/sudoers"},
    Default{Action::filesystem_write, "/boot/**"},
    Default{Action::filesystem_write, "/sys/**"},
    Default{Action::filesystem_write, "/proc/**"},
    Default{Action::filesystem_write, "/dev/**"},
    Default{Action::network_outbound, "localhost:22"},
    Default{Action::network_outbound, "*.internal.secret:*"},
    Default{Action::network_inbound, "*:22"},
    Default{Action::network_inbound, "*:3306"},
    Default{Action::network_inbound, "*:5432"},
};

bool is_change(Action action) noexcept { return action == Action::filesystem_write || action == Action::filesystem_delete; }

// Whether an entry for `entry` says anything about `asked`.
bool concerns(Action entry, Action asked) noexcept {
  switch (entry) {
    case Action::filesystem_read: return asked <= Action::filesystem_execute;
    case Action::filesystem_write: return is_change(asked);
    default: return entry == asked;
  }
}

// --- paths

// Whether everything in the folder is the entry's: `/boot/**` has all of /boot.
bool has_all_of(const PathPattern& entry, std::string_view folder) {
  if (entry.is_exact() || !entry.matches_in(folder)) return false;
  const auto inside = PathPattern::in_folder(folder);
  return inside && entry.covers(*inside);
}

bool forbids_path(const PathPattern& entry, Action asked, std::string_view path) {
  if (entry.matches(path)) return true;
  return is_change(asked) ? entry.matches_below(path) : has_all_of(entry, path);
}

// --- endpoints

const NetworkHost& localhost() {
  static const NetworkHost host = *NetworkHost::parse("localhost");
  return host;
}

bool forbids_endpoint(const EndpointPattern& entry, const Endpoint& endpoint) {
  if (entry.matches(endpoint)) return true;
  return entry.direction() == Direction::outbound && endpoint.host.is_loopback() &&
         entry.matches({.protocol = endpoint.protocol, .host = localhost(), .port = endpoint.port});
}

// The pattern with `localhost` in place of an address of this machine; none: it is of no such address.
std::optional<EndpointPattern> of_localhost(const EndpointPattern& pattern) {
  if (pattern.direction() != Direction::outbound || !pattern.host().host() || !pattern.host().host()->is_loopback())
    return std::nullopt;
  const auto same =
      EndpointPattern::parse(fmt::format("{}{}localhost:{}", pattern.protocol() ? protocol_name(*pattern.protocol()) : "",
                                         pattern.protocol() ? ":" : "", pattern.port() ? std::to_string(*pattern.port()) : "*"),
                             Direction::outbound);
  return same ? std::optional(*same) : std::nullopt;
}

// --- programs

std::string_view last_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

bool forbids_program(const ProcessPattern& entry, std::string_view path) noexcept {
  return entry.is_unresolved() ? last_name(path) == entry.text() : entry.matches(path);
}

// --- both

enum class Relation : std::uint8_t { apart, reaches_in, inside };

Relation relation(const PathPattern& entry, const PathPattern& wanted) {
  if (entry.covers(wanted) || (wanted.is_exact() && has_all_of(entry, wanted.fixed_part()))) return Relation::inside;
  return entry.overlaps(wanted) ? Relation::reaches_in : Relation::apart;
}

Relation relation(const EndpointPattern& entry, const EndpointPattern& wanted) {
  if (entry.covers(wanted)) return Relation::inside;
  if (entry.overlaps(wanted)) return Relation::reaches_in;
  const auto local = of_localhost(wanted);
  return local && local->text() != wanted.text() ? relation(entry, *local) : Relation::apart;
}

Relation relation(const ProcessPattern& entry, const ProcessPattern& wanted) {
  if (entry.covers(wanted)) return Relation::inside;
  const std::optional<PathPattern>& path = wanted.path();
  if (entry.is_unresolved() && path && path->is_exact())
    return last_name(path->fixed_part()) == entry.text() ? Relation::inside : Relation::apart;
  return entry.overlaps(wanted) ? Relation::reaches_in : Relation::apart;
}

// To list is to see the names in a folder, so what matters is whether the folder has any others.
Relation relation_of_list(const PathPattern& entry, const PathPattern& wanted) {
  if (entry.text().ends_with("/**") && entry.covers(wanted)) return Relation::inside;
  return entry.overlaps(wanted) ? Relation::reaches_in : Relation::apart;
}

Relation relation_of(const Capability& entry, const Capability& wanted) {
  if (wanted.action == Action::filesystem_list)
    return relation_of_list(std::get<PathPattern>(entry.pattern), std::get<PathPattern>(wanted.pattern));
  return std::visit(
      [](const auto& one, const auto& other) {
        if constexpr (requires { relation(one, other); })
          return relation(one, other);
        else
          return Relation::apart;
      },
      entry.pattern, wanted.pattern);
}

}  // namespace

ForbiddenList ForbiddenList::defaults() {
  ForbiddenList list;
  for (const Default& one : defaults_of_r49) {
    auto entry = Capability::parse(one.action, one.pattern);
    AIRSSYS_ASSERT(entry && list.add(*std::move(entry)), "{}", one.pattern);
  }
  return list;
}

Result<> ForbiddenList::add(Capability entry) {
  constexpr std::array actions{Action::filesystem_read, Action::filesystem_write, Action::network_outbound,
                               Action::network_inbound, Action::process_spawn};
  if (std::ranges::find(actions, entry.action) == actions.end())
    return fail(Code::invalid_argument, fmt::format("{} is not what a list of the forbidden is for", action_name(entry.action)));
  if (entries_.size() == max_entries)
    return fail(Code::exhausted, fmt::format("at most {} things may be forbidden; write wider patterns", max_entries));
  entries_.push_back(std::move(entry));
  return {};
}

const Capability* ForbiddenList::find(Action action, std::string_view resource) const noexcept {
  std::optional<Endpoint> endpoint;
  if (action == Action::network_outbound || action == Action::network_inbound) {
    auto parsed = Endpoint::parse(resource);
    if (!parsed) return nullptr;
    endpoint = *std::move(parsed);
  }
  for (const Capability& entry : entries_) {
    if (!concerns(entry.action, action)) continue;
    if (const auto* path = std::get_if<PathPattern>(&entry.pattern); path && forbids_path(*path, action, resource)) return &entry;
    if (const auto* where = std::get_if<EndpointPattern>(&entry.pattern);
        where && endpoint && forbids_endpoint(*where, *endpoint))
      return &entry;
    if (const auto* program = std::get_if<ProcessPattern>(&entry.pattern); program && forbids_program(*program, resource))
      return &entry;
  }
  return nullptr;
}

ForbiddenList::Conflicts ForbiddenList::conflicts(const CapabilitySet& wanted) const {
  Conflicts found;
  for (const Capability& capability : wanted) {
    const Capability* inside = nullptr;
    const std::size_t flagged = found.flagged.size();
    for (const Capability& entry : entries_) {
      if (!concerns(entry.action, capability.action)) continue;
      const Relation relation = relation_of(entry, capability);
      if (relation == Relation::reaches_in) found.flagged.push_back({&capability, &entry});
      if (relation == Relation::inside) inside = &entry;
      if (inside) break;
    }
    if (!inside) continue;
    found.flagged.resize(flagged);
    found.denied.push_back({&capability, inside});
  }
  return found;
}

}  // namespace airssys::wasm
