#include "airssys/wasm/actor/component_actor.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/rt/executor.h"

namespace airssys::wasm {
namespace {

// For calls that never are pending: nobody keeps it, nobody wakes it.
class NeverWoken final : public WakeTarget {
 public:
  void retain() noexcept override {}
  void release() noexcept override {}
  void wake() noexcept override {}
};
constinit NeverWoken never_woken;

// Of a guest's own words in an error of ours.
constexpr std::size_t max_guest_text = 512;

// "failed: no such file", made safe for one line.
std::string answer_text(const CallReport& report) {
  return fmt::format("{}{}{}", component_error_name(report.variant), report.text.empty() ? "" : ": ",
                     printable(report.text, max_guest_text));
}

}  // namespace

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

ComponentActor::ComponentActor(const ComponentDefinition& definition) : definition_(definition) {}

ComponentActor::~ComponentActor() {
  if (instance_) drop_instance();  // first: a suspended call still holds what end_call gives up
  end_call();
}

void ComponentActor::drop_instance() {
  count_memory();
  instance_.reset();
  definition_.stats.memory_bytes.store(0, std::memory_order_relaxed);
}

Result<rt::Turn> ComponentActor::start(rt::Context& context) {
  if (!instance_) {
    functions_ = definition_.make_functions(context);
    AIRSSYS_TRY(instance_, definition_.code->instantiate(functions_->functions(), definition_.limits));
    may_suspend_ = instance_->may_suspend();
    count_memory();
  }
  if (!metadata_checked_) {
    AIRSSYS_TRY(const rt::Turn turn, advance(Call::metadata, context));
    if (turn == rt::Turn::parked) return turn;
    AIRSSYS_TRY_VOID(check_metadata());
    metadata_checked_ = true;
  }
  return advance(Call::init, context);
}

// R2.9: what the component says of itself and what its manifest says are the same, where it says anything.
Result<> ComponentActor::check_metadata() {
  const std::optional<ComponentMetadata>& metadata = instance_->report().metadata;
  if (!metadata) return {};
  const std::string_view name = definition_.address.name();
  if (!metadata->name.empty() && metadata->name != name)
    return fail(Code::invalid_component, fmt::format("the component calls itself {}, its Component.toml '{}'; make them agree",
                                                     quoted(metadata->name), name));
  if (!metadata->version.empty() && metadata->version != definition_.version)
    return fail(Code::invalid_component, fmt::format("the component says version {}, its Component.toml {}; make them agree",
                                                     quoted(metadata->version), quoted(definition_.version)));
  if (definition_.metadata) definition_.metadata->set(*std::exchange(instance_->report().metadata, std::nullopt));
  return {};
}

Result<rt::Turn> ComponentActor::handle(ComponentMessage message, rt::Context& context) {
  message.arrive();
  definition_.stats.messages_in.add_alone();
  if (!may_suspend_) {  // the common case, without what only a suspended call needs
    call_start_ = context.recent();
    return finish(Call::handle_message, instance_->handle_message(message.message, never_woken), context);
  }
  message_ = std::move(message);
  return advance(Call::handle_message, context);
}

Result<rt::Turn> ComponentActor::resume(rt::Context& context) { return advance(Call::handle_message, context); }

Result<rt::Turn> ComponentActor::stop(rt::Context& context, const rt::ExitReason&) {
  AIRSSYS_TRY(const rt::Turn turn, advance(Call::shutdown, context));
  if (turn == rt::Turn::parked) return turn;
  drop_instance();
  return rt::Turn::done;
}

rt::Health ComponentActor::health_check() {
  if (!instance_) return rt::Failed{"no instance"};
  return rt::Healthy{};
}

Result<rt::Turn> ComponentActor::advance(Call call, rt::Context& context) {
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
    return park(context);
  }
  end_call();
  return finish(call, state, context);
}

CallState ComponentActor::begin(Call call, rt::Context& context) {
  WakeTarget& waker = waker_for_call(context);
  switch (call) {
    case Call::metadata: return instance_->metadata(waker);
    case Call::init: return instance_->init(definition_.config, waker);
    case Call::handle_message: return instance_->handle_message(message_.message, waker);
    case Call::shutdown: return instance_->shutdown(waker);
    case Call::none: break;
  }
  AIRSSYS_ASSERT(false, "no call to begin");
  return CallState::failed;
}

WakeTarget& ComponentActor::waker_for_call(rt::Context& context) {
  if (!may_suspend_) return never_woken;
  waker_ = new TurnWaker(context.waker());  // counts itself: end_call releases our reference
  return *waker_;
}

// The epoch ends guest code that runs; guest code that waits is ended by this timer (R1.4).
Result<rt::Turn> ComponentActor::park(rt::Context& context) {
  if (!deadline_) {
    executor_ = &context.executor();
    deadline_ = executor_->post_at(call_start_ + definition_.limits.call_timeout, [held = CallWaker(*waker_)] { held.wake(); });
  }
  return rt::Turn::parked;
}

void ComponentActor::end_call() {
  pending_ = Call::none;
  message_ = {};
  if (deadline_) {
    executor_->cancel(*deadline_);  // false when it has fired: then it wakes nobody
    deadline_ = {};
  }
  if (waker_) std::exchange(waker_, nullptr)->release();
}

Result<rt::Turn> ComponentActor::finish(Call call, CallState state, rt::Context& context) {
  CallReport& report = instance_->report();
  ComponentStats& stats = definition_.stats;
  stats.fuel.add_alone(report.fuel);
  count_memory();
  if (call == Call::handle_message) stats.handling_time.record_alone(context.now() - call_start_);
  if (state == CallState::failed) {
    stats.traps[static_cast<std::size_t>(report.trap.value_or(TrapKind::host_error))].add();
    return std::unexpected(*std::exchange(report.error, std::nullopt));
  }
  if (call == Call::handle_message) stats.handled.add_alone();
  if (state == CallState::guest_error) {
    if (call == Call::init) return fail(Code::execution_failed, fmt::format("init answered {}", answer_text(report)));
    stats.guest_errors.add();
    // As a line of its own log: bounded in rate like whatever else it says.
    functions_->functions().services.log(
        LogLevel::warn,
        fmt::format("{} answered {}", call == Call::shutdown ? "shutdown" : "handle-message", answer_text(report)), {});
  }
  return rt::Turn::done;
}

void ComponentActor::count_memory() {
  const MemoryUse use = instance_->memory();
  ComponentStats& stats = definition_.stats;
  stats.memory_bytes.store(use.bytes, std::memory_order_relaxed);
  if (use.peak_bytes > stats.memory_peak_bytes.load(std::memory_order_relaxed))
    stats.memory_peak_bytes.store(use.peak_bytes, std::memory_order_relaxed);
  if (use.refused_growths != refused_growths_) {
    stats.refused_growths.add(use.refused_growths - refused_growths_);
    refused_growths_ = use.refused_growths;
  }
}

}  // namespace airssys::wasm
