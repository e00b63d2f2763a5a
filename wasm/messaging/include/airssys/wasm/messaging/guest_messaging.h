// `airssys:core/messaging` for one instance of a component: the whole path of what it sends to somebody's mailbox, and of the
// answers that it waits for.
//
// Order of checks (R5.2): size, the codec of the payload, form of the target, the gate of the sender (capability, rate, audit),
// target exists, capability of the receiver, whether the receiver understands the codec, room in the mailbox. The capability
// comes before existence, so that a component learns nothing about names it was not granted. Where a message may go is
// remembered with its permits and the codec that it was sent in: an address outlives restarts, so a later message to the same
// target costs one comparison of its text, one of the payload's first bytes, one question to the gate, one copy of the payload
// and the enqueueing. A message to an address where nobody lives is answered so, and is a dead letter (R3.7).
//
// A request is an ask of the actor (rt/ask.h), which has exactly one outcome: the answer, its error, the time that is over, or
// the end of who was asked (R5.5). It comes to the instance that asked or to nobody: what another incarnation asked, or was
// cancelled, is dropped here. What is done while a request is handled has at most the time that its asker still waits (R5.6).
//
// Subscriptions end with this object. Refusals are the gate's to count, record and log.
// Threads: as HostFunctions: one call at a time, within a turn of the actor.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/base/topic.h"
#include "airssys/wasm/actor/current_call.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/codec_set.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/message_audit.h"
#include "airssys/wasm/core/operation.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/stats.h"
#include "airssys/wasm/messaging/message_broker.h"

namespace airssys::wasm {

class GuestMessaging final : public MessagingFunctions {
 public:
  // Targets remembered, and as many topics; more than these are looked up again each time they come round.
  static constexpr std::size_t max_routes = 64;
  // Requests that wait for their outcome at one time; then they are rate-limited.
  static constexpr std::size_t max_open_requests = 256;
  static constexpr std::uint64_t max_request_timeout_ms = 600'000;
  static constexpr std::size_t max_subscriptions = 256;  // R5.10
  static constexpr std::size_t max_broadcast_targets = 1024;

  struct Options {
    ComponentAddress self;
    CodecSet codecs = {};  // that it understands
    std::uint64_t max_message_bytes;
    DeadLetterSink* dead_letters = nullptr;  // told of what went nowhere; null: nobody
    MessageAudit* audit = nullptr;           // of each message; null: none
  };

  // All, also what `options` points to, outlive this. `inbox` is that of the instance.
  GuestMessaging(Options options, PermissionGate& gate, const ComponentDirectory& directory, MessageBroker& broker,
                 Platform& platform, ComponentInbox& inbox, const CurrentCall& call);
  ~GuestMessaging() override;

  SendResult send_message(std::string_view target, std::span<const std::byte> payload) noexcept override;
  SendResult send_request(std::string_view target, std::span<const std::byte> payload, std::uint64_t timeout_ms,
                          MessageId& request) noexcept override;
  SendResult cancel_request(MessageId request) noexcept override;
  void broadcast(std::span<const std::string_view> targets, std::span<const std::byte> payload, void* to,
                 EachSent each) noexcept override;
  SendResult publish(std::string_view topic, std::span<const std::byte> payload) noexcept override;
  SendResult subscribe(std::string_view pattern) noexcept override;
  SendResult unsubscribe(std::uint64_t subscription) noexcept override;
  std::span<const std::uint64_t> codecs_of_receiver() noexcept override { return incompatible_.codes(); }
  std::string_view self_id() noexcept override { return options_.self.text(); }
  MessageMetadata current_metadata() noexcept override;

  // As HostFunctionSet::end_request.
  [[nodiscard]] bool end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept;
  [[nodiscard]] std::size_t open_requests() const noexcept { return open_.size(); }

 private:
  // What a message goes there for: each has its own grants.
  enum class Use : std::uint8_t { send, request, broadcast };
  static constexpr std::size_t use_count = 3;

