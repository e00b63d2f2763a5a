// The life of an actor's objects in their cell: start, crash, restart, stop, end. Every function runs within a turn.
#include <fmt/format.h>

#include "airssys/base/assert.h"
#include "airssys/rt/cell.h"
#include "airssys/rt/context.h"
#include "cell_details.h"
#include "guarded.h"
#include "supervisor_node.h"
#include "system_core.h"

namespace airssys::rt {
using Kind = SupervisionEvent::Kind;

// One signal, or else what the phase demands.
Cell::Step Cell::advance(Context& context) noexcept {
  signalled_.store(false, std::memory_order_relaxed);
  if (const Word bit = take_signal(); bit != 0) return on_signal(bit, context);
  if (suspended_) return Step::rest;
  if (phase_ == Phase::unborn) return begin_start(context);
  if (phase_ == Phase::closing) return discard_rest();
  return phase_ == Phase::ready ? run_notices(context) : Step::go_on;
}

// The most urgent, or 0. The others stay.
Cell::Word Cell::take_signal() noexcept {
  const Word found = word().fetch_and(~signals, std::memory_order_acq_rel) & signals;
  if (found == 0) return 0;
  for (const Word bit : {kill_bit, stop_bit, supervise_bit, timer_bit, wake_bit, health_bit, notice_bit}) {
    if ((found & bit) == 0) continue;
    if (const Word others = found & ~bit; others != 0) {
      word().fetch_or(others, std::memory_order_acq_rel);
      signalled_.store(true, std::memory_order_relaxed);
    }
    return bit;
  }
  return 0;
}

Cell::Step Cell::on_signal(Word bit, Context& context) noexcept {
  if (phase_ == Phase::closing) return Step::go_on;
  switch (bit) {
    case kill_bit: return on_kill(context);
    case stop_bit: return stop_requested_ ? Step::go_on : on_stop(context);
    case supervise_bit: return on_order(context);
    case timer_bit: return on_timer(context);
    case wake_bit:
      return suspended_ && phase_ != Phase::asleep && phase_ != Phase::held && phase_ != Phase::blocked ? poll(context)
                                                                                                        : Step::go_on;
    case health_bit: return on_health(context);
    default:  // otherwise later, they are not forgotten
      if (phase_ == Phase::blocked) return look_for_room(context);
      return phase_ == Phase::ready ? run_notices(context) : Step::go_on;
  }
}

Cell::Step Cell::on_kill(Context& context) noexcept {
  stop_requested_ = true;
  const ExitReason reason{.kind = ExitKind::killed};
  destroy_object(context, reason);
  return end(Kind::killed, reason);
}

Cell::Step Cell::on_stop(Context& context) noexcept {
  const ShutdownPolicy policy = shutdown_policy();
  if (policy.kind == ShutdownPolicy::Kind::immediate) return on_kill(context);
  stop_requested_ = true;
  halting_ = false;
  mailbox_.close();
  const bool to_start = phase_ == Phase::unborn || phase_ == Phase::starting || phase_ == Phase::pre_starting;
  if (to_start && !mailbox_.drained()) return Step::go_on;  // it starts, and handles what it has accepted
  if (phase_ != Phase::ready && phase_ != Phase::parked && phase_ != Phase::blocked && phase_ != Phase::stopping) {
    const ExitReason reason{.kind = ExitKind::shutdown};
    destroy_object(context, reason);  // a start in progress is abandoned
    return end(Kind::stopped, reason);
  }
  if (phase_ == Phase::stopping) return Step::go_on;  // on its way, with a timer of its own
  return begin_grace(context);
}

// From here on a stop that is not immediate takes as long as the policy allows.
Cell::Step Cell::begin_grace(Context& context) noexcept {
  const ShutdownPolicy policy = shutdown_policy();
  began_ = context.now();
  const bool at_once = phase_ == Phase::ready && mailbox_.drained() && !object_->as_child();
  if (policy.kind == ShutdownPolicy::Kind::graceful && !at_once) arm_timer(later(began_, policy.grace));
  return Step::go_on;
}

Cell::Step Cell::on_timer(Context& context) noexcept {
  Details* const details = details_.load(std::memory_order_relaxed);
  if (!details || !details->timer || context.now() < details->due) return Step::go_on;  // one that was too late to cancel
  details->timer = {};
  if (phase_ == Phase::asleep) {
    unpark();
    return begin_start(context);
  }
  if (phase_ == Phase::starting || phase_ == Phase::pre_starting) {
    const auto timeout = start_timeout() / std::chrono::milliseconds(1);
    return start_failed(context,
                        {ExitKind::timeout, Error(Code::timed_out, fmt::format("start did not finish within {} ms", timeout))});
  }
  if (phase_ == Phase::stopping || stop_requested_ || halting_) {
    if (stop_requested_) return on_kill(context);
    return object_over(context, {.kind = ExitKind::killed}, ErrorAction::stop);
  }
  return Step::go_on;
}

// Goes on with the call that parked.
Cell::Step Cell::poll(Context& context) noexcept {
  unpark();
  switch (phase_) {
    case Phase::parked:
      if (asking_health_) return poll_health(context);
      return after_call(context, guarded([&] { return object_->resume(context); }));
    case Phase::stopping: return poll_stop(context);
    default: return poll_start(context);
  }
}

// After handle or resume.
Cell::Step Cell::after_call(Context& context, Result<Turn> result) noexcept {
  if (context.crash_) {
    result = std::unexpected(*std::move(context.crash_));
    context.crash_.reset();
  }
  if (result && *result == Turn::parked) {
    if (auto parked = park()) {
      phase_ = Phase::parked;
      return Step::rest;
    } else {
      result = std::unexpected(std::move(parked).error());
    }
  }
  end_epoch();
  phase_ = Phase::ready;
  if (!result) return failed(context, std::move(result).error());
  return exit_if_requested(context);
}

Cell::Step Cell::exit_if_requested(Context& context) noexcept {
  if (has_notices()) signalled_.store(true, std::memory_order_relaxed);  // so that the turn looks at them
  if ((!exit_requested_ && !halting_) || stop_requested_) return sent_too_much_ ? wait_for_room() : Step::go_on;
  began_ = context.now();
  return begin_stop(context, {.kind = exit_requested_ ? ExitKind::normal : ExitKind::shutdown});
}

Cell::Step Cell::failed(Context& context, Error error) noexcept {
  const auto action = guarded([&]() -> Result<ErrorAction> { return object_->on_error(error); });
  context.crash_.reset();
  if (action && *action == ErrorAction::resume) return exit_if_requested(context);
  return object_over(context, {ExitKind::error, std::move(error)}, action ? *action : ErrorAction::stop);
}

Duration Cell::start_timeout() const noexcept {
  const Details* const given = details_.load(std::memory_order_relaxed);
  return given && given->start_timeout > Duration::zero() ? given->start_timeout : core_->limits.start_timeout;
}

Cell::Step Cell::begin_start(Context& context) noexcept {
  phase_ = Phase::starting;
  exit_requested_ = false;
  began_ = clock_for(start_timeout());
  if (!object_) {
    auto made = guarded([&] { return details().factory(); });
    if (made && !*made) made = fail(Code::internal, "the factory made nothing");
    if (!made) return start_failed(context, {ExitKind::error, std::move(made).error().within("factory")});
    object_ = *std::move(made);
  }
  return poll_start(context);
}

Cell::Step Cell::poll_start(Context& context) noexcept {
  const Duration timeout = start_timeout();
  Child* const child = object_->as_child();
  while (phase_ != Phase::ready) {
    const bool first_half = phase_ == Phase::starting;
    Result<Turn> result = Turn::done;
    if (!first_half || child) result = guarded([&] { return first_half ? child->start(context) : object_->pre_start(context); });
    if (context.crash_) result = std::unexpected(*std::exchange(context.crash_, std::nullopt));
    if (result && *result == Turn::parked) {
      if (auto parked = park()) {
        arm_timer(later(began_, timeout));
        return Step::rest;
      } else {
        result = std::unexpected(std::move(parked).error());
      }
    }
    end_epoch();
    if (!result) return start_failed(context, {ExitKind::error, std::move(result).error()});
    (first_half ? child_started_ : pre_started_) = true;
    phase_ = first_half ? Phase::pre_starting : Phase::ready;
  }
  if (clock_for(timeout) - began_ > timeout)
    return start_failed(
        context, {ExitKind::timeout,
                  Error(Code::timed_out, fmt::format("start took longer than {} ms", timeout / std::chrono::milliseconds(1)))});
  disarm_timer();
  ever_started_ = true;
  emit(Kind::started, nullptr);
  report_start({});
  start_health();
  if (std::exchange(reports_start_, false)) supervisor->settle_up(*this);
  return stop_requested_ ? begin_grace(context) : exit_if_requested(context);
}

Cell::Step Cell::start_failed(Context& context, ExitReason reason) noexcept {
  if (ever_started_) return object_over(context, std::move(reason), ErrorAction::stop);
  destroy_object(context, reason);
  report_start(std::unexpected(*reason.error));
  return end(Kind::start_failed, reason);
}

Cell::Step Cell::begin_stop(Context& context, ExitReason reason) noexcept {
  phase_ = Phase::stopping;
  if (!object_->as_child() || !child_started_) return object_over(context, std::move(reason), ErrorAction::stop);
  details().exit = std::move(reason);
  return poll_stop(context);
}

Cell::Step Cell::poll_stop(Context& context) noexcept {
  const ShutdownPolicy policy = shutdown_policy();
  auto result = guarded([&] { return object_->as_child()->stop(context, details().exit); });
  if (result && *result == Turn::parked) {
    if (auto parked = park()) {
      if (policy.kind == ShutdownPolicy::Kind::graceful) arm_timer(later(began_, policy.grace));
      return Step::rest;
    } else {
      result = std::unexpected(std::move(parked).error());
    }
  }
  end_epoch();
  context.crash_.reset();
  if (!result)
    log(core_->log, LogLevel::warn, "supervisor", "actor {} '{}': stop: {}", id_.value(), name(), result.error().message());
  if (policy.kind == ShutdownPolicy::Kind::graceful && context.now() - began_ > policy.grace)
    details().exit.kind = ExitKind::killed;
  return object_over(context, std::exchange(details().exit, {}), ErrorAction::stop);
}

// Nothing follows: what waits becomes dead letters.
Cell::Step Cell::end(Kind how, const ExitReason& reason) noexcept {
  unpark();
  disarm_timer();
  stop_health();
  phase_ = Phase::closing;
  mailbox_.close();
  close_notices();
  exit_kind_ = reason.kind;
  exit_has_error_ = reason.error.has_value();
  if (exit_has_error_) details().exit = reason;
  if (!ever_started_ && how != Kind::start_failed)
    report_start(fail(Code::cancelled, fmt::format("actor {} '{}' was stopped before it had started", id_.value(), name())));
  emit(how, reason.error ? &*reason.error : nullptr);
  return discard_rest();
}

Cell::Step Cell::discard_rest() noexcept {
  for (std::uint32_t n = 0; n < core_->limits.messages_per_turn; ++n) {
    Envelope* const node = mailbox_.pop();
    if (!node) {
      if (!mailbox_.drained()) return Step::yield;
      bury();
      return Step::gone;
    }
    dead_letter(DeadLetter::Why::discarded, node->origin.sender(), message_in(*node));
    discard(*node);
    node->free_headers();
  }
  return Step::yield;
}

Result<> Cell::park() noexcept {
  if (!waker_taken_)
    return fail(Code::internal, "parked without a waker, so nobody could ever wake it; take one with Context::waker()");
  suspend();
  return {};
}

void Cell::suspend() noexcept {
  suspended_ = true;
  core_->blocked.fetch_add(1, std::memory_order_relaxed);
}

void Cell::unpark() noexcept {
  if (!suspended_) return;
  suspended_ = false;
  core_->blocked.fetch_sub(1, std::memory_order_relaxed);
}

void Cell::destroy_object(Context& context, const ExitReason& reason) noexcept {
  unpark();
  disarm_timer();
  end_epoch();
  context.sender_ = {};
  context.crash_.reset();
  if (!object_) return;
  if (pre_started_) {
    const auto outcome = guarded([&]() -> Result<> {
      object_->post_stop(context, reason);
      return {};
    });
    if (!outcome)
      log(core_->log, LogLevel::error, "supervisor", "actor {} '{}': post_stop: {}", id_.value(), name(),
          outcome.error().message());
  }
  abandon_asks();
  cut_ties();
  object_.reset();
  if (++object_number_ == Notice::any_object) ++object_number_;
  end_epoch();
  context.crash_.reset();
  pre_started_ = child_started_ = exit_requested_ = asking_health_ = false;
}

void Cell::report_start(const Result<>& outcome) noexcept {
  Details* const details = details_.load(std::memory_order_relaxed);
  if (!details || !details->on_started) return;
  const auto callback = std::exchange(details->on_started, nullptr);
  const auto called = guarded([&]() -> Result<> {
    callback(outcome);
    return {};
  });
  if (!called)
    log(core_->log, LogLevel::error, "supervisor", "actor {} '{}': on_started: {}", id_.value(), name(),
        called.error().message());
}

// Takes the cell out of every table. It stays active for ever, so that nobody schedules it again.
void Cell::bury() noexcept {
  SystemCore& core = *core_;
  const Ref<SystemCore> hold = core_;
  if (Details* const details = details_.load(std::memory_order_relaxed)) {
    if (!details->name.empty()) core.unregister_name(*this);
    details->factory = nullptr;
    details->history = {};
  }
  const Word found = word().fetch_or(dead_bit | deaf_bit, std::memory_order_acq_rel);
  if ((found & watched_bit) != 0) core.watches.tell(*this);
  supervisor->remove(*this);
  release_ref();  // the list's; the cell may be gone now
  core.leave();
}

void Cell::arm_timer(Instant due) noexcept {
  Details& mine = details();
  if (mine.timer && mine.due == due) return;
  disarm_timer();
  mine.due = due;
  mine.timer = core_->executor.post_at(due, [cell = Ref<Cell>::share(*this)] { cell->signal(timer_bit); });
}

void Cell::disarm_timer() noexcept {
  Details* const details = details_.load(std::memory_order_relaxed);
  if (!details || !details->timer) return;
  core_->executor.cancel(*details->timer);
  details->timer = {};
}

void Cell::emit(Kind kind, const Error* error) const noexcept {
  core_->tell(kind, [&] { return event(kind, error); });
}

SupervisionEvent Cell::event(Kind kind, const Error* error) const noexcept {
  return {.kind = kind,
          .actor = id_,
          .name = name(),
          .supervisor = supervisor->options().name,
          .error = error,
          .restarts = stats().restarts};
}

Cell::Details& Cell::details() noexcept {
  Details* details = details_.load(std::memory_order_relaxed);
  if (!details) details_.store(details = new Details, std::memory_order_release);
  return *details;
}

ShutdownPolicy Cell::shutdown_policy() const noexcept {
  const Details* const details = details_.load(std::memory_order_relaxed);
  return details && details->shutdown ? *details->shutdown : supervisor->options().shutdown;
}

}  // namespace airssys::rt
