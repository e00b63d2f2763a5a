// EventLog keeps the latest events in a bounded ring; EventFan hands events to several observers (R0.14).
//
//   EventLog events(*platform, {.filter = EventFilter::from(Severity::info).without(EventFamily::broker)});
//   ActorSystem system(executor, log, {}, &events);
//   for (const LoggedEvent& event : events.latest()) …
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/events.h"

namespace airssys::rt {

struct LoggedEvent {
  std::uint64_t number = 0;  // 1, 2, … of this log
  Instant at{};
  EventFamily family{};
  Severity severity{};
  std::string_view kind;  // event_name; static
  ActorId actor{};        // whom it is about; 0: nobody, or nobody living
  std::string name;       // of that actor, or the one that could not be resolved
  std::string text;       // what else there is to say, in words
};

// Threads: any. An event costs its writer one copy and a short lock. Outlives the system.
class EventLog final : public EventSink {
 public:
  struct Options {
    std::size_t capacity = 1000;  // at least 1
    EventFilter filter = EventFilter::from(Severity::info);
  };
  explicit EventLog(const Platform& platform) : EventLog(platform, Options{}) {}
  EventLog(const Platform& platform, Options options);

  // The oldest first, at most `capacity`.
  [[nodiscard]] std::vector<LoggedEvent> latest() const;
  // Those no longer in here, pushed out by later ones.
  [[nodiscard]] std::uint64_t dropped() const;
  // All so far, those dropped included.
  [[nodiscard]] std::uint64_t count(EventFamily family, Severity severity) const;

  EventFilter interest() const noexcept override { return options_.filter; }
  void on_event(const SupervisionEvent& event) noexcept override;
  void on_actor_event(const ActorEvent& event) noexcept override;
  void on_system_event(const SystemEvent& event) noexcept override;
  void on_broker_event(const BrokerEvent& event) noexcept override;
  void on_dead_letter(const DeadLetter& letter) noexcept override;

 private:
  void add(LoggedEvent event) noexcept;

  const Platform& platform_;
  const Options options_;
  mutable std::mutex mutex_;
  std::vector<LoggedEvent> ring_;  // guarded, as all below; grows up to the capacity
  std::uint64_t added_ = 0;
  std::array<std::array<std::uint64_t, 4>, event_families> counts_{};
};

// Hands each event to those of its observers who want it, in their order. They outlive it.
class EventFan final : public EventSink {
 public:
  explicit EventFan(std::vector<EventSink*> sinks);

  EventFilter interest() const noexcept override;
  void on_event(const SupervisionEvent& event) noexcept override;
  void on_actor_event(const ActorEvent& event) noexcept override;
  void on_system_event(const SystemEvent& event) noexcept override;
  void on_broker_event(const BrokerEvent& event) noexcept override;
  void on_dead_letter(const DeadLetter& letter) noexcept override;

 private:
  struct Branch {
    EventSink* sink;
    EventFilter filter;
  };
  template <class Call>
  void each(EventFamily family, Severity severity, Call call) const noexcept;
  std::vector<Branch> branches_;
};

}  // namespace airssys::rt
