// The life of one incarnation and its messages; how a call begins, waits and ends is in component_calls.cc.
#include "airssys/wasm/actor/component_actor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/core/never_woken.h"

namespace airssys::wasm {
namespace {

// Of a guest's own words in an error of ours.
constexpr std::size_t max_guest_text = 512;

std::string_view export_name(ComponentMessage::Kind kind) noexcept {
  switch (kind) {
    case ComponentMessage::Kind::message: return "handle-message";
    case ComponentMessage::Kind::operation: return "execute";
    case ComponentMessage::Kind::callback: return "handle-callback";
  }
  return "unknown";
}

// "failed: no such file", made safe for one line.
std::string answer_text(std::string_view variant, const CallReport& report) {
  return fmt::format("{}{}{}", variant, report.text.empty() ? "" : ": ", printable(report.text, max_guest_text));
}

std::string answer_text(ComponentMessage::Kind kind, const CallReport& report) {
  if (kind != ComponentMessage::Kind::operation) return answer_text(component_error_name(report.variant), report);
  if (report.variant == execution_error_unsupported_codec) return fmt::format("unsupported-codec: {:#x}", report.number);
  return answer_text(execution_error_name(report.variant), report);
}

}  // namespace

ComponentActor::ComponentActor(const ComponentDefinition& definition) : definition_(definition) {}

ComponentActor::~ComponentActor() {
  const bool has_message_in_hand = pending_ == Call::message;
  if (instance_) drop_instance();  // first: a suspended call still holds what end_call gives up
  end_call();
  if (has_message_in_hand) definition_.inbox.interrupted(std::move(message_));
  const bool never_began = definition_.stats.life.load(std::memory_order_relaxed) == ActorState::starting;
  enter(has_crashed_ || never_began ? ActorState::failed : ActorState::terminated);
}

void ComponentActor::drop_instance() {
  count_memory();
  instance_.reset();
  definition_.stats.memory_bytes.fetch_sub(std::exchange(memory_bytes_, 0), std::memory_order_relaxed);
  metadata_checked_ = false;
  messages_ = refused_growths_ = 0;
}

Result<rt::Turn> ComponentActor::start(rt::Context& context) {
  current_.context = &context;
  enter(ActorState::starting);
  if (!instance_) {
    functions_ = definition_.make_functions(context, definition_, current_);
    AIRSSYS_TRY(instance_, definition_.code->instantiate(functions_->functions(), definition_.limits));
    may_suspend_ = instance_->may_suspend();
    count_memory();
    // The code is the same that has answered before: a restart, or the next key, need not ask again.
    metadata_checked_ = definition_.metadata && definition_.metadata->get();
  }
  if (!metadata_checked_) {
    AIRSSYS_TRY(const rt::Turn turn, live_through(Call::metadata, context));
    if (turn == rt::Turn::parked) return turn;
    AIRSSYS_TRY_VOID(check_metadata());
    metadata_checked_ = true;
  }
  return live_through(Call::init, context);
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

// Loaded and initialised. Before anything else the message at which the incarnation before this one crashed.
Result<rt::Turn> ComponentActor::pre_start(rt::Context& context) {
  current_.context = &context;
  if (pending_ == Call::none && recycling_ == Recycling::no) {
    if (!definition_.inbox.has_second_attempt()) {
      enter(ActorState::ready);
      return rt::Turn::done;
    }
    message_ = definition_.inbox.take_second_attempt();
    if (definition_.inbox.set_aside(message_, context.now())) {
      message_ = {};
      enter(ActorState::ready);
      return rt::Turn::done;
    }
    definition_.stats.count(definition_.stats.retried);
  }
  return resume(context);
}

Result<rt::Turn> ComponentActor::handle(ComponentMessage message, rt::Context& context) {
  current_.context = &context;
  message.arrive();
  definition_.stats.count(definition_.stats.messages_in);
  if (definition_.inbox.has_poison() && definition_.inbox.set_aside(message, context.recent())) [[unlikely]]
    return rt::Turn::done;
  if (definition_.audit) [[unlikely]]
    note(message.more && message.more->reply ? MessageEvent::request_received : MessageEvent::received, message.message());
  if (!may_suspend_ && !message.more) {  // the common case, without what only a suspended call needs
    call_start_ = context.recent();
    return settle(message, instance_->handle_message(message.message(), never_woken), context);
  }
  if (message.more && nobody_waits_for(message, context)) return rt::Turn::done;
  message_ = std::move(message);
  return go_on_with_message(context);
}

void ComponentActor::note(MessageEvent event, const wasm::Message& message) {
  definition_.audit->record(event, definition_.address, message.sender.text(), message.id);
}

// A request whose time is over: an answer would be late, whatever it is.
bool ComponentActor::nobody_waits_for(ComponentMessage& message, const rt::Context& context) {
  if (!message.more->reply || message.more->deadline == Instant{} || context.now() < message.more->deadline) return false;
  definition_.stats.count(definition_.stats.lost);
  definition_.inbox.tell(message.message(), DeadLetterReason::expired, false);
  return true;
}

// Its place among the messages is here: the outcome of a request takes no room in the mailbox, as the request was its own.
Result<rt::Turn> ComponentActor::on_answer(MessageId request, Result<Bytes> answer, rt::Context& context) {
  current_.context = &context;
  RequestOutcome outcome;
  if (!functions_->end_request(request, std::move(answer), outcome)) return rt::Turn::done;
  definition_.stats.count(definition_.stats.messages_in);
  message_ = ComponentMessage::callback(request, std::move(outcome));
  return go_on_with_message(context);
}

Result<rt::Turn> ComponentActor::resume(rt::Context& context) {
  current_.context = &context;
  return recycling_ == Recycling::no ? go_on_with_message(context) : recycle(context);
}

Result<rt::Turn> ComponentActor::go_on_with_message(rt::Context& context) {
  const CallState state = advance(Call::message, context, definition_.limits.call_timeout);
  if (state == CallState::pending) {
    enter(ActorState::suspended);
    return rt::Turn::parked;
  }
  end_call();
  enter(ActorState::ready);
  ComponentMessage message = std::move(message_);
  return settle(message, state, context);
}

Result<rt::Turn> ComponentActor::settle(ComponentMessage& message, CallState state, rt::Context& context) {
  ComponentStats& stats = definition_.stats;
  note_call();
  stats.took(context.now() - call_start_);
  if (state == CallState::failed) {
    Error error = take_crash();
    definition_.inbox.crashed(std::move(message), error, context.recent(), context.platform());
    return std::unexpected(std::move(error));
  }
  stats.count(stats.handled);
  if (state == CallState::guest_error)
    log_guest_error(fmt::format("{} answered {}", export_name(message.kind()), answer_text(message.kind(), instance_->report())));
  if (message.more) answer(message, state);
  ++messages_;
  return is_worn_out() ? recycle(context) : rt::Turn::done;
}

// Whoever waits for an answer gets it.
void ComponentActor::answer(ComponentMessage& message, CallState state) {
  rt::Reply<Bytes>& reply = message.more->reply;
  if (!reply) return;
  CallReport& report = instance_->report();
  const auto told =
      state == CallState::done
          ? reply.send(std::exchange(report.reply, std::nullopt).value_or(Bytes()))
          : reply.fail(Error(Code::execution_failed, fmt::format("'{}' answered {}", definition_.address.short_text(),
                                                                 answer_text(message.kind(), report)))
                           .with("request-error", std::string(request_failure_name(RequestFailure::handler_error))));
  if (!told || *told == rt::Answered::in_time) return;
  definition_.stats.count(definition_.stats.late_responses);
  if (definition_.audit) note(MessageEvent::late_response, message.message());
}

Result<rt::Turn> ComponentActor::stop(rt::Context& context, const rt::ExitReason&) {
  current_.context = &context;
  enter(ActorState::stopping);
  AIRSSYS_TRY(const rt::Turn turn, live_through(Call::shutdown, context));
  if (turn == rt::Turn::parked) return turn;
  drop_instance();
  return rt::Turn::done;
}

// --- recycling

bool ComponentActor::is_worn_out() const noexcept {
  const RecyclePolicy& policy = definition_.recycle;
  return (policy.after_messages != 0 && messages_ >= policy.after_messages) ||
         (policy.at_memory != 0 && memory_bytes_ >= policy.at_memory);
}

Result<rt::Turn> ComponentActor::recycle(rt::Context& context) {
  if (recycling_ == Recycling::no) recycling_ = Recycling::shutting_down;
  if (recycling_ == Recycling::shutting_down) {
    const Result<rt::Turn> turn = live_through(Call::shutdown, context);
    if (turn && *turn == rt::Turn::parked) return turn;
    if (!turn) log_line(fmt::format("shutdown before its replacement failed: {}", turn.error().message()));
    has_crashed_ = false;  // the instance goes in any case
    drop_instance();
    recycling_ = Recycling::starting;
  }
  AIRSSYS_TRY(const rt::Turn turn, start(context));
  if (turn == rt::Turn::parked) return turn;
  recycling_ = Recycling::no;
  definition_.stats.count(definition_.stats.recycled);
  enter(ActorState::ready);
  return rt::Turn::done;
}

// --- health

rt::Health ComponentActor::health_check() {
  if (!instance_) return rt::Failed{"no instance"};
  return rt::Healthy{};
}

Result<rt::Turn> ComponentActor::ask_health(rt::Context& context, std::optional<rt::Health>& answer) {
  current_.context = &context;
  answer = health_check();
  if (!std::holds_alternative<rt::Healthy>(*answer)) return rt::Turn::done;
  answer.reset();
  const Duration timeout = definition_.limits.call_timeout;
  const CallState state = advance(Call::health, context, is_patient_no_more_ ? timeout : std::min(health_patience, timeout));
  if (state == CallState::pending) {
    if (!is_patient_no_more_ && context.now() - call_start_ >= health_patience) {
      is_patient_no_more_ = true;
      disarm();
      park(context, timeout);
      answer =
          rt::Degraded{fmt::format("health() has not answered within {} ms", health_patience / std::chrono::milliseconds(1))};
    }
    return rt::Turn::parked;
  }
  is_patient_no_more_ = false;
  end_call();
  note_call();
  if (state == CallState::failed) {
    context.crash(take_crash().within("health"));
    return rt::Turn::done;
  }
  const CallReport& report = instance_->report();
  std::string reason = report.text.empty() ? "it does not say why" : printable(report.text, max_guest_text);
  switch (static_cast<HealthStatus>(report.variant)) {
    case HealthStatus::degraded: answer = rt::Degraded{std::move(reason)}; break;
    case HealthStatus::unhealthy: answer = rt::Failed{std::move(reason)}; break;
    case HealthStatus::healthy:
    case HealthStatus::unknown: answer = rt::Healthy{}; break;
  }
  return rt::Turn::done;
}

// As a line of its own log: bounded in rate like whatever else it says.
void ComponentActor::log_line(std::string_view text) { functions_->functions().services.log(LogLevel::warn, text, {}); }

void ComponentActor::log_guest_error(std::string_view text) {
  definition_.stats.guest_errors.add();
  log_line(text);
}

// Of init, metadata and shutdown.
Result<rt::Turn> ComponentActor::live_through(Call call, rt::Context& context) {
  const CallState state = advance(call, context, definition_.limits.call_timeout);
  if (state == CallState::pending) return rt::Turn::parked;
  end_call();
  note_call();
  if (state == CallState::failed) return std::unexpected(take_crash());
  if (state == CallState::guest_error) {
    const std::string text = answer_text(ComponentMessage::Kind::message, instance_->report());
    if (call == Call::init) return fail(Code::execution_failed, fmt::format("init answered {}", text));
    log_guest_error(fmt::format("shutdown answered {}", text));
  }
  return rt::Turn::done;
}

}  // namespace airssys::wasm
