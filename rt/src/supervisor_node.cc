// The list of a node's children: joining, leaving, the order of stopping, the view. Restarts are in group_restart.cc.
#include "supervisor_node.h"

#include <fmt/format.h>

#include <algorithm>

namespace airssys::rt {
namespace {

Ref<Cell> share_cell(Member& member) noexcept { return Ref<Cell>::share(static_cast<Cell&>(member)); }
Ref<SupervisorNode> share_node(Member& member) noexcept {
  return Ref<SupervisorNode>::share(static_cast<SupervisorNode&>(member));
}

}  // namespace

SupervisorNode::SupervisorNode(SystemCore& core, SupervisorOptions options)
    : core_(Ref<SystemCore>::share(core)),
      options_(std::move(options)) {
  is_supervisor = true;
}

// --- the tree's lock

SupervisorNode::Work::Work(SystemCore& core) : core_(Ref<SystemCore>::share(core)), lock_(core.tree.mutex) {}

SupervisorNode::Work::~Work() {
  SupervisionTree& tree = core_->tree;
  while (!tree.todo.empty()) {
    const Ref<SupervisorNode> node = std::move(tree.todo.back());
    tree.todo.pop_back();
    node->step();
  }
  if (tree.telling) return;  // who does tells these as well
  tree.telling = true;
  while (!tree.events.empty()) {
    SupervisionTree::Telling telling = std::move(tree.events.front());
    tree.events.pop_front();
    lock_.unlock();
    telling.event.name = telling.name;
    telling.event.supervisor = telling.supervisor;
    telling.event.error = telling.error ? &*telling.error : nullptr;
    core_->tell(telling.event.kind, [&] { return telling.event; });
    lock_.lock();
  }
  tree.telling = false;
  tree.told.notify_all();
}

void SupervisorNode::poke() noexcept { core_->tree.todo.push_back(Ref<SupervisorNode>::share(*this)); }

void SupervisorNode::tell(SupervisionEvent::Kind kind, const Error* error, Duration delay, RestartCause cause) noexcept {
  if (!supervisor || !core_->wants(kind)) return;  // the root has no story
  core_->tree.events.push_back(
      {.event = {.kind = kind, .actor = {}, .name = {}, .supervisor = {}, .restarts = restarts_, .delay = delay, .cause = cause},
       .name = options_.name,
       .supervisor = supervisor->options().name,
       .error = error ? std::optional<Error>(*error) : std::nullopt});
}

// --- the list

// A child that comes while something is going on waits, down, for its turn as the youngest.
Result<> SupervisorNode::link(Member& member) {
  if (stopping_) return fail(Code::unavailable, fmt::format("supervisor '{}' is stopping and starts nothing", options_.name));
  member.supervisor = this;
  if (stage_ != Stage::calm) {
    member.fate = Fate::restart;
    member.order.store(Order::halt_with_sibling, std::memory_order_relaxed);
  }
  member.previous = last_;
  (last_ ? last_->next : first_) = &member;
  last_ = &member;
  ++count_;
  return {};
}

Result<> SupervisorNode::add(Cell& cell) {
  const std::scoped_lock lock(mutex_);
  AIRSSYS_TRY_VOID(link(cell));
  cell.add_ref();
  if (cell.fate != Fate::stay) cell.look_at_order();  // in its first turn
  return {};
}

Result<> SupervisorNode::add(SupervisorNode& node) {
  const Work work(*core_);
  {
    const std::scoped_lock lock(mutex_);
    AIRSSYS_TRY_VOID(link(node));
  }
  node.add_ref();
  if (node.fate == Fate::stay) {
    node.tell(SupervisionEvent::Kind::started);
  } else {
    node.is_down = true;
    node.stage_ = Stage::down;  // nobody else knows it yet
    poke();
  }
  return {};
}

void SupervisorNode::unlink(Member& member) noexcept {
  if (cursor_ == &member) cursor_ = stage_ == Stage::starting ? member.next : member.previous;
  (member.previous ? member.previous->next : first_) = member.next;
  (member.next ? member.next->previous : last_) = member.previous;
  --count_;
}

void SupervisorNode::remove(Cell& cell) noexcept {
  const Ref<SupervisorNode> self = Ref<SupervisorNode>::share(*this);  // its own end may follow
  {
    const std::scoped_lock lock(mutex_);
    unlink(cell);
    if (!stopping_ && stage_ == Stage::calm) return;
  }
  const Work work(*core_);
  poke();
}

// --- stopping

void SupervisorNode::stop() noexcept {
  const Work work(*core_);
  begin_stop();
}

void SupervisorNode::begin_stop() noexcept {
  if (stopping_) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  ordered_ = false;
  disarm();
  poke();
}

// Asks the youngest child to stop; repeated for each child that ends, so that they go in reverse start order, one by one.
void SupervisorNode::stop_youngest() noexcept {
  SupervisorNode* node = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (!last_) {
      ended_ = true;
    } else if (last_->order != Order::end) {
      last_->order = Order::end;
      if (!last_->is_supervisor)
        static_cast<Cell&>(*last_).stop();
      else
        node = static_cast<SupervisorNode*>(last_);
    }
  }
  if (node) return node->begin_stop();
  if (!ended_ || !supervisor) return;
  if (!given_up_) tell(SupervisionEvent::Kind::stopped);
  SupervisorNode& above = *supervisor;
  {
    const std::scoped_lock lock(above.mutex_);
    above.unlink(*this);
  }
  above.poke();
  release_ref();  // the list's; who steps has one more
}

