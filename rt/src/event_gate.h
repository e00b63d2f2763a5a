// The way of a system's events to its observer: what that one does not want is not made.
#pragma once
#include <atomic>

#include "airssys/rt/events.h"

namespace airssys::rt {

inline void deliver(EventSink& sink, const SupervisionEvent& event) noexcept { sink.on_event(event); }
inline void deliver(EventSink& sink, const ActorEvent& event) noexcept { sink.on_actor_event(event); }
inline void deliver(EventSink& sink, const SystemEvent& event) noexcept { sink.on_system_event(event); }
inline void deliver(EventSink& sink, const BrokerEvent& event) noexcept { sink.on_broker_event(event); }
inline void deliver(EventSink& sink, const DeadLetter& letter) noexcept { sink.on_dead_letter(letter); }

// Threads: any.
class EventGate {
 public:
  // Null: nobody observes.
  explicit EventGate(EventSink* sink) noexcept : sink_(sink), filter_(sink ? sink->interest() : EventFilter::none()) {}

  [[nodiscard]] bool wants(EventFamily family, Severity severity) const noexcept {
    return filter_.wants(family, severity) && !closed_.load(std::memory_order_acquire);
  }
  // Hands over what `make` returns, if somebody wants it.
  template <class Make>
  void tell(EventFamily family, Severity severity, Make make) const {
    if (wants(family, severity)) deliver(*sink_, make());
  }
  // The observer may be gone from now on.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

 private:
  EventSink* const sink_;
  const EventFilter filter_;
  std::atomic<bool> closed_{false};
};

}  // namespace airssys::rt
