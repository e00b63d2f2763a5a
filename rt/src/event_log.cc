#include "airssys/rt/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/base/units.h"

namespace airssys::rt {
namespace {

std::string words_of(const SupervisionEvent& event) {
  std::string text;
  const auto say = [&](std::string_view words) { text.append(text.empty() ? "" : ", ").append(words); };
  if (event.error) say(event.error->message());
  if (event.restarts > 0) say(fmt::format("{} restarts so far", event.restarts));
  if (event.cause != RestartCause::failure) say(fmt::format("with its {}", cause_name(event.cause)));
  if (event.delay > Duration::zero()) say(fmt::format("after {}", format_duration(event.delay)));
  return text;
}

}  // namespace

EventLog::EventLog(const Platform& platform, Options options) : platform_(platform), options_(options) {
  AIRSSYS_ASSERT(options.capacity > 0, "an event log without room");
}

void EventLog::add(LoggedEvent event) noexcept {
  event.at = platform_.now();
  const std::scoped_lock lock(mutex_);
  ++counts_[static_cast<std::size_t>(event.family)][static_cast<std::size_t>(event.severity)];
  event.number = ++added_;
  if (ring_.size() < options_.capacity)
    ring_.push_back(std::move(event));
  else
    std::swap(ring_[(added_ - 1) % options_.capacity], event);
}

std::vector<LoggedEvent> EventLog::latest() const {
  const std::scoped_lock lock(mutex_);
  std::vector<LoggedEvent> all = ring_;
  if (added_ > all.size()) std::ranges::rotate(all, all.begin() + static_cast<std::ptrdiff_t>(added_ % options_.capacity));
  return all;
}

std::uint64_t EventLog::dropped() const {
  const std::scoped_lock lock(mutex_);
  return added_ - ring_.size();
}

std::uint64_t EventLog::count(EventFamily family, Severity severity) const {
  const std::scoped_lock lock(mutex_);
  return counts_[static_cast<std::size_t>(family)][static_cast<std::size_t>(severity)];
}

void EventLog::on_event(const SupervisionEvent& event) noexcept {
  add({.family = EventFamily::supervision,
       .severity = severity_of(event.kind),
       .kind = event_name(event.kind),
       .actor = event.actor,
       .name = std::string(event.name),
       .text = words_of(event)});
}

void EventLog::on_actor_event(const ActorEvent& event) noexcept {
  add({.family = EventFamily::actor,
       .severity = severity_of(event.kind),
       .kind = event_name(event.kind),
       .actor = event.actor,
       .name = std::string(event.name),
       .text = format_duration(event.lasted)});
}

void EventLog::on_system_event(const SystemEvent& event) noexcept {
  add({.family = EventFamily::system,
       .severity = severity_of(event.kind),
       .kind = event_name(event.kind),
       .name = {},
       .text = fmt::format("{} actors alive", event.actors)});
}

void EventLog::on_broker_event(const BrokerEvent& event) noexcept {
  add({.family = EventFamily::broker,
       .severity = severity_of(event.kind),
       .kind = event_name(event.kind),
       .actor = event.subscriber,
       .name = std::string(event.name),
       .text = std::string(event.pattern)});
}

void EventLog::on_dead_letter(const DeadLetter& letter) noexcept {
  add({.family = EventFamily::mailbox,
       .severity = severity_of(letter.why),
       .kind = event_name(letter.why),
       .actor = letter.receiver,
       .name = std::string(letter.receiver_name),
       .text = letter.sender == ActorId{} ? std::string() : fmt::format("from actor {}", letter.sender.value())});
}

EventFan::EventFan(std::vector<EventSink*> sinks) {
  for (EventSink* const sink : sinks) branches_.push_back({sink, sink->interest()});
}

EventFilter EventFan::interest() const noexcept {
  EventFilter all = EventFilter::none();
  for (const Branch& branch : branches_) all = all.joined(branch.filter);
  return all;
}

template <class Call>
void EventFan::each(EventFamily family, Severity severity, Call call) const noexcept {
  for (const Branch& branch : branches_)
    if (branch.filter.wants(family, severity)) call(*branch.sink);
}

void EventFan::on_event(const SupervisionEvent& event) noexcept {
  each(EventFamily::supervision, severity_of(event.kind), [&](EventSink& sink) { sink.on_event(event); });
}
void EventFan::on_actor_event(const ActorEvent& event) noexcept {
  each(EventFamily::actor, severity_of(event.kind), [&](EventSink& sink) { sink.on_actor_event(event); });
}
void EventFan::on_system_event(const SystemEvent& event) noexcept {
  each(EventFamily::system, severity_of(event.kind), [&](EventSink& sink) { sink.on_system_event(event); });
}
void EventFan::on_broker_event(const BrokerEvent& event) noexcept {
  each(EventFamily::broker, severity_of(event.kind), [&](EventSink& sink) { sink.on_broker_event(event); });
}
void EventFan::on_dead_letter(const DeadLetter& letter) noexcept {
  each(EventFamily::mailbox, severity_of(letter.why), [&](EventSink& sink) { sink.on_dead_letter(letter); });
}

}  // namespace airssys::rt
