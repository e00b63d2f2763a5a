// What a supervisor does about failures that concern more than one child: groups, escalation, giving up. Every function here
// runs with the tree's lock held, and never waits: what it asks for, children report.
//
// A restart of a group: mark_group() marks whom it takes, halt_next() takes them down from the youngest, all_are_down() waits
// for the backoff, start_next() brings them up from the oldest. A new failure on the way marks again and begins again with
// halting; whoever is down already stays down. An escalation, and an order from above, halt all children by the same steps
// and then leave them down until the order to run.
#include <algorithm>

#include "cell_details.h"
#include "supervisor_node.h"

namespace airssys::rt {

using Kind = SupervisionEvent::Kind;

bool is_failure(RestartPolicy policy, ExitKind exit, ErrorAction action) noexcept {
  if (action == ErrorAction::restart || action == ErrorAction::escalate || policy == RestartPolicy::permanent) return true;
  return policy == RestartPolicy::transient && exit != ExitKind::normal && exit != ExitKind::shutdown;
}

std::optional<Duration> next_restart(const RestartIntensity& intensity, const Backoff& backoff, Instant now,
                                     std::vector<Instant>& history) {
  std::erase_if(history, [&](Instant then) { return now - then >= intensity.window; });
  if (history.size() >= intensity.max_restarts) return std::nullopt;
  const Duration delay = backoff.before_restart(static_cast<std::uint32_t>(history.size()));
  history.push_back(now);
  return delay;
}

Duration Backoff::before_restart(std::uint32_t restarts_in_window) const noexcept {
  if (restarts_in_window == 0) return Duration::zero();
  Duration delay = base;
  for (std::uint32_t n = 1; n < restarts_in_window && delay < cap; ++n) delay = delay > cap / 2 ? cap : delay * 2;
  return std::min(delay, cap);
}

// --- what children report

Verdict SupervisorNode::decide(Cell& cell, const Failure& failure) noexcept {
  const Work work(*core_);
  return decide_for(cell, failure);
}

Verdict SupervisorNode::decide_for(Member& member, const Failure& failure) noexcept {
  if (stopping_ || member.fate == Fate::end) return {Verdict::What::end};
  if (member.fate == Fate::restart && (stage_ == Stage::halting || stage_ == Stage::waiting)) {  // part of the same restart
    note_down(member);
    return {Verdict::What::hold, {}, then_ == Then::restart ? RestartCause::sibling : RestartCause::supervisor};
  }
  std::optional<Duration> delay;
  if (!failure.exhausted) {  // one for one only a supervisor gets here, cells count for themselves
    auto& failures = is_one_for_one() ? static_cast<SupervisorNode&>(member).failures_ : history_;
    delay = next_restart(options_.intensity, options_.backoff, core_->executor.platform().now(), failures);
  }
  if (!delay) return escalates() ? begin_escalation(member, failure.error) : give_up(member, failure.error);
  if (!is_one_for_one()) return restart_group(member, *delay);
  member.order.store(Order::run, std::memory_order_relaxed);
  static_cast<SupervisorNode&>(member).order_run(*delay);
  return {Verdict::What::hold, *delay};
}

void SupervisorNode::settle_down(Cell& cell) noexcept {
  const Work work(*core_);
  if (cell.order.load(std::memory_order_relaxed) != Order::run) note_down(cell);  // else it has been told to come up meanwhile
}

void SupervisorNode::settle_up(Cell& cell) noexcept {
  const Work work(*core_);
  note_up(cell);
}

void SupervisorNode::note_down(Member& member) noexcept {
  member.is_down = true;
  poke();
}

void SupervisorNode::note_up(Member& member) noexcept {
  if (member.order.load(std::memory_order_relaxed) != Order::run) return;  // it has been told to go down meanwhile
  member.fate = Fate::stay;
  poke();
}

// --- who is taken

// Gives `from` and those that are younger (null: all children) that fate, unless one has it already: who is down stays down,
// who is new and has not started waits for it. Temporary ones end.
void SupervisorNode::mark(Member* from, Fate wanted) noexcept {
  const std::scoped_lock lock(mutex_);
  for (Member* member = from ? from : first_; member; member = member->next) {
    const bool is_up = member->fate == Fate::stay || (!member->is_down && member->order == Order::run);
    if (member->fate == Fate::end || (wanted == Fate::restart && !is_up)) continue;
    const bool temporary = !member->is_supervisor && static_cast<Cell*>(member)->is_temporary();
    member->fate = temporary ? Fate::end : wanted;
  }
}

void SupervisorNode::begin_halting(Then then) noexcept {
  disarm();
  then_ = then;
  {
    const std::scoped_lock lock(mutex_);
    stage_ = Stage::halting;
    cursor_ = last_;
  }
  poke();
}

// The failed child and whom the strategy takes with it.
void SupervisorNode::mark_group(Member& failed, Fate wanted) noexcept {
  failed.is_down = true;
  failed.fate = wanted;  // also of a temporary one that asks for a restart
  if (!is_one_for_one()) mark(options_.strategy == Strategy::rest_for_one ? &failed : nullptr, wanted);
}

Verdict SupervisorNode::restart_group(Member& failed, Duration delay) noexcept {
  mark_group(failed, Fate::restart);
  due_ = later(core_->executor.platform().now(), delay);
  begin_halting(Then::restart);
  return {Verdict::What::hold, delay};
}

Verdict SupervisorNode::begin_escalation(Member& failed, const Error* error) noexcept {
  tell(Kind::escalated, error);
  error_ = error ? std::optional<Error>(*error) : std::nullopt;
  ordered_ = false;
  failed.is_down = true;
  failed.fate = Fate::restart;
  mark(nullptr, Fate::restart);
  begin_halting(Then::escalate);
  return {Verdict::What::hold, {}, RestartCause::supervisor};
}

// The failed child ends by itself, or here when it is a supervisor; the others are asked to, as when halting.
Verdict SupervisorNode::give_up(Member& failed, const Error* error) noexcept {
  mark_group(failed, Fate::end);
  failed.order.store(Order::end, std::memory_order_relaxed);
  if (failed.is_supervisor) static_cast<SupervisorNode&>(failed).be_given_up(error);
  if (!is_one_for_one()) {
    due_ = {};
    begin_halting(Then::restart);
  }
  return {Verdict::What::give_up};
}

void SupervisorNode::be_given_up(const Error* error) noexcept {
  given_up_ = true;
  core_->gave_up.add();
  tell(Kind::gave_up, error);
  begin_stop();
}

// --- going on

void SupervisorNode::step() noexcept {
  if (ended_) return;
  if (stopping_) return stop_youngest();
  if (stage_ == Stage::halting) return halt_next();
  if (stage_ == Stage::starting) return start_next();
}

void SupervisorNode::halt_next() noexcept {
  SupervisorNode* node = nullptr;
  bool told = false;  // somebody; once the lock is let go, it may have ended and moved the cursor
  {
    const std::scoped_lock lock(mutex_);
    const auto is_settled = [](const Member& member) {
      return member.fate == Fate::stay || (member.fate == Fate::restart && member.is_down);
    };
    while (cursor_ && is_settled(*cursor_)) cursor_ = cursor_->previous;
    if (cursor_) {
      told = true;
      const bool ends = cursor_->fate == Fate::end;
      if (ends ? cursor_->order == Order::end : cursor_->order != Order::run) return;  // it has been told
      cursor_->order = ends ? Order::end : then_ == Then::restart ? Order::halt_with_sibling : Order::halt_with_supervisor;
      if (cursor_->is_supervisor)
        node = static_cast<SupervisorNode*>(cursor_);
      else if (ends)
        static_cast<Cell*>(cursor_)->stop();
      else
        static_cast<Cell*>(cursor_)->look_at_order();
    }
  }
  if (!told) return all_are_down();
  if (!node) return;
  if (node->fate == Fate::end)
    node->begin_stop();
  else
    node->order_halt();
}

void SupervisorNode::all_are_down() noexcept {
  if (then_ == Then::restart) {
    if (due_ <= core_->executor.platform().now()) return begin_starting();
    return begin_waiting();
  }
  {
    const std::scoped_lock lock(mutex_);
    stage_ = Stage::down;
  }
  SupervisorNode& above = *supervisor;  // the root never gets here
  Verdict verdict{Verdict::What::hold, {}, above.then_ == Then::restart ? RestartCause::sibling : RestartCause::supervisor};
  if (then_ == Then::obey)
    above.note_down(*this);
  else
    verdict = above.decide_for(*this, {.exhausted = false, .error = error_ ? &*error_ : nullptr});
  if (verdict.what != Verdict::What::hold) return;
  restarts_.fetch_add(1, std::memory_order_relaxed);
  tell(Kind::restarting, nullptr, verdict.delay, verdict.cause);
}

void SupervisorNode::begin_waiting() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    stage_ = Stage::waiting;
  }
  timer_ = core_->executor.post_at(due_, [node = Ref<SupervisorNode>::share(*this)] { node->on_timer(); });
}

