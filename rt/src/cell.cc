// The cell's word and its turn; what happens in the phases of an object's life is in cell_life.cc.
#include "airssys/rt/cell.h"

#include <fmt/format.h>

#include "airssys/base/assert.h"
#include "airssys/rt/context.h"
#include "airssys/rt/interceptor.h"
#include "cell_details.h"
#include "guarded.h"
#include "supervisor_node.h"
#include "system_core.h"

namespace airssys::rt {

// Born active: it is scheduled when it is in every table, and signals until then wait for its first turn.
Cell::Cell(SystemCore& core, ActorId id, const void* type, std::uint32_t capacity, Overload overload, NodeSize node_size,
           bool pooled)
    : id_(id),
      type_(type),
      core_(Ref<SystemCore>::share(core)),
      pooled_(pooled),
      mailbox_(capacity, node_size, active_bit, overload) {}

Cell::~Cell() { delete details_.load(std::memory_order_acquire); }

void Cell::dispose() const noexcept {
  const bool pooled = pooled_;
  this->~Cell();
  free_cell(const_cast<Cell*>(this), pooled);
}

std::string_view Cell::name() const noexcept {
  const Details* details = details_.load(std::memory_order_acquire);
  return details ? std::string_view(details->name) : std::string_view();
}

std::string Cell::describe() const {
  return name().empty() ? fmt::format("actor {}", id_.value()) : fmt::format("actor {} '{}'", id_.value(), name());
}

ActorStats Cell::stats() const noexcept {
  const Details* details = details_.load(std::memory_order_acquire);
  return {.handled = mailbox_.taken() - mailbox_.expired(),
          .waiting = mailbox_.waiting(),
          .refused = mailbox_.refused(),
          .dropped = mailbox_.dropped(),
          .expired = mailbox_.expired(),
          .restarts = details ? details->restarts.load(std::memory_order_relaxed) : 0};
}

void Cell::dead_letter(DeadLetter::Why why, ActorId sender, const void* message) noexcept {
  core_->dead_letter({.why = why, .receiver = id_, .receiver_name = name(), .sender = sender, .message = message, .type = type_});
}

SendStatus Cell::refuse(Mailbox::Admission why, const void* message) noexcept {
  if (why == Mailbox::Admission::full) {
    if (mailbox_.overload() == Overload::drop_newest) return drop(this_thread().actor, message, SendStatus::dropped);
    mailbox_.count_refused();
    core_->refused.add();
    return SendStatus::full;
  }
  if (!succeeded_) dead_letter(DeadLetter::Why::ended, this_thread().actor, message);
  return SendStatus::ended;
}

SendStatus Cell::offer_with(const SendOptions& options, void* message, Pack pack, WhenFull when_full) {
  Mailbox::Word before;
  if (const auto admission = mailbox_.reserve(before); admission != Mailbox::Admission::granted)
    return offer_again(admission, before, options, message, pack, when_full);
  mailbox_.push(pack(message, origin(options)), options.priority);
  notify(before);
  return SendStatus::sent;
}

// Within a reservation: who has ended must not ask the executor for its clock.
Origin Cell::origin(const SendOptions& options) const {
  const ActorId sender = this_thread().actor;
  if (options == SendOptions{}) return Origin(sender);
  const Instant deadline =
      options.ttl == Duration::zero() ? Instant::max() : later(core_->executor.platform().now(), options.ttl);
  return Origin(*::new (allocate_node(headers_size, sizeof(Headers))) Headers{.sender = sender,
                                                                              .deadline = deadline,
                                                                              .correlation = options.correlation,
                                                                              .trace = options.trace,
                                                                              .priority = options.priority});
}

// The time, to count `timeout` from: of the cheap clock, where what that one lags is at most a hundredth.
Instant Cell::clock_for(Duration timeout) const noexcept {
  const Platform& platform = core_->executor.platform();
  if (timeout < 100 * platform.coarse_lag()) return platform.now();
  return platform.coarse_now() + platform.coarse_lag();
}

void Cell::activate() noexcept {
  const Word before = word().fetch_or(active_bit, std::memory_order_acq_rel);
  if ((before & active_bit) == 0) core_->executor.schedule(*this, Urgency::next);
}

void Cell::signal(Word bit) noexcept {
  const Word before = word().fetch_or(bit | active_bit, std::memory_order_acq_rel);
  signalled_.store(true, std::memory_order_release);
  if ((before & active_bit) == 0) core_->executor.schedule(*this, Urgency::next);
}

void Cell::wake(std::uint32_t epoch) noexcept {
  Word before = word().load(std::memory_order_relaxed);
  do {
    if (((before >> epoch_shift) & epoch_mask) != epoch || (before & (wake_bit | dead_bit)) != 0) return;
  } while (!word().compare_exchange_weak(before, before | wake_bit | active_bit, std::memory_order_acq_rel));
  if ((before & active_bit) == 0) core_->executor.schedule(*this, Urgency::next);
}

std::uint32_t Cell::take_epoch() noexcept {
  waker_taken_ = true;
  return static_cast<std::uint32_t>(word().load(std::memory_order_relaxed) >> epoch_shift) & epoch_mask;
}

// The operation is over: its wakers count no more.
void Cell::end_epoch() noexcept {
  if (!waker_taken_) return;
  waker_taken_ = false;
  constexpr Word field = Word{epoch_mask} << epoch_shift;
  Word before = word().load(std::memory_order_relaxed);
  Word after = 0;
  do {
    after = (before & ~(field | wake_bit)) | ((before + (Word{1} << epoch_shift)) & field);
  } while (!word().compare_exchange_weak(before, after, std::memory_order_acq_rel));
}

void Cell::run() noexcept {
  ThisThread& thread = this_thread();
  thread.actor = id_;
  thread.system = core_.get();
  thread.cell = this;
  Context context(*this);
  context.budget_ = core_->limits.messages_per_turn;
  for (;;) {
    const bool plain = phase_ == Phase::ready && !signalled_.load(std::memory_order_acquire);
    const Step step = plain ? handle_batch(context) : advance(context);
    if (step == Step::go_on) continue;
    if (step == Step::gone) break;
    if (step == Step::rest && release()) break;
    if (context.budget_ == 0 || step == Step::yield ||
        suspended_) {  // woken before it had parked: it shares its worker all the same
      core_->executor.schedule(*this, Urgency::later);
      break;
    }
  }
  thread.actor = ActorId{};
  thread.cell = nullptr;
}

Cell::Step Cell::handle_batch(Context& context) noexcept {
  std::uint32_t& budget = context.budget_;
  Interceptor* const interceptor = core_->interceptor;
  bool may_crash = interceptor != nullptr;
  while (budget > 0) {
    Envelope* const node = mailbox_.pop();
    if (!node) {
      if (!stop_requested_) {
        --budget;  // what is on its way is waited for, but not for ever
        return Step::rest;
      }
      return mailbox_.drained() ? begin_stop(context, {.kind = ExitKind::shutdown}) : Step::yield;
    }
    --budget;
    if (interceptor && intercepted(*interceptor, *node)) [[unlikely]]
      continue;
    context.sender_ = node->origin.sender();
    const Headers* const headers = node->origin.headers();
    if (headers && !open_headers(*node, *headers, context)) [[unlikely]]
      continue;
    Result<Turn> result = guarded([&] { return deliver(*node, context); });
    if (headers) [[unlikely]] {
      context.headers_ = nullptr;
      node->free_headers();
    }
    if (std::exchange(may_crash, false) && result && interceptor->crashes(id_)) [[unlikely]]
      result = fail(Code::internal, "a fault of the simulated world");
    const bool plain = result && *result == Turn::done && !context.crash_ && !exit_requested_ && !sent_too_much_ && !waker_taken_;
    if (!plain) [[unlikely]] {
      const Step step = after_call(context, std::move(result));
      if (step != Step::go_on || phase_ != Phase::ready) return step;
    }
    if (signalled_.load(std::memory_order_relaxed)) [[unlikely]]
      return Step::go_on;
  }
  return Step::yield;
}

// False: its time is over, and so is the message.
bool Cell::open_headers(Envelope& node, const Headers& headers, Context& context) noexcept {
  if (headers.deadline == Instant::max() || context.now() < headers.deadline) {
    context.headers_ = &headers;
    return true;
  }
  dead_letter(DeadLetter::Why::expired, std::exchange(context.sender_, {}), message_in(node));
  discard(node);
  node.free_headers();
  mailbox_.count_expired();
  core_->expired.add();
  return false;
}

// Lets the cell rest, unless a signal waits, or a message for one that listens. True: it rests, or is already somebody
// else's; nothing of it may be touched any more.
bool Cell::release() noexcept {
  Word before = word().load(std::memory_order_acquire);
  Word after = 0;
  do {
    if ((before & signals) != 0) {
      signalled_.store(true, std::memory_order_relaxed);  // so that the turn looks at it
      return false;
    }
    if (!suspended_ && !mailbox_.drained(before)) return false;
    after = before & ~(active_bit | deaf_bit);
    if (suspended_) after |= deaf_bit;
  } while (!word().compare_exchange_weak(before, after, std::memory_order_acq_rel, std::memory_order_acquire));
  return true;
}

}  // namespace airssys::rt
