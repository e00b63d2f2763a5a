#include "airssys/rt/events.h"

namespace airssys::rt {

std::string_view family_name(EventFamily family) noexcept {
  switch (family) {
    case EventFamily::supervision: return "supervision";
    case EventFamily::actor: return "actor";
    case EventFamily::system: return "system";
    case EventFamily::broker: return "broker";
    case EventFamily::mailbox: return "mailbox";
  }
  return "unknown";
}

std::string_view severity_name(Severity severity) noexcept {
  switch (severity) {
    case Severity::debug: return "debug";
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "unknown";
}

std::string_view event_name(SupervisionEvent::Kind kind) noexcept {
  using enum SupervisionEvent::Kind;
  switch (kind) {
    case started: return "started";
    case start_failed: return "start-failed";
    case crashed: return "crashed";
    case restarting: return "restarting";
    case gave_up: return "gave-up";
    case stopped: return "stopped";
    case killed: return "killed";
    case escalated: return "escalated";
    case unhealthy: return "unhealthy";
    case degraded: return "degraded";
    case healthy: return "healthy";
  }
  return "unknown";
}

Severity severity_of(SupervisionEvent::Kind kind) noexcept {
  using enum SupervisionEvent::Kind;
  switch (kind) {
    case started:
    case restarting:
    case stopped:
    case healthy: return Severity::info;
    case unhealthy:
    case degraded:
    case killed: return Severity::warning;
    case start_failed:
    case crashed:
    case escalated:
    case gave_up: return Severity::error;
  }
  return Severity::info;
}

std::string_view event_name(ActorEvent::Kind kind) noexcept {
  return kind == ActorEvent::Kind::long_turn ? "long-turn" : "long-turn-over";
}

Severity severity_of(ActorEvent::Kind kind) noexcept {
  return kind == ActorEvent::Kind::long_turn ? Severity::warning : Severity::info;
}

std::string_view event_name(SystemEvent::Kind kind) noexcept {
  using enum SystemEvent::Kind;
  switch (kind) {
    case shutdown_begun: return "shutdown-begun";
    case unstopped: return "unstopped";
    case ended: return "ended";
  }
  return "unknown";
}

Severity severity_of(SystemEvent::Kind kind) noexcept {
  return kind == SystemEvent::Kind::unstopped ? Severity::warning : Severity::info;
}

std::string_view event_name(BrokerEvent::Kind kind) noexcept {
  using enum BrokerEvent::Kind;
  switch (kind) {
    case subscribed: return "subscribed";
    case unsubscribed: return "unsubscribed";
    case removed: return "removed";
    case refused: return "refused";
  }
  return "unknown";
}

Severity severity_of(BrokerEvent::Kind kind) noexcept {
  using enum BrokerEvent::Kind;
  switch (kind) {
    case subscribed:
    case unsubscribed: return Severity::debug;
    case removed: return Severity::info;
    case refused: return Severity::warning;
  }
  return Severity::info;
}

std::string_view event_name(DeadLetter::Why why) noexcept {
  switch (why) {
    case DeadLetter::Why::ended: return "ended";
    case DeadLetter::Why::discarded: return "discarded";
    case DeadLetter::Why::expired: return "expired";
    case DeadLetter::Why::overflow: return "overflow";
    case DeadLetter::Why::unresolved: return "unresolved";
  }
  return "unknown";
}

Severity severity_of(DeadLetter::Why why) noexcept {
  return why == DeadLetter::Why::ended || why == DeadLetter::Why::expired ? Severity::info : Severity::warning;
}

}  // namespace airssys::rt