  // Where messages to one target go, as the guest spells it.
  struct Route {
    std::string target;
    std::shared_ptr<const DirectoryEntry> entry;
    std::array<AnyPermit, use_count> permits{};
    MulticodecPrefix understood{};  // what the latest payload that the receiver understands began with; empty: none yet
    [[nodiscard]] bool takes(std::span<const std::byte> payload) const noexcept;
  };
  struct TopicRoute {
    Topic topic;
    Bytes text;
    Permit<Action::messaging_publish> permit;
  };
  struct OpenRequest {
    std::uint64_t number;  // MessageId::low
    rt::PendingAsk ask;
    Duration timeout;
    std::shared_ptr<const DirectoryEntry> asked;  // for the audit; null: there is none
    [[nodiscard]] std::string_view target() const noexcept { return asked ? asked->address.text() : std::string_view(); }
  };
  struct OwnSubscription {
    std::uint64_t number;
    rt::Subscription of_broker;
  };

  // Null, with `failure` saying why, where it may not go, is not understood, or nobody is: that is not remembered, as it may be
  // otherwise later.
  Route* way_to(std::string_view target, std::span<const std::byte> payload, Use use, SendResult& failure);
  Route* new_way_to(std::string_view target, std::span<const std::byte> payload, Use use, SendResult& failure);
  Route* find(std::string_view target) noexcept;
  Route* resolve(std::string_view target, std::span<const std::byte> payload, Use use, SendResult& failure);
  Route* remember(Route route);
  bool may_use(Route& route, Use use, SendResult& failure);
  [[nodiscard]] std::expected<AnyPermit, const Denial*> ask_gate(Use use, const ComponentAddress& target);
  // Null, with `failure`, where its payload has none that messages may be sent in.
  const Codec* codec_of(std::span<const std::byte> payload, Action action, std::string_view target, SendResult& failure);
  SendResult incompatible(const Route& route, Action action, const Codec& codec);
  SendResult too_large(Action action, std::string_view target) noexcept;
  static SendResult refused(const Denial& denial) noexcept;
  SendResult not_resolved(const Error& why, const ComponentAddress& receiver, std::span<const std::byte> payload);
  void tell_unresolved(const ComponentAddress& receiver, std::span<const std::byte> payload) noexcept;
  Message message_of(std::span<const std::byte> payload, MessageKind kind) { return message_of(Bytes::copy_of(payload), kind); }
  Message message_of(Bytes payload, MessageKind kind);
  SendResult deliver(Route& route, Message message);
  void note(MessageEvent event, std::string_view peer, MessageId id, std::string_view why = {}) noexcept {
    if (options_.audit) [[unlikely]]
      options_.audit->record(event, options_.self, peer, id, why);
  }
  // The address no longer leads to who was found there.
  SendResult forget(Route& route) noexcept;
  static Action action_of(Use use) noexcept;

  // False, with `failure`: whoever waits for what is done now waits no longer.
  bool bound_by_deadline(const Route& route, Duration& timeout, SendResult& failure);
  [[nodiscard]] std::vector<OpenRequest>::iterator find_open(MessageId request) noexcept;
  void take_response(Bytes response, RequestOutcome& outcome);

  TopicRoute* way_to_topic(std::string_view topic, SendResult& failure);

  const Options options_;
  const Bytes self_text_;
  PermissionGate& gate_;
  const ComponentDirectory& directory_;
  MessageBroker& broker_;
  Platform& platform_;
  ComponentInbox& inbox_;
  ComponentStats& stats_;
  const CurrentCall& call_;
  std::vector<Route> routes_;
  std::size_t last_ = 0;  // the route used last: most components talk to one other
  std::size_t next_victim_ = 0;
  std::vector<TopicRoute> topics_;
  std::size_t next_topic_victim_ = 0;
  std::vector<OpenRequest> open_;  // in the order of their numbers
  std::vector<OwnSubscription> subscriptions_;
  std::uint64_t last_subscription_ = 0;
  std::shared_ptr<const TopicSubscriber> subscriber_;  // this instance, once it has subscribed
  std::string reason_;  // of the last SendResult
  CodecSet incompatible_;  // of the receiver of the last call, if it failed so
  MessageId id_;  // of the last message
};

}  // namespace airssys::wasm
