#include "airssys/wasm/core/capability.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

// In the order of Action.
constexpr std::array<std::string_view, action_count> names{
    "filesystem.read",   "filesystem.write",    "filesystem.delete",  "filesystem.list",     "filesystem.execute",
    "network.outbound",  "network.inbound",     "network.dns-lookup", "storage.read",        "storage.write",
    "storage.admin",     "messaging.send",      "messaging.request",  "messaging.broadcast", "messaging.receive-from",
    "messaging.publish", "messaging.subscribe", "process.spawn",      "process.kill",        "process.signal",
    "host.call"};

// The types of patterns, by the first and the last action that uses them.
enum class Form : std::uint8_t { path, endpoint, host, storage, target, topic, process, function };

Form form_of(Action action) noexcept {
  if (action <= Action::filesystem_execute) return Form::path;
  if (action <= Action::network_inbound) return Form::endpoint;
  if (action == Action::network_dns_lookup) return Form::host;
  if (action <= Action::storage_admin) return Form::storage;
  if (action <= Action::messaging_receive_from) return Form::target;
  if (action <= Action::messaging_subscribe) return Form::topic;
  return action <= Action::process_signal ? Form::process : Form::function;
}

Direction direction_of(Action action) noexcept {
  return action == Action::network_inbound ? Direction::inbound : Direction::outbound;
}

template <class P>
Result<Pattern> as_pattern(Result<P> pattern) {
  if (!pattern) return std::unexpected(std::move(pattern).error());
  return Pattern(*std::move(pattern));
}

Result<Pattern> parse_pattern(Action action, std::string_view text) {
  switch (form_of(action)) {
    case Form::path: return as_pattern(PathPattern::parse(text));
    case Form::endpoint: return as_pattern(EndpointPattern::parse(text, direction_of(action)));
    case Form::host: return as_pattern(HostPattern::parse(text));
    case Form::storage: return as_pattern(StoragePattern::parse(text));
    case Form::target: return as_pattern(TargetPattern::parse(text));
    case Form::topic: return as_pattern(TopicPattern::parse(text));
    case Form::process: return as_pattern(ProcessPattern::parse(text));
    case Form::function: return as_pattern(FunctionName::parse(text));
  }
  std::unreachable();
}

Result<Pattern> exact_pattern(Action action, std::string_view resource) {
  switch (form_of(action)) {
    case Form::path:
      return as_pattern(action == Action::filesystem_list ? PathPattern::in_folder(resource) : PathPattern::exactly(resource));
    case Form::endpoint: {
      AIRSSYS_TRY(const Endpoint endpoint, Endpoint::parse(resource));
      return as_pattern(EndpointPattern::exactly(endpoint, direction_of(action)));
    }
    case Form::host: {
      AIRSSYS_TRY(const NetworkHost host, NetworkHost::parse(resource));
      return HostPattern::exactly(host);
    }
    case Form::target: {
      AIRSSYS_TRY(const ComponentAddress address, ComponentAddress::parse(resource));
      return TargetPattern::exactly(address);
    }
    case Form::topic: {
      if (action == Action::messaging_subscribe) return as_pattern(TopicPattern::parse(resource));
      AIRSSYS_TRY(const Topic topic, Topic::parse(resource));
      return as_pattern(TopicPattern::parse(topic.text()));
    }
    case Form::storage: return as_pattern(StoragePattern::exactly(resource));
    case Form::process: return as_pattern(ProcessPattern::exactly(resource));
    case Form::function: return as_pattern(FunctionName::parse(resource));
  }
  std::unreachable();
}

// The first of `capabilities`, all of a pattern type P, that `matches`.
template <class P, class Matches>
const Capability* first(std::span<const Capability> capabilities, Matches matches) noexcept {
  for (const Capability& capability : capabilities)
    if (const P* const pattern = std::get_if<P>(&capability.pattern); pattern && matches(*pattern)) return &capability;
  return nullptr;
}

bool is_of_the_host(std::string_view topic) noexcept { return topic == "sys" || topic.starts_with("sys."); }

// How much of the beginnings and the ends of both is the same.
std::size_t likeness(std::string_view a, std::string_view b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  const auto beginning = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  std::size_t end = 0;
  while (end < most - beginning && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  return beginning + end;
}

}  // namespace

std::string_view action_name(Action action) noexcept { return names[static_cast<std::size_t>(action)]; }

std::optional<Action> parse_action(std::string_view name) noexcept {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Action>(found - names.begin());
}

std::string_view action_kind(Action action) noexcept {
  const std::string_view name = action_name(action);
  return name.substr(0, name.find('.'));
}

