#include "events.h"

#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/units.h"
#include "airssys/wasm/actor/component_message.h"

namespace airssys::wasm {
namespace {

DeadLetterReason reason_of(rt::DeadLetter::Why why) noexcept {
  switch (why) {
    case rt::DeadLetter::Why::ended:
    case rt::DeadLetter::Why::unresolved: break;
    case rt::DeadLetter::Why::discarded: return DeadLetterReason::discarded;
    case rt::DeadLetter::Why::expired: return DeadLetterReason::expired;
    case rt::DeadLetter::Why::overflow: return DeadLetterReason::overflow;
  }
  return DeadLetterReason::unresolved;
}

// Whose limit it exceeded: its own, or that of its group.
std::string given_up_text(const HostedActor& component) {
  const auto& deployment = component.deployment;
  if (!component.parent || !component.parent->is_group())
    return fmt::format("given up: more than {} restarts within {}", deployment.max_restarts,
                       format_duration(deployment.restart_window));
  const SupervisorConfig& group = component.parent->config;
  return fmt::format("given up: more than {} restarts within {} below {}", group.max_restarts,
                     format_duration(group.restart_window), group.name);
}

constexpr std::string_view killed_text = "killed: it did not stop within its grace";

// "unhealthy: no memory is left".
std::string with_reason(std::string_view what, const rt::SupervisionEvent& event) {
  return fmt::format("{}: {}", what, event.error ? std::string_view(event.error->message()) : "no reason is known");
}

}  // namespace

void Events::on_event(const rt::SupervisionEvent& event) noexcept {
  if (event.actor == rt::ActorId{}) {
    if (HostedSupervisor* supervisor = supervision_.find(event.name)) on_supervisor(*supervisor, event);
  } else if (HostedActor* component = components_.find_address(event.name)) {
    component->has_keys() ? on_key(*component, event) : on_component(*component, event);
  }
}

// That instances come and go is nothing to tell; what goes wrong is, of each key.
void Events::on_key(HostedActor& component, const rt::SupervisionEvent& event) {
  if (event.error) component.set_last_error(*event.error);
  using Kind = rt::SupervisionEvent::Kind;
  switch (event.kind) {
    case Kind::crashed: say_crash(event.name, *event.error); break;
    case Kind::restarting: component.stats.restarts.add(); break;
    case Kind::start_failed: say(LogLevel::error, event.name, with_reason("did not start", event)); break;
    case Kind::gave_up: say(LogLevel::error, event.name, given_up_text(component) + "; it rests for that time"); break;
    case Kind::killed: say(LogLevel::warn, event.name, killed_text); break;
    case Kind::unhealthy: say(LogLevel::warn, event.name, with_reason("unhealthy", event)); break;
    case Kind::started:
    case Kind::stopped:
    case Kind::degraded:
    case Kind::healthy:
    case Kind::escalated: break;
  }
}

void Events::on_supervisor(HostedSupervisor& supervisor, const rt::SupervisionEvent& event) {
  if (event.error) supervisor.set_last_error(*event.error);
  const std::string& name = supervisor.config.name;
  using Kind = rt::SupervisionEvent::Kind;
  switch (event.kind) {
    case Kind::started:
      supervisor.set_state(ComponentState::running);
      say(LogLevel::info, name, fmt::format("restarted with all below it, {} so far", event.restarts));
      break;
    case Kind::restarting:
      supervisor.set_state(ComponentState::restarting);
      supervisor.restarts.add();
      break;
    case Kind::escalated:
      supervisor.set_state(ComponentState::restarting);
      say(LogLevel::error, name, "failed: what is below it failed too often, and is stopped");
      break;
    case Kind::gave_up:
      supervisor.set_state(ComponentState::given_up);
      say(LogLevel::error, name, "given up, with all below it");
      break;
    case Kind::stopped:
    case Kind::killed: supervisor.set_state(ComponentState::stopped); break;
    case Kind::start_failed:
    case Kind::crashed:  // of actors
    case Kind::unhealthy:
    case Kind::degraded:
    case Kind::healthy: break;
  }
}

void Events::on_component(HostedActor& component, const rt::SupervisionEvent& event) {
  if (event.error) component.set_last_error(*event.error);
  const std::string_view name = component.address.short_text();
  using Kind = rt::SupervisionEvent::Kind;
  switch (event.kind) {
    case Kind::started:
      component.set_state(ComponentState::running);
      component.set_health(ComponentHealth::healthy);
      say(LogLevel::info, name, event.restarts == 0 ? "started" : fmt::format("restarted, {} so far", event.restarts));
      break;
    case Kind::start_failed: end(component, ComponentState::failed); break;  // start() tells its caller
    case Kind::crashed: say_crash(name, *event.error); break;
    case Kind::restarting:
      component.set_state(ComponentState::restarting);
      component.stats.restarts.add();
      if (event.cause == rt::RestartCause::sibling)
        say(LogLevel::info, name, fmt::format("restarting with others below {}", event.supervisor));
      if (event.delay > Duration::zero())
        say(LogLevel::info, name, fmt::format("restarting in {}", format_duration(event.delay)));
      break;
    case Kind::gave_up:
      end(component, ComponentState::given_up);
      say(LogLevel::error, name, given_up_text(component));
      break;
    case Kind::stopped:
      end(component, ComponentState::stopped);
      say(LogLevel::info, name, "stopped");
      break;
    case Kind::killed:
      end(component, ComponentState::stopped);
      say(LogLevel::warn, name, killed_text);
      break;
    case Kind::unhealthy:
      component.set_health(ComponentHealth::unhealthy);
      say(LogLevel::warn, name, with_reason("unhealthy", event));
      break;
    case Kind::degraded:
      component.set_health(ComponentHealth::degraded);
      say(LogLevel::warn, name, with_reason("degraded", event));
      break;
    case Kind::healthy:
      component.set_health(ComponentHealth::healthy);
      say(LogLevel::info, name, "healthy again");
      break;
    case Kind::escalated: break;  // of supervisors
  }
}

void Events::on_dead_letter(const rt::DeadLetter& letter) noexcept {
  const auto* message = letter.message_as<ComponentMessage>();
  const auto receiver = ComponentAddress::parse(letter.receiver_name);
  if (!message || !receiver) return;
  dead_letters_.on_dead_letter(*receiver, message->message(), reason_of(letter.why), true);
}

void Events::end(HostedActor& component, ComponentState state) {
  component.set_state(state);
  component.inbox.close();
  directory_.remove(component.address);
}

void Events::say(LogLevel level, std::string_view name, std::string_view what) {
  log(log_, level, "supervisor", "{}: {}", name, what);
}

void Events::say_crash(std::string_view name, const Error& error) {
  const std::string_view trap = error.field("trap");
  say(LogLevel::error, name, fmt::format("crashed{}{}: {}", trap.empty() ? "" : ", ", trap, error.message()));
  // Frames, innermost first; the log line above says what, these say where.
  if (const auto frames = error.field("backtrace"); !frames.empty()) {
    std::string_view rest = frames;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      log(log_, LogLevel::debug, "supervisor", "{}:   at {}", name, line);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
}

}  // namespace airssys::wasm
