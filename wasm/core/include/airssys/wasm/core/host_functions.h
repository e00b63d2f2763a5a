// What guests may call: one interface here for each interface of wit/core.wit that some module carries out.
//
// An object of these belongs to ONE component and holds its authority: grants, quotas and counters are checked inside, so
// whoever has the object may use it and nobody else can. The module that owns a service implements its interface
// (`wasm/messaging`, `wasm/services`); the runtime passes them through and knows no policy.
//
// Threads: called by the thread that runs the guest, one call at a time. Nothing here may block or throw.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/log.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/component_metadata.h"
#include "airssys/wasm/core/message.h"
#include "airssys/wasm/core/pending_operation.h"
#include "airssys/wasm/core/storage_functions.h"

namespace airssys::wasm {

// The cases of `messaging-error` in wit/core.wit, in its order, after `none`.
enum class SendFailure : std::uint8_t {
  none,
  target_not_found,
  permission_denied,
  queue_full,
  rate_limited,
  message_too_large,
  invalid_message,
  unknown_codec,
  codec_incompatible,
  invalid_timeout,
  unknown_request,
  delivery_failed
};

// Of every function of messaging. Views: valid until the next call of the same object.
struct SendResult {
  SendFailure failure = SendFailure::none;
  // message_too_large: the most that may be sent, in bytes. invalid_timeout: the most that may be asked for, in milliseconds.
  // unknown_codec, codec_incompatible: what was sent. None, of subscribe: which subscription it is.
  std::uint64_t number = 0;
  // permission_denied, invalid_message, delivery_failed: why. codec_incompatible: the codec to use instead; null: none.
  std::string_view reason = {};
};

// `message-metadata`: what is rarely asked about the message that is being handled. Views: valid until that is over.
struct MessageMetadata {
  std::optional<MessageId> correlation_id = std::nullopt;
  std::optional<std::string_view> reply_to = std::nullopt, topic = std::nullopt, content_type = std::nullopt,
                                  trace_context = std::nullopt;
  std::optional<Duration> deadline = std::nullopt;  // what was left of it when the message arrived
};

class MessagingFunctions {
 public:
  virtual ~MessagingFunctions() = default;
  virtual SendResult send_message(std::string_view target, std::span<const std::byte> payload) noexcept = 0;
  // Ok: `request` says which one it is; how it ends is told by the instance's handle-callback.
  virtual SendResult send_request(std::string_view target, std::span<const std::byte> payload, std::uint64_t timeout_ms,
                                  MessageId& request) noexcept = 0;
  virtual SendResult cancel_request(MessageId request) noexcept = 0;
  // Calls `each` with `to`, once for each target, in order.
  using EachSent = void (*)(void* to, const SendResult& sent) noexcept;
  virtual void broadcast(std::span<const std::string_view> targets, std::span<const std::byte> payload, void* to,
                         EachSent each) noexcept = 0;
  virtual SendResult publish(std::string_view topic, std::span<const std::byte> payload) noexcept = 0;
  virtual SendResult subscribe(std::string_view pattern) noexcept = 0;
  virtual SendResult unsubscribe(std::uint64_t subscription) noexcept = 0;
  // After codec_incompatible: what the receiver understands, in its order. Valid until the next call of this object.
  virtual std::span<const std::uint64_t> codecs_of_receiver() noexcept = 0;
  // `namespace/name/instance`; valid as long as the object.
  virtual std::string_view self_id() noexcept = 0;
  virtual MessageMetadata current_metadata() noexcept = 0;
};

// The cases of `services-error` in wit/core.wit, in its order, after `none`.
enum class ServicesFailure : std::uint8_t { none, permission_denied, not_found, failed };

struct MetadataResult {
  ServicesFailure failure = ServicesFailure::none;
  std::string reason = {};                                      // permission_denied
  std::shared_ptr<const ComponentMetadata> metadata = nullptr;  // none
};

struct HostCallResult {
  ServicesFailure failure = ServicesFailure::none;
  std::string reason = {};  // permission_denied, failed
  Bytes reply = {};         // none
};

class ServicesFunctions {
 public:
  virtual ~ServicesFunctions() = default;
  virtual void log(LogLevel level, std::string_view text, std::span<const LogField> fields) noexcept = 0;
  virtual WallTime current_time() noexcept = 0;
  virtual Instant monotonic_now() noexcept = 0;
  // Bytes fit for keys.
  virtual void fill_random(std::span<std::byte> bytes) noexcept = 0;
  // `namespace/name/instance`, in order.
  virtual std::vector<std::string> list_components() noexcept = 0;
  virtual MetadataResult component_metadata(std::string_view id) noexcept = 0;
  virtual HostCallResult call_host_function(std::string_view name, std::span<const std::byte> payload) noexcept = 0;
};

class CapabilitiesFunctions {
 public:
  virtual ~CapabilitiesFunctions() = default;
  virtual bool is_granted(std::string_view kind, std::string_view action, std::string_view target) noexcept = 0;
  // Valid as long as the object.
  virtual std::span<const GrantedCapability> granted() noexcept = 0;
};

class WaitingFunctions {
 public:
  virtual ~WaitingFunctions() = default;
  virtual std::unique_ptr<PendingOperation> sleep(Duration duration) noexcept = 0;
};

// Everything that one component may call. Outlives the instance that is made with it.
struct HostFunctions {
  MessagingFunctions& messaging;
  StorageFunctions& storage;
  ServicesFunctions& services;
  WaitingFunctions& waiting;
  CapabilitiesFunctions& capabilities;
};

}  // namespace airssys::wasm
