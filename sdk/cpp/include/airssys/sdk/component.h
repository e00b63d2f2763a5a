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
// the signatures below: `about`, init(), execute(), health(), supported_codecs(), shutdown(); handle() it must.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/sdk/config.h"
#include "airssys/sdk/detail/handlers.h"
#include "airssys/sdk/detail/libc.h"
#include "airssys/sdk/error.h"
#include "airssys/sdk/execution.h"
#include "airssys/sdk/log.h"
#include "airssys/sdk/message.h"
#include "airssys/sdk/messaging.h"
#include "airssys/sdk/metadata.h"
#include "airssys/sdk/payload.h"
#include "airssys/sdk/requests.h"
#include "airssys/sdk/time.h"
#include "airssys/sdk/topics.h"

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
  std::string_view author = "";
  std::string_view license = "";
  std::string_view api_version = "";
  std::string_view homepage = "";
  std::string_view repository = "";
  bool stateful = false;
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
  // answer handle(message);  One message at a time; what it returns answers a request and is ignored otherwise. Or of values:
  // Price handle(Item);      The message read by its codec (values.h), the answer written in the same; what cannot be read is the
  //                          error invalid-message. It may take the message beside, and answer a std::expected<Price, error>.
  // A call from outside of the host; `operation` may be taken.
  execution_answer execute(payload, const execution_context&) {
    return std::unexpected(execution_error{execution_errc::invalid_operation, "this component knows no operations"});
  }
  health_report health() { return {}; }
  // Multicodec codes of the payloads that it understands; none: it does not say.
  std::vector<std::uint64_t> supported_codecs() { return {}; }
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

inline void give(payload from, wit_bytes* to) {
  bytes wire = from.take_wire();
  const std::size_t size = wire.size();
  *to = {wire.release(), size};
}

inline void give(const error& from, airssys_core_types_component_error_t* to) {
  to->tag = static_cast<std::uint8_t>(from.kind);
  // All cases with a text share one place in the union.
  to->val.failed = give(from.text);
}

// The exports for one type. The object lives in static storage because there is one per instance.
template <class Component>
class entry {
  static_assert(
      takes_messages<Component> || requires { &Component::handle; },
      "a component needs a public `airssys::answer handle(airssys::message)`, or one that takes a value");

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
    auto got = message::adopt(raw);
    if (!self_) return give(error{error_kind::not_initialized, {}}, refusal), false;
    if (!got) return give(error{error_kind::invalid_message, std::string(got.error())}, refusal), false;
    answer done = handle(*std::move(got));
    if (!done) return give(done.error(), refusal), false;
    reply->is_some = done->has_value();
    if (reply->is_some) give(**std::move(done), &reply->val);
    return true;
  }

  static void metadata(airssys_core_types_component_metadata_t* to) {
    constexpr airssys::metadata about = Component::about;
    *to = {};
    to->name = give(about.name);
    to->version = give(about.version);
    to->description = give(about.description);
    to->author = give(about.author);
    to->license = give(about.license);
    to->language = give(about.language);
    to->api_version = give(about.api_version);
    to->homepage = give(about.homepage);
    to->repository = give(about.repository);
    to->stateful = about.stateful;
  }

  static bool execute(const wit_bytes& operation, const airssys_core_types_execution_context_t& raw, wit_bytes* reply,
                      airssys_core_types_execution_error_t* refusal) {
    const line_flush at_end;
    auto asked = payload::adopt(bytes::adopt(operation.ptr, operation.len));
    const bytes caller = bytes::adopt(raw.caller.ptr, raw.caller.len);
    if (raw.trace_context.is_some) bytes::adopt(raw.trace_context.val.ptr, raw.trace_context.val.len);
    const execution_context context{{raw.request.high, raw.request.low}, caller.text(), raw.timeout_ms};
    execution_answer done = operate(std::move(asked), context);
    if (!done) {
      refusal->tag = static_cast<std::uint8_t>(done.error().code);
      if (done.error().code == execution_errc::unsupported_codec) {
        refusal->val.unsupported_codec = done.error().codec;
      } else {
        refusal->val.invalid_operation = give(done.error().text);  // all texts share one place in the union
      }
      return false;
    }
    give(*std::move(done), reply);
    return true;
  }

  static bool handle_callback(const airssys_core_types_request_id_t& id, const wit_request_outcome& outcome,
                              airssys_core_types_component_error_t* refusal) {
    const line_flush at_end;
    const status done = outcome_hook ? outcome_hook({id.high, id.low}, outcome) : (static_cast<void>(take(outcome)), status());
    if (!done) give(done.error(), refusal);
    return done.has_value();
  }

  static void supported_codecs(wit_codecs* to) {
    const line_flush at_end;
    std::vector<std::uint64_t> codes = self_ ? self_->supported_codecs() : std::vector<std::uint64_t>();
    if constexpr (!takes_messages<Component>)
      if (codes.empty()) codes = {codec::borsh, codec::json};
    *to = {nullptr, codes.size()};
    if (codes.empty()) return;
    to->ptr = static_cast<std::uint64_t*>(std::malloc(codes.size() * sizeof codes.front()));
    if (!to->ptr) std::abort();
    for (std::size_t i = 0; i < codes.size(); ++i) to->ptr[i] = codes[i];
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
    topic_handlers.clear();
    pending_requests.clear();
    self_.reset();
    if (done) return true;
    if (done.error().kind == error_kind::failed) done.error().kind = error_kind::shutdown_failed;
    return give(done.error(), refusal), false;
  }

 private:
  static answer handle(message got) {
    if (got.kind() == message_kind::publish && publication_hook)
      if (auto done = publication_hook(got)) return *std::move(done);
    return call_component(*self_, std::move(got));
  }

  static execution_answer operate(std::expected<payload, std::string_view> asked, const execution_context& context) {
    if (!self_) return std::unexpected(execution_error{execution_errc::operation_failed, "not initialized"});
    if (!asked) return std::unexpected(execution_error{execution_errc::serialization_error, std::string(asked.error())});
    return self_->execute(*std::move(asked), context);
  }

  static inline constinit std::optional<Component> self_;
};

}  // namespace detail
}  // namespace airssys

