// Messages that go one way; requests are in guest_requests.cc, topics in guest_topics.cc.
#include "airssys/wasm/messaging/guest_messaging.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace airssys::wasm {
namespace {

// One more than any address has: what is longer is no address, and is not looked at any further.
constexpr std::size_t max_target_bytes = ComponentAddress::max_bytes + 1;

}  // namespace

GuestMessaging::GuestMessaging(Options options, PermissionGate& gate, const ComponentDirectory& directory, MessageBroker& broker,
                               Platform& platform, ComponentInbox& inbox, const CurrentCall& call)
    : options_(std::move(options)),
      self_text_(Bytes::copy_of(options_.self.text())),
      gate_(gate),
      directory_(directory),
      broker_(broker),
      platform_(platform),
      inbox_(inbox),
      stats_(inbox.stats()),
      call_(call),
      id_{platform.random(), 0} {}

GuestMessaging::~GuestMessaging() {
  for (const OwnSubscription& own : subscriptions_) broker_.unsubscribe(own.of_broker);
}

SendResult GuestMessaging::send_message(std::string_view target, std::span<const std::byte> payload) noexcept {
  SendResult failure;
  Route* const route = way_to(target, payload, Use::send, failure);
  return route ? deliver(*route, message_of(payload, MessageKind::fire_and_forget)) : failure;
}

void GuestMessaging::broadcast(std::span<const std::string_view> targets, std::span<const std::byte> payload, void* to,
                               EachSent each) noexcept {
  std::optional<Bytes> shared;
  std::size_t number = 0;
  for (const std::string_view target : targets) {
    if (number++ == max_broadcast_targets) {
      reason_ = fmt::format("a broadcast has at most {} targets", max_broadcast_targets);
      gate_.record_refusal(Action::messaging_broadcast, target, reason_);
    }
    if (number > max_broadcast_targets) {
      each(to, {SendFailure::delivery_failed, 0, reason_});
      continue;
    }
    SendResult sent;
    if (Route* const route = way_to(target, payload, Use::broadcast, sent)) {
      if (!shared) shared = Bytes::copy_of(payload);
      sent = deliver(*route, message_of(*shared, MessageKind::broadcast));
    }
    each(to, sent);
  }
}

MessageMetadata GuestMessaging::current_metadata() noexcept {
  MessageMetadata metadata;
  if (!call_.message) return metadata;  // there is nothing to know beside the message itself
  const ComponentMessage& whole = *call_.message;
  if (whole.more->reply && whole.kind() == ComponentMessage::Kind::message) {
    metadata.correlation_id = whole.message().id;
    metadata.reply_to = whole.message().sender.text();
  }
  if (!whole.more->topic.empty()) metadata.topic = whole.more->topic.text();
  if (const Instant deadline = call_.deadline(); deadline != Instant{})
    metadata.deadline = std::max(Duration::zero(), deadline - call_.context->recent());
  return metadata;
}

// --- where it goes

bool GuestMessaging::Route::takes(std::span<const std::byte> payload) const noexcept {
  return understood.size != 0 && payload.size() >= understood.size &&
         std::memcmp(understood.bytes.data(), payload.data(), understood.size) == 0;
}

Action GuestMessaging::action_of(Use use) noexcept {
  switch (use) {
    case Use::send: return Action::messaging_send;
    case Use::request: return Action::messaging_request;
    case Use::broadcast: return Action::messaging_broadcast;
  }
  return Action::messaging_send;
}

GuestMessaging::Route* GuestMessaging::way_to(std::string_view target, std::span<const std::byte> payload, Use use,
                                              SendResult& failure) {
  if (payload.size() > options_.max_message_bytes) [[unlikely]] {
    failure = too_large(action_of(use), target);
    return nullptr;
  }
  Route* const route = find(target);
  if (route && route->takes(payload)) [[likely]]
    return may_use(*route, use, failure) ? route : nullptr;
  return new_way_to(target, payload, use, failure);
}

