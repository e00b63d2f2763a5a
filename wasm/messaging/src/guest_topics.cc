// What a guest publishes and subscribes to (R5.10).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/wasm/messaging/guest_messaging.h"

namespace airssys::wasm {
namespace {

// One more than any topic has.
constexpr std::size_t max_topic_bytes = Topic::max_segments * (Topic::max_segment_bytes + 1);

}  // namespace

SendResult GuestMessaging::publish(std::string_view topic, std::span<const std::byte> payload) noexcept {
  if (payload.size() > options_.max_message_bytes) return too_large(Action::messaging_publish, topic);
  SendResult failure;
  const Codec* const codec = codec_of(payload, Action::messaging_publish, topic, failure);
  if (!codec) return failure;
  const TopicRoute* const route = way_to_topic(topic, failure);
  if (!route) return failure;
  const Publication publication{.message = message_of(payload, MessageKind::publish),
                                .topic = route->topic,
                                .topic_text = route->text,
                                .codec = codec->code,
                                .deadline = call_.deadline()};
  const rt::FanOut counts = broker_.publish(publication, call_.context->id());
  stats_.count(stats_.published);
  note(MessageEvent::published, topic, publication.message.id);
  stats_.count(stats_.messages_out, counts.delivered);
  if (counts.refused > 0 && options_.audit)
    note(MessageEvent::rejected, topic, publication.message.id, fmt::format("not taken by {} subscribers", counts.refused));
  return {};
}

GuestMessaging::TopicRoute* GuestMessaging::way_to_topic(std::string_view topic, SendResult& failure) {
  const auto found =
      std::ranges::find_if(topics_, [&](const TopicRoute& route) { return std::string_view(route.topic.text()) == topic; });
  if (found != topics_.end()) {
    switch (gate_.again(found->permit)) {
      case PermissionGate::Again::yes: return &*found;
      case PermissionGate::Again::no: failure = refused(gate_.last_denial()); return nullptr;
      case PermissionGate::Again::changed: break;
    }
  }
  auto parsed = Topic::parse(topic.substr(0, max_topic_bytes));
  if (!parsed) {
    reason_ = fmt::format("no topic: {}", parsed.error().message());
    gate_.record_refusal(Action::messaging_publish, topic, reason_);
    failure = {SendFailure::invalid_message, 0, reason_};
    return nullptr;
  }
  const auto permit = gate_.check<Action::messaging_publish>(topic);
  if (!permit) {
    failure = refused(*permit.error());
    return nullptr;
  }
  if (found != topics_.end()) {
    found->permit = *permit;
    return &*found;
  }
  TopicRoute route{.topic = *std::move(parsed), .text = Bytes::copy_of(topic), .permit = *permit};
  if (topics_.size() < max_routes) return &topics_.emplace_back(std::move(route));
  TopicRoute& victim = topics_[next_topic_victim_];
  next_topic_victim_ = (next_topic_victim_ + 1) % max_routes;
  victim = std::move(route);
  return &victim;
}

SendResult GuestMessaging::subscribe(std::string_view pattern) noexcept {
  const auto parsed = TopicPattern::parse(pattern.substr(0, max_topic_bytes));
  if (!parsed) {
    reason_ = fmt::format("no pattern of topics: {}", parsed.error().message());
    gate_.record_refusal(Action::messaging_subscribe, pattern, reason_);
    return {SendFailure::invalid_message, 0, reason_};
  }
  const std::uint64_t generation = gate_.generation();
  if (const auto permit = gate_.check<Action::messaging_subscribe>(pattern); !permit) return refused(*permit.error());
  const auto failed = [&](std::string reason) -> SendResult {
    reason_ = std::move(reason);
    gate_.record_refusal(Action::messaging_subscribe, pattern, reason_);
    return {SendFailure::delivery_failed, 0, reason_};
  };
  if (subscriptions_.size() >= max_subscriptions) return failed(fmt::format("it has {} subscriptions", max_subscriptions));
  AIRSSYS_ASSERT(call_.context, "'{}' subscribes outside of a call", options_.self.text());
  if (!subscriber_)
    subscriber_ = std::make_shared<const TopicSubscriber>(
        TopicSubscriber{ComponentMailbox(call_.context->self<ComponentMessage>(), inbox_), options_.codecs});
  const auto added = broker_.subscribe(*parsed, subscriber_);
  if (!added) return failed(added.error().message());
  // Whoever revoked the grant before the broker had this has not found it there.
  if (gate_.generation() != generation) {
    if (const auto still = gate_.check<Action::messaging_subscribe>(pattern); !still) {
      broker_.unsubscribe(*added);
      return refused(*still.error());
    }
  }
  subscriptions_.push_back({++last_subscription_, *added});
  return {SendFailure::none, last_subscription_, {}};
}

SendResult GuestMessaging::unsubscribe(std::uint64_t subscription) noexcept {
  const auto found = std::ranges::find(subscriptions_, subscription, &OwnSubscription::number);
  if (found == subscriptions_.end()) {
    gate_.record_refusal(Action::messaging_subscribe, fmt::format("subscription {}", subscription),
                         "no subscription of this instance, to be ended");
    return {SendFailure::unknown_request, 0, {}};
  }
  broker_.unsubscribe(found->of_broker);
  subscriptions_.erase(found);
  return {};
}

}  // namespace airssys::wasm
