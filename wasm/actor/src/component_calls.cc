// How one call of a guest begins, parks its actor while it waits, and ends.
#include <atomic>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/rt/executor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/core/never_woken.h"

namespace airssys::wasm {

// Carries the waker of one parked call to whoever completes what the guest waits for, and outlives the call if they do.
class ComponentActor::TurnWaker final : public WakeTarget {
 public:
  explicit TurnWaker(rt::Waker waker) noexcept : waker_(std::move(waker)) {}
  void retain() noexcept override { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  void wake() noexcept override { waker_.wake(); }

 private:
  ~TurnWaker() = default;
  std::atomic<std::uint32_t> references_{1};
  const rt::Waker waker_;
};

CallState ComponentActor::advance(Call call, rt::Context& context, Duration bound) {
  CallState state;
  if (pending_ == Call::none) {
    // A call that cannot wait begins when the one before it in this turn ended: one reading of the clock for both.
    call_start_ = may_suspend_ ? context.now() : context.recent();
    state = begin(call, context);
  } else {
    AIRSSYS_ASSERT(pending_ == call, "a call of kind {} is pending, {} was to go on", static_cast<int>(pending_),
                   static_cast<int>(call));
    if (context.now() - call_start_ >= definition_.limits.call_timeout) {
      instance_->cancel(TrapKind::timeout);
      state = CallState::failed;
    } else {
      state = instance_->resume(*waker_);
    }
  }
  if (state == CallState::pending) {
    pending_ = call;
    park(context, bound);
  }
  return state;
}

CallState ComponentActor::begin(Call call, rt::Context& context) {
  if (may_suspend_) waker_ = new TurnWaker(context.waker());  // counts itself: end_call releases our reference
  WakeTarget& waker = may_suspend_ ? static_cast<WakeTarget&>(*waker_) : never_woken;
  switch (call) {
    case Call::metadata: return instance_->metadata(waker);
    case Call::init: return instance_->init(definition_.config, waker);
    case Call::message: return begin_message(waker);
    case Call::health: return instance_->health(waker);
    case Call::shutdown: return instance_->shutdown(waker);
    case Call::none: break;
  }
  AIRSSYS_ASSERT(false, "no call to begin");
  return CallState::failed;
}

CallState ComponentActor::begin_message(WakeTarget& waker) {
  if (message_.more) current_.message = &message_;
  const wasm::Message& message = message_.message();
  switch (message_.kind()) {
    case ComponentMessage::Kind::message: return instance_->handle_message(message, waker);
    case ComponentMessage::Kind::operation: return instance_->execute(message.payload, message_.more->context, waker);
    case ComponentMessage::Kind::callback: return instance_->handle_callback(message.id, message_.more->outcome, waker);
  }
  return CallState::failed;
}

// The epoch ends guest code that runs; guest code that waits is ended by this timer (R1.4).
void ComponentActor::park(rt::Context& context, Duration bound) {
  if (deadline_) return;
  executor_ = &context.executor();
  deadline_ = executor_->post_at(call_start_ + bound, [held = CallWaker(*waker_)] { held.wake(); });
}

void ComponentActor::disarm() {
  if (!deadline_) return;
  executor_->cancel(*deadline_);  // false when it has fired: then it wakes nobody
  deadline_ = {};
}

void ComponentActor::end_call() {
  pending_ = Call::none;
  current_.message = nullptr;
  disarm();
  if (waker_) std::exchange(waker_, nullptr)->release();
}

void ComponentActor::note_call() {
  definition_.stats.count(definition_.stats.fuel, instance_->report().fuel);
  count_memory();
}

Error ComponentActor::take_crash() {
  CallReport& report = instance_->report();
  definition_.stats.traps[static_cast<std::size_t>(report.trap.value_or(TrapKind::host_error))].add();
  has_crashed_ = true;
  return *std::exchange(report.error, std::nullopt);
}

void ComponentActor::count_memory() {
  const MemoryUse use = instance_->memory();
  ComponentStats& stats = definition_.stats;
  if (use.bytes != memory_bytes_)
    stats.memory_bytes.fetch_add(use.bytes - std::exchange(memory_bytes_, use.bytes), std::memory_order_relaxed);
  if (use.peak_bytes > stats.memory_peak_bytes.load(std::memory_order_relaxed))
    stats.memory_peak_bytes.store(use.peak_bytes, std::memory_order_relaxed);
  if (use.refused_growths != refused_growths_) {
    stats.refused_growths.add(use.refused_growths - refused_growths_);
    refused_growths_ = use.refused_growths;
  }
}

}  // namespace airssys::wasm