void SupervisorNode::on_timer() noexcept {
  const Work work(*core_);
  if (stopping_ || stage_ != Stage::waiting || core_->executor.platform().now() < due_) return;  // too late to cancel
  timer_ = {};
  begin_starting();
}

void SupervisorNode::disarm() noexcept {
  if (!timer_) return;
  core_->executor.cancel(*timer_);
  timer_ = {};
}

void SupervisorNode::begin_starting() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    stage_ = Stage::starting;
    cursor_ = first_;
  }
  poke();
}

void SupervisorNode::start_next() noexcept {
  SupervisorNode* node = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    while (cursor_ && cursor_->fate == Fate::stay) cursor_ = cursor_->next;
    if (!cursor_) {
      stage_ = Stage::calm;
    } else {
      if (cursor_->fate != Fate::restart || !cursor_->is_down) return;  // it is starting, ending, or still new
      cursor_->is_down = false;
      cursor_->order = Order::run;
      if (cursor_->is_supervisor)
        node = static_cast<SupervisorNode*>(cursor_);
      else
        static_cast<Cell*>(cursor_)->look_at_order();
    }
  }
  if (node) {
    node->failures_.clear();
    node->order_run(Duration::zero());
  } else if (stage_ == Stage::calm && ordered_) {
    ordered_ = false;
    tell(Kind::started);
    supervisor->note_up(*this);
  }
}

// --- orders from above

void SupervisorNode::order_halt() noexcept {
  if (stopping_) return;
  ordered_ = false;
  mark(nullptr, Fate::restart);
  begin_halting(Then::obey);
}

// All children are down.
void SupervisorNode::order_run(Duration delay) noexcept {
  if (stopping_) return;
  history_.clear();
  ordered_ = true;
  due_ = later(core_->executor.platform().now(), delay);
  if (delay > Duration::zero())
    begin_waiting();
  else
    begin_starting();
}

}  // namespace airssys::rt
