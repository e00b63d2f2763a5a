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

}  // namespace

void Events::on_event(const rt::SupervisionEvent& event) noexcept {
  HostedComponent* component = components_.find_address(event.name);
  if (!component) return;
  if (event.error) component->set_last_error(*event.error);
  using Kind = rt::SupervisionEvent::Kind;
  switch (event.kind) {
    case Kind::started:
      component->set_state(ComponentState::running);
      say(LogLevel::info, *component, event.restarts == 0 ? "started" : fmt::format("restarted, {} so far", event.restarts));
      break;
    case Kind::start_failed: end(*component, ComponentState::failed); break;  // start() tells its caller
    case Kind::crashed: say_crash(*component, *event.error); break;
    case Kind::restarting:
      component->set_state(ComponentState::restarting);
      component->stats.restarts.add();
      if (event.delay > Duration::zero())
        say(LogLevel::info, *component, fmt::format("restarting in {}", format_duration(event.delay)));
      break;
    case Kind::gave_up:
      end(*component, ComponentState::given_up);
      say(LogLevel::error, *component,
          fmt::format("given up: more than {} restarts within {}", component->manifest.deployment.max_restarts,
                      format_duration(component->manifest.deployment.restart_window)));
      break;
    case Kind::stopped:
      end(*component, ComponentState::stopped);
      say(LogLevel::info, *component, "stopped");
      break;
    case Kind::killed:
      end(*component, ComponentState::stopped);
      say(LogLevel::warn, *component, "killed: it did not stop within its grace");
      break;
    case Kind::escalated:  // of supervisors; components are children of the root
    case Kind::unhealthy:  // components ask for no checks
    case Kind::degraded:
    case Kind::healthy: break;
  }
}

void Events::on_dead_letter(const rt::DeadLetter& letter) noexcept {
  const auto* message = letter.message_as<ComponentMessage>();
  const auto receiver = ComponentAddress::parse(letter.receiver_name);
  if (!message || !receiver) return;
  if (HostedComponent* component = components_.find(*receiver)) {
    if (letter.why == rt::DeadLetter::Why::overflow) component->stats.dropped.add();
    if (letter.why == rt::DeadLetter::Why::expired) component->stats.expired.add();
  }
  dead_letters_.on_dead_letter(*receiver, message->message, reason_of(letter.why), true);
}

void Events::end(HostedComponent& component, ComponentState state) {
  component.set_state(state);
  directory_.remove(component.address);
}

void Events::say(LogLevel level, const HostedComponent& component, std::string_view what) {
  log(log_, level, "supervisor", "{}: {}", component.address.short_text(), what);
}

void Events::say_crash(const HostedComponent& component, const Error& error) {
  const std::string_view trap = error.field("trap");
  say(LogLevel::error, component, fmt::format("crashed{}{}: {}", trap.empty() ? "" : ", ", trap, error.message()));
  // Frames, innermost first; the log line above says what, these say where.
  if (const auto frames = error.field("backtrace"); !frames.empty()) {
    std::string_view rest = frames;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      log(log_, LogLevel::debug, "supervisor", "{}:   at {}", component.address.short_text(), line);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
}

}  // namespace airssys::wasm