GuestMessaging::Route* GuestMessaging::new_way_to(std::string_view target, std::span<const std::byte> payload, Use use,
                                                  SendResult& failure) {
  const Codec* const codec = codec_of(payload, action_of(use), target, failure);
  if (!codec) return nullptr;
  Route* route = find(target);
  if (route && !may_use(*route, use, failure)) return nullptr;
  if (!route) route = resolve(target, payload, use, failure);
  if (!route) return nullptr;
  if (!route->entry->codecs.takes(codec->code)) {
    failure = incompatible(*route, action_of(use), *codec);
    return nullptr;
  }
  route->understood = encode_prefix(split_payload(payload)->code);  // as it is spelled here, an alias too
  return route;
}

GuestMessaging::Route* GuestMessaging::find(std::string_view target) noexcept {
  if (last_ < routes_.size() && routes_[last_].target == target) return &routes_[last_];
  const auto found = std::ranges::find(routes_, target, &Route::target);
  if (found == routes_.end()) return nullptr;
  last_ = static_cast<std::size_t>(found - routes_.begin());
  return &*found;
}

bool GuestMessaging::may_use(Route& route, Use use, SendResult& failure) {
  AnyPermit& permit = route.permits[static_cast<std::size_t>(use)];
  switch (gate_.again(permit)) {
    case PermissionGate::Again::yes: return true;
    case PermissionGate::Again::no: failure = refused(gate_.last_denial()); return false;
    case PermissionGate::Again::changed: break;
  }
  const auto asked = ask_gate(use, route.entry->address);
  if (!asked) {
    failure = refused(*asked.error());
    return false;
  }
  permit = *asked;
  return true;
}

std::expected<AnyPermit, const Denial*> GuestMessaging::ask_gate(Use use, const ComponentAddress& target) {
  switch (use) {
    case Use::send: break;
    case Use::request: return gate_.check<Action::messaging_request>(target.text());
    case Use::broadcast:  // whoever may send to each of them may send to them together
      if (!gate_.would_allow(Action::messaging_broadcast, target.text())) break;
      return gate_.check<Action::messaging_broadcast>(target.text());
  }
  return gate_.check<Action::messaging_send>(target.text());
}

GuestMessaging::Route* GuestMessaging::resolve(std::string_view target, std::span<const std::byte> payload, Use use,
                                               SendResult& failure) {
  const auto address = ComponentAddress::parse(target.substr(0, max_target_bytes));
  if (!address) {
    reason_ = fmt::format("no address: {}", address.error().message());
    gate_.record_refusal(action_of(use), target, reason_);
    failure = {SendFailure::delivery_failed, 0, reason_};
    return nullptr;
  }
  const auto permit = ask_gate(use, *address);
  if (!permit) {
    failure = refused(*permit.error());
    return nullptr;
  }
  auto entry = directory_.resolve(*address);
  if (!entry) {
    failure = not_resolved(entry.error(), *address, payload);
    return nullptr;
  }
  if (!(*entry)->grants.allows_receive(options_.self)) {
    reason_ =
        fmt::format("'{}' does not receive from this component ([capabilities.messaging] receive_from)", address->short_text());
    gate_.record_refusal(Action::messaging_receive_from, address->text(), reason_);
    failure = {SendFailure::permission_denied, 0, reason_};
    return nullptr;
  }
  Route route{.target = std::string(target), .entry = *std::move(entry)};
  route.permits[static_cast<std::size_t>(use)] = *permit;
  return remember(std::move(route));
}

GuestMessaging::Route* GuestMessaging::remember(Route route) {
  if (routes_.size() < max_routes) {
    routes_.push_back(std::move(route));
    last_ = routes_.size() - 1;
  } else {
    last_ = next_victim_;
    next_victim_ = (next_victim_ + 1) % max_routes;
    routes_[last_] = std::move(route);
  }
  return &routes_[last_];
}

// --- why it does not

const Codec* GuestMessaging::codec_of(std::span<const std::byte> payload, Action action, std::string_view target,
                                      SendResult& failure) {
  const auto split = split_payload(payload);
  if (!split) {
    reason_ = fmt::format("its payload does not say its codec: {}", split.error());
    gate_.record_refusal(action, target, reason_);
    failure = {SendFailure::invalid_message, 0, reason_};
    return nullptr;
  }
  const Codec* const codec = find_codec(split->code);
  if (codec && codec->supported) return codec;
  gate_.record_refusal(action, target, fmt::format("no message is sent in codec {:#x}", split->code));
  failure = {SendFailure::unknown_codec, split->code, {}};
  return nullptr;
}

