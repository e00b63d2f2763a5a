#include "supervision.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

rt::Strategy strategy_of(RestartStrategy strategy) noexcept {
  switch (strategy) {
    case RestartStrategy::one_for_one: return rt::Strategy::one_for_one;
    case RestartStrategy::one_for_all: return rt::Strategy::one_for_all;
    case RestartStrategy::rest_for_one: return rt::Strategy::rest_for_one;
  }
  return rt::Strategy::one_for_one;
}

}  // namespace

void TreeMember::set_last_error(const Error& error) {
  const std::scoped_lock lock(mutex_);
  last_error_ = error.message();
}

std::string TreeMember::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

Supervision::Supervision(std::vector<SupervisorConfig> ordered) {
  for (SupervisorConfig& config : ordered) {
    HostedSupervisor* parent = config.parent.empty() ? nullptr : find(config.parent);
    all_.push_back(std::make_unique<HostedSupervisor>(std::move(config), parent));
    by_name_.emplace(all_.back()->config.name, all_.back().get());
  }
}

HostedSupervisor* Supervision::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Result<HostedSupervisor*> Supervision::parent_of(const std::string& name, const std::string& place) const {
  if (name.empty() || name == root_supervisor_name) return nullptr;
  if (HostedSupervisor* found = find(name)) return found;
  std::vector<std::string_view> known;
  for (const auto& [other, supervisor] : by_name_) known.push_back(other);
  const std::string_view near = nearest(name, known);
  const std::string advice = near.empty() ? fmt::format(
                                                "add [supervisors.{}] to {} beside the components' folders, or leave the "
                                                "key out for the root",
                                                printable(name, ComponentName::max_bytes), supervisors_file_name)
                                          : fmt::format("did you mean '{}'?", near);
  return fail(Code::invalid_configuration, fmt::format("{}{}this host has no supervisor {}; {}", place, place.empty() ? "" : ": ",
                                                       airssys::quoted(name), advice));
}

Result<rt::Supervisor> Supervision::node(HostedSupervisor* supervisor, rt::ActorSystem& system) {
  if (!supervisor) return system.root();
  if (supervisor->node_) return *supervisor->node_;
  AIRSSYS_TRY(rt::Supervisor above, node(supervisor->parent, system));
  const SupervisorConfig& config = supervisor->config;
  AIRSSYS_TRY(rt::Supervisor made,
              above.spawn_supervisor(
                  {.name = config.name,
                   .strategy = strategy_of(config.strategy),
                   .intensity = {.max_restarts = config.max_restarts, .window = config.restart_window},
                   .exhausted = config.exhausted == WhenExhausted::give_up ? rt::Exhausted::give_up : rt::Exhausted::escalate}));
  supervisor->set_start_number(next_start_number());
  supervisor->set_state(ComponentState::running);
  supervisor->node_ = made;
  return made;
}

SupervisionNode draw_tree(const Supervision& supervision, std::vector<TreePlace> leaves, ComponentState state) {
  for (const auto& supervisor : supervision.all())
    leaves.push_back({supervisor->parent,
                      supervisor->start_number(),
                      {.kind = SupervisionNode::Kind::supervisor,
                       .name = supervisor->config.name,
                       .state = supervisor->state(),
                       .restarts = supervisor->restarts.value(),
                       .strategy = supervisor->config.strategy,
                       .last_error = supervisor->last_error()}});
  std::ranges::stable_sort(leaves, {}, [](const TreePlace& place) { return place.start_number - 1; });  // 0 becomes the last
  std::map<const HostedSupervisor*, std::vector<const TreePlace*>> below;
  for (const TreePlace& place : leaves) below[place.parent].push_back(&place);
  // As deep as max_supervisor_depth.
  const auto fill = [&](const auto& self, SupervisionNode& into, const HostedSupervisor* parent) -> void {
    for (const TreePlace* place : below[parent]) {
      into.children.push_back(place->node);
      if (place->node.kind == SupervisionNode::Kind::supervisor)
        self(self, into.children.back(), supervision.find(place->node.name));
    }
  };
  SupervisionNode root{.kind = SupervisionNode::Kind::supervisor, .name = std::string(root_supervisor_name), .state = state};
  fill(fill, root, nullptr);
  return root;
}

}  // namespace airssys::wasm
