// What a component may do: capabilities, each an action and a pattern over what it is done to, and the set of them that one
// component was granted. Deny by default (R4.1): what no capability allows is denied. The same text always means the same one.
//
// Values. A set may be read by any number of threads as long as nobody changes it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/topic.h"
#include "airssys/wasm/core/endpoint_pattern.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/path_pattern.h"
#include "airssys/wasm/core/process_pattern.h"
#include "airssys/wasm/core/storage_pattern.h"
#include "airssys/wasm/core/target_pattern.h"

namespace airssys::wasm {

// Beside each: what it is done to, as a text, and the pattern over it.
enum class Action : std::uint8_t {
  filesystem_read,  // the path of a file: PathPattern
  filesystem_write,
  filesystem_delete,
  filesystem_list,  // the path of a folder: a PathPattern that something in it could match (R4.4)
  filesystem_execute,
  network_outbound,  // `[proto:]host:port`: EndpointPattern
  network_inbound,
  network_dns_lookup,  // a host: HostPattern
  storage_read,  // `owner:name`: StoragePattern
  storage_write,
  storage_admin,
  messaging_send,  // `namespace/name/instance`: TargetPattern
  messaging_request,
  messaging_broadcast,
  messaging_receive_from,
  messaging_publish,  // a topic: TopicPattern; names that begin with `sys.` are the host's alone (R5.10)
  messaging_subscribe,  // a topic or a pattern, which has to be covered: TopicPattern
  process_spawn,  // the real path of an executable: ProcessPattern
  process_kill,
  process_signal,
  host_call  // the name of a function: FunctionName
};
inline constexpr std::size_t action_count = 21;

// "filesystem.read", "network.dns-lookup": as the annotations in wit/ have it.
[[nodiscard]] std::string_view action_name(Action action) noexcept;
[[nodiscard]] std::optional<Action> parse_action(std::string_view name) noexcept;
// The two halves of the name: "filesystem" and "read".
[[nodiscard]] std::string_view action_kind(Action action) noexcept;
[[nodiscard]] std::string_view action_verb(Action action) noexcept;

// A function of the program around the host: its name, or `*` for all.
class FunctionName {
 public:
  static constexpr std::size_t max_bytes = 128;
  // Otherwise invalid_argument: empty, too long, or with control bytes.
  [[nodiscard]] static Result<FunctionName> parse(std::string_view text);
  [[nodiscard]] bool matches(std::string_view name) const noexcept { return text_ == "*" || text_ == name; }
  [[nodiscard]] bool covers(const FunctionName& other) const noexcept { return matches(other.text_); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend bool operator==(const FunctionName&, const FunctionName&) = default;

 private:
  explicit FunctionName(std::string_view text) : text_(text) {}
  std::string text_;
};

using Pattern = std::variant<PathPattern, EndpointPattern, HostPattern, StoragePattern, TargetPattern, TopicPattern,
                             ProcessPattern, FunctionName>;

struct Capability {
  Action action;
  Pattern pattern;  // of the type that Action names
  std::string place = {};  // `file:line:column` of its declaration; empty: made otherwise

  // invalid_argument: what is wrong with the pattern, and at which byte.
  [[nodiscard]] static Result<Capability> parse(Action action, std::string_view pattern, std::string place = {});
  // The pattern as it was written.
  [[nodiscard]] const std::string& text() const noexcept;
  // Whether it allows everything that `other` does. May say no where that is not obvious, never yes wrongly.
  [[nodiscard]] bool covers(const Capability& other) const;
  // Whether it allows something that `other` allows too. May say yes where there is nothing.
  [[nodiscard]] bool overlaps(const Capability& other) const;
  // The same action and text; where it was written does not matter.
  friend bool operator==(const Capability& a, const Capability& b) noexcept {
    return a.action == b.action && a.text() == b.text();
  }
};
// "filesystem.read /srv/photos/**"
[[nodiscard]] std::string to_string(const Capability& capability);

// The narrowest capability that allows exactly this: what an explanation proposes, and a record of a run writes.
// invalid_argument: the resource is none that anything could be granted for, such as a relative path.
[[nodiscard]] Result<Capability> smallest_grant(Action action, std::string_view resource);

class CapabilitySet {
 public:
  static constexpr std::size_t max_size = 4096;

  CapabilitySet() = default;

  // Nothing, if it is there already. exhausted: max_size.
  [[nodiscard]] Result<> grant(Capability capability);
  // Whether it was there.
  bool revoke(Action action, std::string_view pattern);
  [[nodiscard]] bool has(Action action, std::string_view pattern) const noexcept;

  // In order of actions; those of one action in the order in which they were granted.
  [[nodiscard]] std::span<const Capability> all() const noexcept { return capabilities_; }
  [[nodiscard]] std::span<const Capability> of(Action action) const noexcept {
    const auto index = static_cast<std::size_t>(action);
    return all().subspan(begins_[index], begins_[index + 1] - std::size_t{begins_[index]});
  }
  [[nodiscard]] bool empty() const noexcept { return capabilities_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return capabilities_.size(); }
  [[nodiscard]] auto begin() const noexcept { return all().begin(); }
  [[nodiscard]] auto end() const noexcept { return all().end(); }

  // The capability that allows it, the first of several; null: denied. A resource that is malformed is denied. Valid until the
  // set changes. Without allocation for paths, storage, processes and functions, and for the typed forms.
  [[nodiscard]] const Capability* find(Action action, std::string_view resource) const noexcept;
  [[nodiscard]] const Capability* find(Action action, const ComponentAddress& address) const noexcept;
  [[nodiscard]] const Capability* find(Action action, const Endpoint& endpoint) const noexcept;
  [[nodiscard]] const Capability* find(Action action, const NetworkHost& host) const noexcept;
  [[nodiscard]] const Capability* find(Action action, const Topic& topic) const noexcept;
  [[nodiscard]] const Capability* find(Action action, const TopicPattern& pattern) const noexcept;
  // For the explanation of a denial: a capability for another action of the same kind that would match, else the one for this
  // action that is most alike; null: there is none for either.
  [[nodiscard]] const Capability* nearest(Action action, std::string_view resource) const;

  // Whether each of `other` is covered by one of this.
  [[nodiscard]] bool covers(const CapabilitySet& other) const;
  // to_string of each.
  [[nodiscard]] std::vector<std::string> texts() const;

  friend bool operator==(const CapabilitySet& a, const CapabilitySet& b) noexcept { return a.capabilities_ == b.capabilities_; }

 private:
  std::vector<Capability> capabilities_;
  std::array<std::uint16_t, action_count + 1> begins_{};  // where those of each action begin
};

// The patterns of a set that messages between components pass: the sender's `send` and the receiver's `receive_from` both have to
// allow it. Without a set, an actor of the program sends to nobody and hears everybody.
struct MessagingGrants {
  std::vector<TargetPattern> send{};
  std::vector<TargetPattern> receive_from{TargetPattern::any()};

  [[nodiscard]] static MessagingGrants of(const CapabilitySet& set);
  [[nodiscard]] bool allows_send(const ComponentAddress& target) const noexcept;
  [[nodiscard]] bool allows_receive(const ComponentAddress& sender) const noexcept;
};

}  // namespace airssys::wasm
