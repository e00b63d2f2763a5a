// The supervisors of a host, and the nodes of the runtime that carry them out.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/metric.h"
#include "airssys/rt/system.h"
#include "airssys/wasm/component/supervisors.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {

// What a component and a supervisor of the tree have in common: where they are, and how they are. Kept until the host is gone.
// Threads: any, except where said.
class TreeMember {
 public:
  TreeMember() = default;
  TreeMember(const TreeMember&) = delete;
  TreeMember& operator=(const TreeMember&) = delete;

  void set_state(ComponentState state) noexcept { state_.store(state, std::memory_order_relaxed); }
  [[nodiscard]] ComponentState state() const noexcept { return state_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool ended() const noexcept { return state() >= ComponentState::given_up; }
  void set_health(ComponentHealth health) noexcept { health_.store(health, std::memory_order_relaxed); }
  [[nodiscard]] ComponentHealth health() const noexcept { return health_.load(std::memory_order_relaxed); }
  void set_last_error(const Error& error);
  // Empty when there was none.
  [[nodiscard]] std::string last_error() const;
  // 0: not started. Later ones are larger.
  void set_start_number(std::uint64_t number) noexcept { start_number_.store(number, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t start_number() const noexcept { return start_number_.load(std::memory_order_relaxed); }

 protected:
  ~TreeMember() = default;

 private:
  std::atomic<ComponentState> state_{ComponentState::added};
  std::atomic<ComponentHealth> health_{ComponentHealth::healthy};
  std::atomic<std::uint64_t> start_number_{0};
  mutable std::mutex mutex_;
  std::string last_error_;  // guarded by mutex_
};

class HostedSupervisor final : public TreeMember {
 public:
  // `parent` null: the root.
  HostedSupervisor(SupervisorConfig made_from, HostedSupervisor* parent_of) : config(std::move(made_from)), parent(parent_of) {}
  [[nodiscard]] bool is_group() const noexcept { return config.strategy != RestartStrategy::one_for_one; }

  const SupervisorConfig config;
  HostedSupervisor* const parent;
  Counter restarts;

 private:
  friend class Supervision;
  std::optional<rt::Supervisor> node_;  // once something was started below it; of who starts
};

// The whole does not change once it is made. Threads: any, except where said.
class Supervision {
 public:
  // `ordered` by order_supervisors.
  explicit Supervision(std::vector<SupervisorConfig> ordered);

  // Null when there is none; the root is none.
  [[nodiscard]] HostedSupervisor* find(std::string_view name) const;
  // As find, for a component's manifest: null for the root, invalid_configuration with its place for a name nobody has.
  [[nodiscard]] Result<HostedSupervisor*> parent_of(const std::string& name, const std::string& place) const;
  // The node to spawn below. It and those above it are spawned with their first child, so that stopping, which goes in
  // reverse order of start, meets them in the order in which components were started. By the thread that starts.
  [[nodiscard]] Result<rt::Supervisor> node(HostedSupervisor* supervisor, rt::ActorSystem& system);
  // Parents before their children.
  [[nodiscard]] const std::vector<std::unique_ptr<HostedSupervisor>>& all() const noexcept { return all_; }
  [[nodiscard]] std::uint64_t next_start_number() noexcept { return ++started_; }

 private:
  std::vector<std::unique_ptr<HostedSupervisor>> all_;
  std::map<std::string, HostedSupervisor*, std::less<>> by_name_;
  std::uint64_t started_ = 0;
};

// A child of the tree to be drawn, and below whom.
struct TreePlace {
  const HostedSupervisor* parent;
  std::uint64_t start_number;
  SupervisionNode node;
};
// The root, which is in that state, with all supervisors and `leaves` below it.
[[nodiscard]] SupervisionNode draw_tree(const Supervision& supervision, std::vector<TreePlace> leaves, ComponentState state);

}  // namespace airssys::wasm
