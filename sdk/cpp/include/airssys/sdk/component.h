// A component in C++.
//
//   #include <airssys/sdk/component.h>
//
//   class Greeter : public airssys::component<Greeter> {
//    public:
//     airssys::answer handle(airssys::message message) { return "hello, " + std::string(message.text()); }
//   };
//   AIRSSYS_REGISTER_COMPONENT(Greeter)
//
// The object is made when the host calls `init` and lives until `shutdown`; a crash ends it without a destructor, and the
// supervisor's next instance starts from nothing. One call at a time, so members need no lock. Derived may define, with
// the signatures below: `about`, init(), health(), shutdown(); handle() it must.
#pragma once
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/sdk/config.h"
#include "airssys/sdk/detail/libc.h"
#include "airssys/sdk/error.h"
#include "airssys/sdk/log.h"
#include "airssys/sdk/message.h"
#include "airssys/sdk/messaging.h"
#include "airssys/sdk/time.h"

#ifndef AIRSSYS_COMPONENT_NAME
#define AIRSSYS_COMPONENT_NAME ""
#endif

namespace airssys {

// What the component says of itself; the manifest, not this, decides what it may do.
struct metadata {
  std::string_view name = AIRSSYS_COMPONENT_NAME;
  std::string_view version = "";  // empty: as the manifest says
  std::string_view description = "";
  std::string_view language = "cpp";
};

// In the order of the WIT.
enum class health_status : std::uint8_t { healthy, degraded, unhealthy, unknown };

struct health_report {
  health_status status = health_status::healthy;
  std::string reason;  // empty: none
};

template <class Derived>
class component {
 public:
  static constexpr metadata about{};

  // Called once, before any message.
  status init(const config&) { return {}; }
  // answer handle(message);  One message at a time; what it returns answers a request and is ignored otherwise.
  health_report health() { return {}; }
  // Called once, after the last message; not called after a crash.
  status shutdown() { return {}; }

 protected:
  component() = default;
  ~component() = default;
  component(const component&) = delete;
  component& operator=(const component&) = delete;
};

namespace detail {

inline wit_string give(std::string_view text) {
  bytes copy(text);
  const std::size_t size = copy.size();
  return {copy.release(), size};
}

inline void give(const error& from, airssys_core_types_component_error_t* to) {
  to->tag = static_cast<std::uint8_t>(from.kind);
  // All cases with a text share one place in the union.
  to->val.failed = give(from.text);
}

// The five exports for one type. The object lives in static storage because there is one per instance.
template <class Component>
class entry {
  static_assert(
      requires(Component& self, message got) { answer(self.handle(std::move(got))); },
      "a component needs a public `airssys::answer handle(airssys::message)`");

 public:
  static bool init(const airssys_core_types_component_config_t& raw, airssys_core_types_component_error_t* refusal) {
    unbuffer_stdout();
    const line_flush at_end;
    const config given(raw);
    if (self_) return give(error{error_kind::already_initialized, {}}, refusal), false;
    self_.emplace();
    status done = self_->init(given);
    if (done) return true;
    self_.reset();
    // What init() reports as a plain failure is an initialization that failed.
    if (done.error().kind == error_kind::failed) done.error().kind = error_kind::initialization_failed;
    return give(done.error(), refusal), false;
  }

  static bool handle(const airssys_core_types_message_t& raw, wit_answer* reply, airssys_core_types_component_error_t* refusal) {
    const line_flush at_end;
    message got(raw);
    if (!self_) return give(error{error_kind::not_initialized, {}}, refusal), false;
    answer done = self_->handle(std::move(got));
    if (!done) return give(done.error(), refusal), false;
    reply->is_some = done->has_value();
    if (reply->is_some) {
      const std::size_t size = (*done)->size();
      reply->val = {(*done)->release(), size};
    }
    return true;
  }

  static void metadata(airssys_core_types_component_metadata_t* to) {
    constexpr airssys::metadata about = Component::about;
    *to = {give(about.name), give(about.version), give(about.description), give(about.language)};
  }

  static void health(airssys_core_types_health_report_t* to) {
    const line_flush at_end;
    const health_report report = self_ ? self_->health() : health_report{health_status::unknown, "not initialized"};
    to->status = static_cast<airssys_core_types_health_status_t>(report.status);
    to->reason.is_some = !report.reason.empty();
    if (to->reason.is_some) to->reason.val = give(report.reason);
  }

  static bool shutdown(airssys_core_types_component_error_t* refusal) {
    const line_flush at_end;
    if (!self_) return give(error{error_kind::not_initialized, {}}, refusal), false;
    status done = self_->shutdown();
    self_.reset();
    if (done) return true;
    if (done.error().kind == error_kind::failed) done.error().kind = error_kind::shutdown_failed;
    return give(done.error(), refusal), false;
  }

 private:
  static inline constinit std::optional<Component> self_;
};

}  // namespace detail
}  // namespace airssys

// Once per component, at namespace scope, in any of its source files.
#define AIRSSYS_REGISTER_COMPONENT(Type)                                                                                   \
  extern "C" bool exports_airssys_core_lifecycle_init(exports_airssys_core_lifecycle_component_config_t* config,           \
                                                      exports_airssys_core_lifecycle_component_error_t* error) {           \
    return airssys::detail::entry<Type>::init(*config, error);                                                             \
  }                                                                                                                        \
  extern "C" bool exports_airssys_core_lifecycle_handle_message(exports_airssys_core_lifecycle_message_t* message,         \
                                                                airssys::detail::wit_answer* answer,                       \
                                                                exports_airssys_core_lifecycle_component_error_t* error) { \
    return airssys::detail::entry<Type>::handle(*message, answer, error);                                                  \
  }                                                                                                                        \
  extern "C" void exports_airssys_core_lifecycle_metadata(exports_airssys_core_lifecycle_component_metadata_t* metadata) { \
    airssys::detail::entry<Type>::metadata(metadata);                                                                      \
  }                                                                                                                        \
  extern "C" void exports_airssys_core_lifecycle_health(exports_airssys_core_lifecycle_health_report_t* report) {          \
    airssys::detail::entry<Type>::health(report);                                                                          \
  }                                                                                                                        \
  extern "C" bool exports_airssys_core_lifecycle_shutdown(exports_airssys_core_lifecycle_component_error_t* error) {       \
    return airssys::detail::entry<Type>::shutdown(error);                                                                  \
  }
