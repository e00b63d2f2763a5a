// What the runtime says about actors, as state, numbers and log lines of the component that each is about.
#pragma once
#include "airssys/base/log.h"
#include "airssys/rt/events.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/dead_letter.h"
#include "components.h"
#include "supervision.h"

namespace airssys::wasm {

// Threads: as rt::EventSink. All outlive this.
class Events final : public rt::EventSink {
 public:
  Events(const Components& components, const Supervision& supervision, ComponentDirectory& directory,
         DeadLetterSink& dead_letters, LogSink& log)
      : components_(components),
        supervision_(supervision),
        directory_(directory),
        dead_letters_(dead_letters),
        log_(log) {}

  void on_event(const rt::SupervisionEvent& event) noexcept override;
  void on_dead_letter(const rt::DeadLetter& letter) noexcept override;

 private:
  void on_supervisor(HostedSupervisor& supervisor, const rt::SupervisionEvent& event);
  void on_key(HostedActor& component, const rt::SupervisionEvent& event);
  void on_component(HostedActor& component, const rt::SupervisionEvent& event);
  void end(HostedActor& component, ComponentState state);
  void say(LogLevel level, std::string_view name, std::string_view what);
  void say_crash(std::string_view name, const Error& error);

  const Components& components_;
  const Supervision& supervision_;
  ComponentDirectory& directory_;
  DeadLetterSink& dead_letters_;
  LogSink& log_;
};

}  // namespace airssys::wasm