// Once per component, at namespace scope, in any of its source files.
#define AIRSSYS_REGISTER_COMPONENT(Type)                                                                                    \
  extern "C" bool exports_airssys_core_lifecycle_init(exports_airssys_core_lifecycle_component_config_t* config,            \
                                                      exports_airssys_core_lifecycle_component_error_t* error) {            \
    return airssys::detail::entry<Type>::init(*config, error);                                                              \
  }                                                                                                                         \
  extern "C" bool exports_airssys_core_lifecycle_handle_message(exports_airssys_core_lifecycle_message_t* message,          \
                                                                airssys::detail::wit_answer* answer,                        \
                                                                exports_airssys_core_lifecycle_component_error_t* error) {  \
    return airssys::detail::entry<Type>::handle(*message, answer, error);                                                   \
  }                                                                                                                         \
  extern "C" bool exports_airssys_core_lifecycle_execute(                                                                   \
      airssys::detail::wit_bytes* operation, exports_airssys_core_lifecycle_execution_context_t* context,                   \
      airssys::detail::wit_bytes* answer, exports_airssys_core_lifecycle_execution_error_t* error) {                        \
    return airssys::detail::entry<Type>::execute(*operation, *context, answer, error);                                      \
  }                                                                                                                         \
  extern "C" bool exports_airssys_core_lifecycle_handle_callback(exports_airssys_core_lifecycle_request_id_t* request,      \
                                                                 airssys::detail::wit_request_outcome* outcome,             \
                                                                 exports_airssys_core_lifecycle_component_error_t* error) { \
    return airssys::detail::entry<Type>::handle_callback(*request, *outcome, error);                                        \
  }                                                                                                                         \
  extern "C" void exports_airssys_core_lifecycle_supported_codecs(airssys::detail::wit_codecs* codecs) {                    \
    airssys::detail::entry<Type>::supported_codecs(codecs);                                                                 \
  }                                                                                                                         \
  extern "C" void exports_airssys_core_lifecycle_metadata(exports_airssys_core_lifecycle_component_metadata_t* metadata) {  \
    airssys::detail::entry<Type>::metadata(metadata);                                                                       \
  }                                                                                                                         \
  extern "C" void exports_airssys_core_lifecycle_health(exports_airssys_core_lifecycle_health_report_t* report) {           \
    airssys::detail::entry<Type>::health(report);                                                                           \
  }                                                                                                                         \
  extern "C" bool exports_airssys_core_lifecycle_shutdown(exports_airssys_core_lifecycle_component_error_t* error) {        \
    return airssys::detail::entry<Type>::shutdown(error);                                                                   \
  }
