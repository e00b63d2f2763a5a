#include "wasmtime_instance.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/base/units.h"
#include "metadata_view.h"

namespace airssys::wasm {
namespace {

CallState state_of(std::uint32_t aw_state) noexcept {
  switch (aw_state) {
    case AW_DONE: return CallState::done;
    case AW_PENDING: return CallState::pending;
    case AW_GUEST_ERROR: return CallState::guest_error;
    default: return CallState::failed;
  }
}

std::uint64_t whole_milliseconds(Duration duration) noexcept {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

std::string owned(const aw_buf& text) { return {reinterpret_cast<const char*>(text.ptr), text.len}; }

// Which limit of the manifest ended the call, and how much it is; empty for what no limit ends.
std::string limit_of(TrapKind kind, const ResourceLimits& limits) {
  switch (kind) {
    case TrapKind::out_of_fuel: return fmt::format("; [resources] max_fuel_per_execution is {}", limits.fuel_per_call);
    case TrapKind::timeout:
      return fmt::format("; [resources] max_execution_time_ms is {}", limits.call_timeout / std::chrono::milliseconds(1));
    case TrapKind::memory: return fmt::format("; [resources] max_memory is {}", format_size(limits.memory_bytes));
    default: return {};
  }
}

// The same error with its limit named at the end of the sentence.
Error with_limit(const Error& error, TrapKind kind, const ResourceLimits& limits) {
  Error named(error.code(), error.message() + limit_of(kind, limits));
  for (const auto& field : error.fields()) named = std::move(named).with(field.name, field.value);
  return named;
}

// The outcome of one call into the bridge, its buffers freed. Passed to exactly one call, which always writes all of it.
struct Outcome : aw_outcome {
  Outcome() {}
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;
  ~Outcome() {
    if (has_text && text.ptr) aw_buf_delete(&text);
    if (metadata) aw_component_metadata_delete(metadata);
    if (error) aw_error_delete(error);
  }
};

}  // namespace

WasmtimeInstance::WasmtimeInstance(BridgeInstance instance, const ResourceLimits& limits, std::uint64_t deadline_ticks) noexcept
    : instance_(std::move(instance)),
      limits_(limits),
      deadline_ticks_(deadline_ticks),
      may_suspend_(aw_instance_lane(instance_.get()) == AW_LANE_FIBER) {}

aw_waker* WasmtimeInstance::lend(WakeTarget& waker) {
  if (!may_suspend_) return nullptr;
  if (!waker_ || &waker_->target != &waker) waker_.reset(new BridgeWaker(waker));  // counted by hand: see BridgeWakerRelease
  return waker_.get();
}

void WasmtimeInstance::begin(Export which) noexcept {
  AIRSSYS_ASSERT(!pending_, "a call is pending");
  running_ = which;
  aw_instance_set_budget(instance_.get(), limits_.fuel_per_call, deadline_ticks_);
}

CallState WasmtimeInstance::init(const ComponentConfig& config, WakeTarget& waker) noexcept {
  begin(Export::init);
  env_.clear();
  for (const auto& [name, value] : config.env) env_.push_back({to_bridge(name), to_bridge(value)});
  granted_.clear();
  for (const auto& grant : config.granted)
    granted_.push_back({to_bridge(grant.kind), to_bridge(grant.action), to_bridge(grant.target)});
  aw_component_config lowered{};
  lowered.env = env_.data();
  lowered.env_count = env_.size();
  if (config.config_data) lowered.config_data = to_bridge(config.config_data->span());
  lowered.has_config_data = config.config_data.has_value();
  lowered.memory_bytes = limits_.memory_bytes;
  lowered.fuel_per_call = limits_.fuel_per_call;
  lowered.call_timeout_ms = whole_milliseconds(limits_.call_timeout);
  lowered.storage_bytes = config.storage_bytes;
  lowered.granted = granted_.data();
  lowered.granted_count = granted_.size();
  Outcome outcome;
  aw_instance_init(instance_.get(), &lowered, lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::handle_message(const Message& message, WakeTarget& waker) noexcept {
  begin(Export::handle_message);
  aw_message lowered{};
  lowered.sender = to_bridge(message.sender.text());
  lowered.payload = to_bridge(message.payload.span());
  lowered.kind = static_cast<std::uint32_t>(message.kind);
  lowered.id = {message.id.high, message.id.low};
  lowered.sent_at = static_cast<std::uint64_t>(message.sent_at.time_since_epoch().count());
  Outcome outcome;
  aw_instance_handle_message(instance_.get(), &lowered, lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::handle_callback(MessageId request, const RequestOutcome& outcome, WakeTarget& waker) noexcept {
  begin(Export::handle_callback);
  aw_request_outcome lowered{};
  if (outcome.failure) lowered.error = 1 + static_cast<std::uint32_t>(*outcome.failure);
  lowered.timeout_ms = whole_milliseconds(outcome.timeout);
  lowered.payload = to_bridge(outcome.payload.span());
  lowered.text = to_bridge(outcome.reason);
  Outcome answer;
  aw_instance_handle_callback(instance_.get(), {request.high, request.low}, &lowered, lend(waker), &answer);
  return settle(answer);
}

CallState WasmtimeInstance::execute(const Bytes& operation, const ExecutionContext& context, WakeTarget& waker) noexcept {
  begin(Export::execute);
  aw_execution_context lowered{};
  lowered.request = {context.request.high, context.request.low};
  lowered.caller = to_bridge(context.caller.text());
  lowered.timeout_ms = whole_milliseconds(context.timeout);
  if (!context.trace_context.empty()) lowered.trace_context = to_bridge(context.trace_context.text());
  Outcome outcome;
  aw_instance_execute(instance_.get(), to_bridge(operation.span()), &lowered, lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::metadata(WakeTarget& waker) noexcept {
  begin(Export::metadata);
  Outcome outcome;
  aw_instance_metadata(instance_.get(), lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::health(WakeTarget& waker) noexcept {
  begin(Export::health);
  Outcome outcome;
  aw_instance_health(instance_.get(), lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::supported_codecs(WakeTarget& waker) noexcept {
  begin(Export::supported_codecs);
  Outcome outcome;
  aw_instance_supported_codecs(instance_.get(), lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::shutdown(WakeTarget& waker) noexcept {
  begin(Export::shutdown);
  Outcome outcome;
  aw_instance_shutdown(instance_.get(), lend(waker), &outcome);
  return settle(outcome);
}

CallState WasmtimeInstance::resume(WakeTarget& waker) noexcept {
  AIRSSYS_ASSERT(pending_, "no call is pending");
  Outcome outcome;
  aw_instance_resume(instance_.get(), lend(waker), &outcome);
  return settle(outcome);
}

void WasmtimeInstance::cancel(TrapKind why) noexcept {
  if (!pending_) return;
  pending_ = false;
  aw_instance_cancel(instance_.get());
  report_ = {};
  report_.fuel = limits_.fuel_per_call - aw_instance_fuel_left(instance_.get());
  report_.trap = why;
  Error error = why == TrapKind::timeout
                    ? Error(Code::timed_out, fmt::format("the call was not over after its timeout of {}; raise [resources] "
                                                         "max_execution_time_ms, or do less in one call",
                                                         format_duration(limits_.call_timeout)))
                    : Error(Code::cancelled, "the call was cancelled");
  report_.error = std::move(error).with("trap", std::string(trap_kind_name(why)));
}

CallState WasmtimeInstance::settle(aw_outcome& outcome) noexcept {
  const CallState state = state_of(outcome.state);
  pending_ = state == CallState::pending;
  if (pending_) return state;
  report_.fuel = limits_.fuel_per_call - aw_instance_fuel_left(instance_.get());
  report_.reply.reset();
  report_.text.clear();
  report_.variant = outcome.variant;
  report_.number = outcome.number;
  report_.codecs.clear();
  report_.metadata.reset();
  report_.trap.reset();
  report_.error.reset();
  if (state == CallState::failed) {
    report_.trap = trap_kind(aw_error_code(outcome.error));
    report_.error = with_limit(to_error(BridgeError(std::exchange(outcome.error, nullptr))), *report_.trap, limits_);
  } else {
    take_answer(outcome);
  }
  return state;
}

void WasmtimeInstance::take_answer(aw_outcome& outcome) {
  if (outcome.metadata) report_.metadata = metadata_of(*outcome.metadata);
  if (!outcome.has_text) return;
  if (outcome.state != AW_DONE || running_ == Export::health) {
    report_.text = owned(outcome.text);
  } else if (running_ == Export::supported_codecs) {
    report_.codecs.resize(outcome.text.len / sizeof(std::uint64_t));
    if (!report_.codecs.empty()) std::memcpy(report_.codecs.data(), outcome.text.ptr, outcome.text.len);
  } else {
    report_.reply = Bytes::copy_of(std::as_bytes(std::span(outcome.text.ptr, outcome.text.len)));
  }
}

MemoryUse WasmtimeInstance::memory() const noexcept {
  const aw_memory_stats stats = aw_instance_memory(instance_.get());
  return {stats.bytes, stats.peak_bytes, stats.refused_growths};
}

}  // namespace airssys::wasm
