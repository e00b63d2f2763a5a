// What a cell does about the end of its object, about orders of its supervisor, and about its health. Within its turn.
#include <fmt/format.h>

#include "airssys/rt/cell.h"
#include "airssys/rt/context.h"
#include "cell_details.h"
#include "guarded.h"
#include "supervisor_node.h"
#include "system_core.h"

namespace airssys::rt {

using Kind = SupervisionEvent::Kind;

// The object is done with, for whatever reason: destroys it and does what the policies say.
Cell::Step Cell::object_over(Context& context, ExitReason reason, ErrorAction action) noexcept {
  destroy_object(context, reason);
  const Error* const error = reason.error ? &*reason.error : nullptr;
  if (error) {
    core_->crashes.add();
    emit(Kind::crashed, error);
  }
  const Kind over = reason.kind == ExitKind::killed ? Kind::killed : Kind::stopped;
  if (stop_requested_) return end(over, reason);
  const Details* const given = details_.load(std::memory_order_relaxed);
  const bool replaceable = given && given->factory;
  const RestartPolicy policy = replaceable ? given->restart : RestartPolicy::temporary;
  if (halting_) {  // whatever ended it, a failure now is part of the restart under way
    const bool comes_back = replaceable && (reason.kind == ExitKind::shutdown || is_failure(policy, reason.kind, action));
    return comes_back ? halted(reason) : end(over, reason);
  }
  if (action != ErrorAction::escalate && !(replaceable && is_failure(policy, reason.kind, action))) return end(over, reason);

  const bool escalating = action == ErrorAction::escalate;
  Verdict verdict{Verdict::What::give_up};
  if (supervisor->is_one_for_one() && !escalating) {
    Details& mine = details();
    if (const auto delay = next_restart(mine.intensity, mine.backoff, context.now(), mine.history))
      verdict = {Verdict::What::restart, *delay};
  }
  if (verdict.what == Verdict::What::give_up && (!supervisor->is_one_for_one() || supervisor->escalates()))
    verdict = supervisor->decide(*this, {.exhausted = escalating || supervisor->is_one_for_one(), .error = error});
  // One that nobody can or may make again has set its siblings in motion, and is not there when they come back.
  if (verdict.what == Verdict::What::hold && (!replaceable || (escalating && policy == RestartPolicy::temporary)))
    verdict.what = Verdict::What::give_up;

  switch (verdict.what) {
    case Verdict::What::end: return end(over, reason);
    case Verdict::What::give_up: core_->gave_up.add(); return end(Kind::gave_up, reason);
    case Verdict::What::restart: break;
    case Verdict::What::hold: note_restart(reason, verdict.delay, verdict.cause); return hold();
  }
  note_restart(reason, verdict.delay, RestartCause::failure);
  if (verdict.delay == Duration::zero()) {
    phase_ = Phase::unborn;  // the turn goes on with it; no recursion however often it fails
    return Step::go_on;
  }
  phase_ = Phase::asleep;
  suspend();
  arm_timer(later(context.now(), verdict.delay));
  return Step::rest;
}

void Cell::note_restart(const ExitReason& reason, Duration delay, RestartCause cause) noexcept {
  core_->restarts.add();
  details().restarts.fetch_add(1, std::memory_order_relaxed);
  core_->tell(Kind::restarting, [&] {
    SupervisionEvent restarting = event(Kind::restarting, reason.error ? &*reason.error : nullptr);
    restarting.delay = delay;
    restarting.cause = cause;
    restarting.exit = reason.kind;
    return restarting;
  });
}

// --- orders

Cell::Step Cell::on_order(Context& context) noexcept {
  const Order wanted = order.load(std::memory_order_acquire);
  if (stop_requested_ || wanted == Order::end) return Step::go_on;  // a stop is there, or follows
  if (wanted != Order::run) {
    if (!halting_ && phase_ != Phase::held) return begin_halt(context);
    if (phase_ == Phase::held) supervisor->settle_down(*this);  // an order to run was withdrawn before it was seen
    return Step::go_on;
  }
  if (phase_ != Phase::held) return Step::go_on;
  unpark();
  if (Details* const mine = details_.load(std::memory_order_relaxed)) mine->history.clear();
  reports_start_ = true;
  return begin_start(context);
}

// The object goes, between two messages or with the one in hand; the cell stays.
Cell::Step Cell::begin_halt(Context& context) noexcept {
  const ExitReason reason{.kind = ExitKind::shutdown};
  const ShutdownPolicy policy = shutdown_policy();
  halting_ = true;
  switch (phase_) {
    case Phase::unborn:
    case Phase::asleep: return settle_down();
    case Phase::starting:
    case Phase::pre_starting: return object_over(context, reason, ErrorAction::stop);  // abandoned
    case Phase::blocked: unpark(); [[fallthrough]];
    case Phase::ready:
      if (policy.kind == ShutdownPolicy::Kind::immediate) break;
      began_ = context.now();
      return begin_stop(context, reason);
    case Phase::parked:
      if (policy.kind == ShutdownPolicy::Kind::immediate) break;
      began_ = context.now();
      if (policy.kind == ShutdownPolicy::Kind::graceful) arm_timer(later(began_, policy.grace));
      return Step::go_on;
    default: return Step::go_on;  // stopping: on its way
  }
  return object_over(context, {.kind = ExitKind::killed}, ErrorAction::stop);
}

Cell::Step Cell::halted(const ExitReason& reason) noexcept {
  const bool by_sibling = order.load(std::memory_order_relaxed) == Order::halt_with_sibling;
  if (ever_started_) note_restart(reason, {}, by_sibling ? RestartCause::sibling : RestartCause::supervisor);
  return settle_down();
}

Cell::Step Cell::settle_down() noexcept {
  const Step step = hold();
  supervisor->settle_down(*this);
  return step;
}

// Waits for the order to run.
Cell::Step Cell::hold() noexcept {
  unpark();
  disarm_timer();
  halting_ = reports_start_ = false;
  phase_ = Phase::held;
  suspend();
  return Step::rest;
}

// --- health

void Cell::start_health() noexcept {
  Details* const mine = details_.load(std::memory_order_relaxed);
  if (!mine || !mine->health) return;
  Details::HealthLoop& loop = *mine->health;
  loop.failures = 0;
  loop.is_bad = false;
  if (loop.timer) return;  // goes on over restarts
  Platform& platform = core_->executor.platform();
  const auto interval = static_cast<std::uint64_t>(loop.policy.interval.count());
  loop.due = later(platform.now(), Duration(1 + platform.random() % interval));
  arm_health();
}

void Cell::arm_health() noexcept {
  Details::HealthLoop& loop = *details().health;
  loop.timer = core_->executor.post_at(loop.due, [cell = Ref<Cell>::share(*this)] { cell->signal(health_bit); });
}

void Cell::stop_health() noexcept {
  Details* const mine = details_.load(std::memory_order_relaxed);
  if (!mine || !mine->health || !mine->health->timer) return;
  core_->executor.cancel(*mine->health->timer);
  mine->health->timer = {};
}

// A check is due. The next one is armed whatever comes of it.
Cell::Step Cell::on_health(Context& context) noexcept {
  Details::HealthLoop& loop = *details().health;
  const Instant due = loop.due;
  const Duration late = context.now() - due;
  loop.due = later(due, loop.policy.interval * (1 + late / loop.policy.interval));
  loop.asked = due;
  arm_health();
  if (stop_requested_ || halting_) return Step::go_on;
  if (late > loop.policy.timeout) return take_late_health(context, late, false);
  if (phase_ == Phase::parked && asking_health_) return take_health(context, Failed{"the check before has no answer yet"}, 1);
  if (phase_ != Phase::ready) return Step::go_on;
  return object_->as_child() ? poll_health(context) : take_health(context, Healthy{}, 1);
}

// Asks, or goes on with asking when that has parked.
Cell::Step Cell::poll_health(Context& context) noexcept {
  std::optional<Health> answer;
  auto result = guarded([&] { return object_->as_child()->ask_health(context, answer); });
  if (!context.crash_ && result && *result == Turn::parked) {
    if (auto parked = park()) {
      phase_ = Phase::parked;
      asking_health_ = true;
      const Step step = answer ? take_health(context, *answer, 1) : Step::go_on;
      return step == Step::go_on && phase_ == Phase::parked ? Step::rest : step;
    } else {
      result = std::unexpected(std::move(parked).error());
    }
  }
  const bool had_parked = std::exchange(asking_health_, false);
  end_epoch();
  phase_ = Phase::ready;
  if (context.crash_) return failed(context, *std::exchange(context.crash_, std::nullopt));
  if (!result || !answer) answer = Failed{result ? "no answer" : result.error().message()};
  Step step = Step::go_on;
  if (const Duration late = context.now() - details().health->asked; late > details().health->policy.timeout)
    step = take_late_health(context, late, had_parked);
  else
    step = take_health(context, *answer, 1);
  return step == Step::go_on && phase_ == Phase::ready ? exit_if_requested(context) : step;
}

// Each check that could not be made, or not in time, has failed; of one that parked those meanwhile were counted when due.
Cell::Step Cell::take_late_health(Context& context, Duration late, bool only_this) noexcept {
  const HealthPolicy& policy = details().health->policy;
  if (phase_ != Phase::ready && phase_ != Phase::parked) return Step::go_on;
  const auto missed = std::min<Duration::rep>(1 + (late - policy.timeout) / policy.interval, 1u << 30);
  return take_health(context,
                     Failed{fmt::format("no answer within {} ms, but after {} ms", policy.timeout / std::chrono::milliseconds(1),
                                        late / std::chrono::milliseconds(1))},
                     only_this ? 1 : static_cast<std::uint32_t>(missed));
}

Cell::Step Cell::take_health(Context& context, const Health& health, std::uint32_t checks) noexcept {
  Details::HealthLoop& loop = *details().health;
  const bool was_bad = std::exchange(loop.is_bad, !std::holds_alternative<Healthy>(health));
  if (const auto* const degraded = std::get_if<Degraded>(&health)) {
    const Error error(Code::unavailable, fmt::format("health: degraded: {}", degraded->reason));
    emit(Kind::degraded, &error);
    return Step::go_on;
  }
  const auto* const failed = std::get_if<Failed>(&health);
  if (!failed) {
    loop.failures = 0;
    if (was_bad) emit(Kind::healthy, nullptr);
    return Step::go_on;
  }
  loop.failures += checks;
  Error error(Code::unavailable,
              fmt::format("health: check {} of {} failed: {}", loop.failures, loop.policy.failures, failed->reason));
  emit(Kind::unhealthy, &error);
  if (loop.failures < loop.policy.failures) return Step::go_on;
  return object_over(context, {ExitKind::error, std::move(error)}, ErrorAction::stop);
}

// --- glances from outside

bool Cell::is_temporary() const noexcept {
  const Details* const details = details_.load(std::memory_order_acquire);
  return !details || details->restart == RestartPolicy::temporary;
}

ChildState Cell::state() const noexcept {
  switch (phase_) {
    case Phase::unborn:
    case Phase::starting:
    case Phase::pre_starting: return stats().restarts == 0 ? ChildState::starting : ChildState::restarting;
    case Phase::ready: return ChildState::running;
    case Phase::parked:
    case Phase::blocked: return ChildState::parked;
    case Phase::asleep:
    case Phase::held: return ChildState::restarting;
    case Phase::stopping:
    case Phase::closing: return ChildState::stopping;
  }
  return ChildState::running;
}

}  // namespace airssys::rt