std::string_view action_verb(Action action) noexcept {
  const std::string_view name = action_name(action);
  return name.substr(name.find('.') + 1);
}

Result<FunctionName> FunctionName::parse(std::string_view text) {
  const auto wrong = [&](std::size_t at, std::string_view why) {
    return fail(Code::invalid_argument, fmt::format("{}: function name at byte {}: {}", quoted(text), at + 1, why));
  };
  if (text.empty()) return wrong(0, "is empty");
  if (text.size() > max_bytes) return wrong(max_bytes, fmt::format("is longer than {} bytes", max_bytes));
  const auto bad = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (bad != text.end()) return wrong(static_cast<std::size_t>(bad - text.begin()), "holds a control byte");
  if (const std::size_t good = utf8_prefix(text); good != text.size()) return wrong(good, "is not UTF-8");
  return FunctionName(text);
}

Result<Capability> Capability::parse(Action action, std::string_view pattern, std::string place) {
  AIRSSYS_TRY(Pattern parsed, parse_pattern(action, pattern));
  return Capability{.action = action, .pattern = std::move(parsed), .place = std::move(place)};
}

const std::string& Capability::text() const noexcept {
  return std::visit([](const auto& one) -> const std::string& { return one.text(); }, pattern);
}

bool Capability::covers(const Capability& other) const {
  if (action != other.action) return false;
  return std::visit(
      [](const auto& wide, const auto& narrow) {
        if constexpr (std::is_same_v<decltype(wide), decltype(narrow)>)
          return wide.covers(narrow);
        else
          return false;
      },
      pattern, other.pattern);
}

bool Capability::overlaps(const Capability& other) const {
  if (action != other.action) return false;
  if (*this == other) return true;
  if (action == Action::filesystem_list)
    return std::get<PathPattern>(pattern).shares_folder(std::get<PathPattern>(other.pattern));
  return std::visit(
      [](const auto& one, const auto& another) {
        if constexpr (!std::is_same_v<decltype(one), decltype(another)>)
          return false;
        else if constexpr (requires { one.overlaps(another); })
          return one.overlaps(another);
        else
          return one.covers(another) || another.covers(one);
      },
      pattern, other.pattern);
}

std::string to_string(const Capability& capability) {
  // For each thing that a gate has not been asked before: a third of what fmt::format takes.
  const std::string_view name = action_name(capability.action);
  const std::string& pattern = capability.text();
  std::string text;
  text.reserve(name.size() + 1 + pattern.size());
  return text.append(name).append(1, ' ').append(pattern);
}

Result<Capability> smallest_grant(Action action, std::string_view resource) {
  AIRSSYS_TRY(Pattern pattern, exact_pattern(action, resource));
  return Capability{.action = action, .pattern = std::move(pattern)};
}

Result<> CapabilitySet::grant(Capability capability) {
  if (has(capability.action, capability.text())) return {};
  if (capabilities_.size() == max_size)
    return fail(Code::exhausted, fmt::format("a component may have {} capabilities; write wider patterns", max_size));
  const auto index = static_cast<std::size_t>(capability.action);
  capabilities_.insert(capabilities_.begin() + begins_[index + 1], std::move(capability));
  for (std::size_t later = index + 1; later < begins_.size(); ++later) ++begins_[later];
  return {};
}

bool CapabilitySet::revoke(Action action, std::string_view pattern) {
  const auto index = static_cast<std::size_t>(action);
  const auto begin = capabilities_.begin() + begins_[index], end = capabilities_.begin() + begins_[index + 1];
  const auto found = std::find_if(begin, end, [&](const Capability& one) { return one.text() == pattern; });
  if (found == end) return false;
  capabilities_.erase(found);
  for (std::size_t later = index + 1; later < begins_.size(); ++later) --begins_[later];
  return true;
}

bool CapabilitySet::has(Action action, std::string_view pattern) const noexcept {
  return std::ranges::any_of(of(action), [&](const Capability& one) { return one.text() == pattern; });
}