void SupervisorNode::kill() noexcept {
  const Work work(*core_);
  kill_all();
}

void SupervisorNode::kill_all() noexcept {
  begin_stop();
  std::vector<SupervisorNode*> nodes;  // none goes while the tree is locked
  {
    const std::scoped_lock lock(mutex_);
    for (Member* member = first_; member; member = member->next)
      if (member->is_supervisor)
        nodes.push_back(static_cast<SupervisorNode*>(member));
      else
        static_cast<Cell*>(member)->kill();
  }
  for (SupervisorNode* const node : nodes) node->kill_all();
}

// --- looking

template <class OnCell, class OnNode>
void SupervisorNode::each(OnCell on_cell, OnNode on_node) const {
  std::vector<std::pair<Ref<Cell>, Ref<SupervisorNode>>> members;  // one of each pair
  {
    const std::scoped_lock lock(mutex_);
    members.reserve(count_);
    for (Member* member = first_; member; member = member->next)
      if (member->is_supervisor)
        members.emplace_back(Ref<Cell>(), share_node(*member));
      else
        members.emplace_back(share_cell(*member), Ref<SupervisorNode>());
  }
  for (const auto& [cell, node] : members)
    if (cell)
      on_cell(*cell);
    else
      on_node(*node);
}

void SupervisorNode::list_living(std::vector<Unstopped>& into) const {
  each([&](Cell& cell) { into.push_back({.actor = cell.id(), .name = std::string(cell.name())}); },
       [&](SupervisorNode& node) { node.list_living(into); });
}

ChildState SupervisorNode::state() const noexcept {
  if (stopping_) return ChildState::stopping;
  return stage_ == Stage::calm ? ChildState::running : ChildState::restarting;
}

TreeView SupervisorNode::view() const {
  TreeView view{.name = options_.name, .actor = {}, .restarts = restarts_, .strategy = options_.strategy};
  {
    const std::scoped_lock lock(mutex_);
    view.state = state();
  }
  each(
      [&](Cell& cell) {
        view.children.push_back(
            {.name = std::string(cell.name()), .actor = cell.id(), .state = cell.state(), .restarts = cell.stats().restarts});
      },
      [&](SupervisorNode& node) { view.children.push_back(node.view()); });
  return view;
}

bool SupervisorNode::ended() const noexcept {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

std::size_t SupervisorNode::children() const noexcept {
  const std::scoped_lock lock(mutex_);
  return count_;
}

}  // namespace airssys::rt
