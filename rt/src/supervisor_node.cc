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

RestartAnswer answer(const RestartQuestion& question, std::vector<Instant>& history) {
  using What = RestartAnswer::What;
  if (question.action == ErrorAction::escalate) return {What::give_up};
  const bool failure = question.exit != ExitKind::normal && question.exit != ExitKind::shutdown;
  const bool wanted = question.action == ErrorAction::restart || question.policy == RestartPolicy::permanent ||
                      (question.policy == RestartPolicy::transient && failure);
  if (!wanted) return {What::end};
  std::erase_if(history, [&](Instant then) { return question.now - then >= question.intensity.window; });
  if (history.size() >= question.intensity.max_restarts) return {What::give_up};
  const Duration delay = question.backoff.before_restart(static_cast<std::uint32_t>(history.size()));
  history.push_back(question.now);
  return {What::restart, delay};
}

Duration Backoff::before_restart(std::uint32_t restarts_in_window) const noexcept {
  if (restarts_in_window == 0) return Duration::zero();
  Duration delay = base;
  for (std::uint32_t n = 1; n < restarts_in_window && delay < cap; ++n) delay = delay > cap / 2 ? cap : delay * 2;
  return std::min(delay, cap);
}

SupervisorNode::SupervisorNode(SystemCore& core, SupervisorOptions options)
    : core_(Ref<SystemCore>::share(core)),
      options_(std::move(options)) {
  is_supervisor = true;
}

Result<> SupervisorNode::link(Member& member) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return fail(Code::unavailable, fmt::format("supervisor '{}' is stopping and starts nothing", options_.name));
  member.supervisor = this;
  member.previous = last_;
  (last_ ? last_->next : first_) = &member;
  last_ = &member;
  ++count_;
  return {};
}

Result<> SupervisorNode::add(Cell& cell) {
  AIRSSYS_TRY_VOID(link(cell));
  cell.add_ref();
  return {};
}

Result<> SupervisorNode::add(SupervisorNode& node) {
  AIRSSYS_TRY_VOID(link(node));
  node.add_ref();
  return {};
}

void SupervisorNode::unlink(Member& member) noexcept {
  const std::scoped_lock lock(mutex_);
  (member.previous ? member.previous->next : first_) = member.next;
  (member.next ? member.next->previous : last_) = member.previous;
  --count_;
}

void SupervisorNode::remove(Cell& cell) noexcept {
  const Ref<SupervisorNode> self = Ref<SupervisorNode>::share(*this);  // its own end may follow
  unlink(cell);
  stop_last();
}

void SupervisorNode::stop() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  stop_last();
}

// Asks the youngest child to stop; repeated for each child that ends, so that they go in reverse start order, one by one.
void SupervisorNode::stop_last() noexcept {
  Ref<Cell> cell;
  Ref<SupervisorNode> node;
  {
    const std::scoped_lock lock(mutex_);
    if (!stopping_ || ended_) return;
    if (!last_)
      ended_ = true;
    else if (last_->is_supervisor)
      node = share_node(*last_);
    else
      cell = share_cell(*last_);
  }
  if (cell) return cell->stop();
  if (node) return node->stop();
  if (!supervisor) return;  // the root
  const Ref<SupervisorNode> above = Ref<SupervisorNode>::share(*supervisor);  // unlinking may let it end elsewhere
  above->unlink(*this);
  above->stop_last();
  release_ref();  // the list's
}

template <class OnCell, class OnNode>
void SupervisorNode::each(OnCell on_cell, OnNode on_node) const {
  std::vector<Ref<Cell>> cells;
  std::vector<Ref<SupervisorNode>> nodes;
  {
    const std::scoped_lock lock(mutex_);
    for (Member* member = first_; member; member = member->next)
      if (member->is_supervisor)
        nodes.push_back(share_node(*member));
      else
        cells.push_back(share_cell(*member));
  }
  for (const auto& cell : cells) on_cell(*cell);
  for (const auto& node : nodes) on_node(*node);
}

void SupervisorNode::kill() noexcept {
  stop();
  each([](Cell& cell) { cell.kill(); }, [](SupervisorNode& node) { node.kill(); });
}

void SupervisorNode::list_living(std::vector<Unstopped>& into) const {
  each([&](Cell& cell) { into.push_back({.actor = cell.id(), .name = std::string(cell.name())}); },
       [&](SupervisorNode& node) { node.list_living(into); });
}

bool SupervisorNode::locked_ended() const noexcept {
  const std::scoped_lock lock(mutex_);
  return ended_;
}

std::size_t SupervisorNode::children() const noexcept {
  const std::scoped_lock lock(mutex_);
  return count_;
}

}  // namespace airssys::rt