const Capability* CapabilitySet::find(Action action, std::string_view resource) const noexcept {
  const std::span<const Capability> candidates = of(action);
  if (candidates.empty()) return nullptr;
  switch (form_of(action)) {
    case Form::path:
      if (action == Action::filesystem_list)
        return first<PathPattern>(candidates, [&](const PathPattern& pattern) { return pattern.matches_in(resource); });
      return first<PathPattern>(candidates, [&](const PathPattern& pattern) { return pattern.matches(resource); });
    case Form::storage:
      return first<StoragePattern>(candidates, [&](const StoragePattern& pattern) { return pattern.matches(resource); });
    case Form::process:
      return first<ProcessPattern>(candidates, [&](const ProcessPattern& pattern) { return pattern.matches(resource); });
    case Form::function:
      return first<FunctionName>(candidates, [&](const FunctionName& pattern) { return pattern.matches(resource); });
    case Form::endpoint: {
      const auto endpoint = Endpoint::parse(resource);
      return endpoint ? find(action, *endpoint) : nullptr;
    }
    case Form::host: {
      const auto host = NetworkHost::parse(resource);
      return host ? find(action, *host) : nullptr;
    }
    case Form::target: {
      const auto address = ComponentAddress::parse(resource);
      return address ? find(action, *address) : nullptr;
    }
    case Form::topic: {
      if (action == Action::messaging_subscribe) {
        const auto pattern = TopicPattern::parse(resource);
        return pattern ? find(action, *pattern) : nullptr;
      }
      const auto topic = Topic::parse(resource);
      return topic ? find(action, *topic) : nullptr;
    }
  }
  std::unreachable();
}

const Capability* CapabilitySet::find(Action action, const ComponentAddress& address) const noexcept {
  return first<TargetPattern>(of(action), [&](const TargetPattern& pattern) { return pattern.matches(address); });
}

const Capability* CapabilitySet::find(Action action, const Endpoint& endpoint) const noexcept {
  return first<EndpointPattern>(of(action), [&](const EndpointPattern& pattern) { return pattern.matches(endpoint); });
}

const Capability* CapabilitySet::find(Action action, const NetworkHost& host) const noexcept {
  return first<HostPattern>(of(action), [&](const HostPattern& pattern) { return pattern.matches(host); });
}

const Capability* CapabilitySet::find(Action action, const Topic& topic) const noexcept {
  if (action == Action::messaging_publish && is_of_the_host(topic.text())) return nullptr;
  return first<TopicPattern>(of(action), [&](const TopicPattern& pattern) { return pattern.matches(topic); });
}

const Capability* CapabilitySet::find(Action action, const TopicPattern& pattern) const noexcept {
  return first<TopicPattern>(of(action), [&](const TopicPattern& wide) { return wide.covers(pattern); });
}

const Capability* CapabilitySet::nearest(Action action, std::string_view resource) const {
  for (std::size_t index = 0; index < action_count; ++index) {
    const auto other = static_cast<Action>(index);
    // Who may be heard is no half of whom may be spoken to.
    if (other == Action::messaging_receive_from || action == Action::messaging_receive_from) continue;
    if (other == action || action_kind(other) != action_kind(action) || form_of(other) != form_of(action)) continue;
    if (const Capability* const found = find(other, resource)) return found;
  }
  // As a pattern would have it: with the same spelling, protocol and port.
  const auto exact = smallest_grant(action, resource);
  const std::string_view wanted = exact ? std::string_view(exact->text()) : resource;
  const std::span<const Capability> candidates = of(action);
  const auto best = std::ranges::max_element(candidates, {}, [&](const Capability& one) { return likeness(one.text(), wanted); });
  return best == candidates.end() ? nullptr : &*best;
}

bool CapabilitySet::covers(const CapabilitySet& other) const {
  return std::ranges::all_of(other.all(), [&](const Capability& wanted) {
    return std::ranges::any_of(of(wanted.action), [&](const Capability& mine) { return mine.covers(wanted); });
  });
}

std::vector<std::string> CapabilitySet::texts() const {
  std::vector<std::string> list;
  for (const Capability& capability : capabilities_) list.push_back(to_string(capability));
  return list;
}

MessagingGrants MessagingGrants::of(const CapabilitySet& set) {
  MessagingGrants grants{.send = {}, .receive_from = {}};
  const auto copy = [&](Action action, std::vector<TargetPattern>& into) {
    for (const Capability& capability : set.of(action)) into.push_back(std::get<TargetPattern>(capability.pattern));
  };
  copy(Action::messaging_send, grants.send);
  copy(Action::messaging_receive_from, grants.receive_from);
  return grants;
}

bool MessagingGrants::allows_send(const ComponentAddress& target) const noexcept {
  return std::ranges::any_of(send, [&](const TargetPattern& pattern) { return pattern.matches(target); });
}

bool MessagingGrants::allows_receive(const ComponentAddress& sender) const noexcept {
  return std::ranges::any_of(receive_from, [&](const TargetPattern& pattern) { return pattern.matches(sender); });
}

}  // namespace airssys::wasm