SendResult GuestMessaging::incompatible(const Route& route, Action action, const Codec& codec) {
  const ComponentAddress& receiver = route.entry->address;
  gate_.record_refusal(
      action, receiver.text(),
      fmt::format("'{}' does not understand {} ([serialization] supported_codecs)", receiver.short_text(), codec.name));
  incompatible_ = route.entry->codecs;
  const Codec* const common = find_common_codec(options_.codecs, incompatible_);
  return {SendFailure::codec_incompatible, codec.code, common ? common->name : std::string_view()};
}

SendResult GuestMessaging::too_large(Action action, std::string_view target) noexcept {
  gate_.record_refusal(action, target, "larger than max_message_bytes");
  return {SendFailure::message_too_large, options_.max_message_bytes, {}};
}

SendResult GuestMessaging::refused(const Denial& denial) noexcept {
  switch (denial.code) {
    case Code::exhausted: return {SendFailure::rate_limited, 0, denial.reason};
    case Code::unavailable: return {SendFailure::delivery_failed, 0, denial.reason};
    default: return {SendFailure::permission_denied, 0, denial.reason};
  }
}

SendResult GuestMessaging::not_resolved(const Error& why, const ComponentAddress& receiver, std::span<const std::byte> payload) {
  if (why.code() == Code::exhausted) {  // of its keys too many live: later there is room
    note(MessageEvent::rejected, receiver.text(), id_, "queue-full");
    return {SendFailure::queue_full, 0, {}};
  }
  tell_unresolved(receiver, payload);
  note(MessageEvent::rejected, receiver.text(), id_, "target-not-found");
  return {SendFailure::target_not_found, 0, {}};
}

void GuestMessaging::tell_unresolved(const ComponentAddress& receiver, std::span<const std::byte> payload) noexcept {
  if (!options_.dead_letters) return;
  options_.dead_letters->on_dead_letter(receiver, message_of(payload, MessageKind::fire_and_forget), DeadLetterReason::unresolved,
                                        true);
}

// --- into the mailbox

Message GuestMessaging::message_of(Bytes payload, MessageKind kind) {
  ++id_.low;
  return {.sender = self_text_, .payload = std::move(payload), .id = id_, .sent_at = platform_.wall_now(), .kind = kind};
}

SendResult GuestMessaging::deliver(Route& route, Message message) {
  const Instant deadline = call_.deadline();
  const MessageId id = message.id;
  rt::SendStatus status = broker_.deliver(route.entry, std::move(message), rt::WhenFull::wait, deadline);
  if (status == rt::SendStatus::ended && route.entry->has_successor) [[unlikely]] {
    const auto next = broker_.deliver_to_successor(directory_, route.entry, std::move(message), rt::WhenFull::wait, deadline);
    if (!next) {
      const SendResult failure = not_resolved(next.error(), route.entry->address, message.payload.span());
      forget(route);
      return failure;
    }
    status = *next;
  }
  switch (status) {
    case rt::SendStatus::sent:
      stats_.count(stats_.messages_out);
      note(MessageEvent::sent, route.entry->address.text(), id);
      return {};
    case rt::SendStatus::dropped: return {};  // as the receiver wants it; counted there
    case rt::SendStatus::full:
      note(MessageEvent::rejected, route.entry->address.text(), id, "queue-full");
      return {SendFailure::queue_full, 0, {}};
    case rt::SendStatus::timed_out:  // happens to threads that wait
    case rt::SendStatus::ended: break;
  }
  return forget(route);  // the runtime tells of a dead letter
}

SendResult GuestMessaging::forget(Route& route) noexcept {
  note(MessageEvent::rejected, route.entry->address.text(), id_, "target-not-found");
  routes_.erase(routes_.begin() + (&route - routes_.data()));
  return {SendFailure::target_not_found, 0, {}};
}

}  // namespace airssys::wasm
