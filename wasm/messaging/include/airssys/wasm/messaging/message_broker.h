// MessageBroker: hands the messages of components to their receivers, and shows them to whoever watches (R3.7).
//
// The primary subscriber is the actor system: what was resolved to an address goes straight into the mailbox behind it, on the
// sender's thread, with no queue and no lock in between. What is published goes the same way into the mailbox of each subscriber,
// so one publisher's messages keep their order, and a mailbox that is full concerns that subscriber alone (R5.10): for it the
// message is a dead letter, as the publisher is not told. Secondary subscribers are taps: bounded, lossy, with a drop counter.
// They see what a mailbox has accepted, after that; they never delay a message, and without one a message pays a look at a flag.
//
// Threads: any. Outlives its senders; the system outlives it.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "airssys/base/topic.h"
#include "airssys/rt/broker.h"
#include "airssys/rt/topic_table.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/codec_set.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

struct DeliveredMessage {
  std::string receiver;  // `namespace/name/instance`
  Message message;
};
using MessageTap = rt::Tap<DeliveredMessage>;

struct PublishedMessage {
  std::string topic;
  Message message;
};
using TopicTap = rt::Tap<PublishedMessage>;

// One message to a topic; its payload is of a registered codec.
struct Publication {
  Message message;
  const Topic& topic;
  Bytes topic_text;
  std::uint64_t codec;
  Instant deadline = {};  // as ComponentMessage::More
};

// Who subscribed.
struct TopicSubscriber {
  ComponentMailbox mailbox;
  CodecSet codecs;
};

class MessageBroker {
 public:
  static constexpr std::uint32_t max_subscriptions = 65'536;  // of all components together

  explicit MessageBroker(rt::ActorSystem& system) : taps_(system), topics_(system, max_subscriptions), topic_taps_(system) {}

  // Into the receiver's mailbox; as ComponentMailbox::send.
  [[nodiscard]] rt::SendStatus deliver(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                       rt::WhenFull when_full = rt::WhenFull::refuse, Instant deadline = {}) {
    if (tapped_.load(std::memory_order_relaxed)) [[unlikely]]
      return deliver_and_show(receiver, std::move(message), when_full, deadline);
    return receiver->mailbox.send(std::move(message), when_full, deadline);
  }

  // After deliver has answered `ended` of a `receiver` that has a successor: to who lives at its address now, which becomes
  // `receiver`; the status is `ended` only when nobody follows any more. Errors: as ComponentDirectory::successor, and the
  // message is as it was.
  [[nodiscard, gnu::cold]] Result<rt::SendStatus> deliver_to_successor(const ComponentDirectory& directory,
                                                                       std::shared_ptr<const DirectoryEntry>& receiver,
                                                                       Message&& message,
                                                                       rt::WhenFull when_full = rt::WhenFull::refuse,
                                                                       Instant deadline = {});

  // A request of the actor in whose turn this is: as ComponentMailbox::request, or of the successor of a receiver that has
  // ended, which becomes `receiver`.
  template <class Next>
  [[nodiscard]] Result<rt::PendingAsk> request(rt::Context& context, const ComponentDirectory& directory,
                                               std::shared_ptr<const DirectoryEntry>& receiver, const Message& message,
                                               Duration timeout, Next next) {
    Result<rt::PendingAsk> asked = receiver->mailbox.request(context, message, timeout, next);
    while (!asked && asked.error().code() == Code::unavailable && receiver->has_successor) [[unlikely]] {
      AIRSSYS_TRY(receiver, directory.successor(*receiver));
      asked = receiver->mailbox.request(context, message, timeout, next);
    }
    if (asked && tapped_.load(std::memory_order_relaxed)) [[unlikely]]
      show(*receiver, message);
    return asked;
  }

  // To whoever subscribed to its topic, but for the actor `publisher`: once to each, however many of its patterns match. Never
  // blocks, nor holds the publisher up.
  rt::FanOut publish(const Publication& publication, rt::ActorId publisher = {});
  // exhausted: max_subscriptions.
  [[nodiscard]] Result<rt::Subscription> subscribe(const TopicPattern& pattern, std::shared_ptr<const TopicSubscriber> who);
  void unsubscribe(rt::Subscription subscription) { topics_.remove(subscription); }
  // Those of `who` to patterns that `granted` does not allow any more.
  void unsubscribe_ungranted(const ComponentAddress& who, const CapabilitySet& granted);

  // Sees what is accepted from now on by receivers that match. The topic of a message is its receiver's address with dots:
  // `default.echo.main`; so "**" is everything, "default.echo.*" every instance of echo. `capacity` messages wait at most.
  // invalid_argument: the pattern, the capacity; exhausted: there are 16 taps.
  [[nodiscard]] Result<MessageTap> tap(std::string_view pattern, std::size_t capacity);
  // The same of what is published to topics that match, whether anybody has subscribed or not.
  [[nodiscard]] Result<TopicTap> watch(std::string_view pattern, std::size_t capacity);

 private:
  [[gnu::cold]] rt::SendStatus deliver_and_show(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                                rt::WhenFull when_full, Instant deadline);
  [[gnu::cold]] void show(const DirectoryEntry& receiver, Message message);

  rt::Broker<DeliveredMessage> taps_;
  rt::TopicTable topics_;  // with a TopicSubscriber each
  rt::Broker<PublishedMessage> topic_taps_;
  std::atomic<bool> tapped_{false};  // there is or was one
  std::atomic<bool> watched_{false};
};

}  // namespace airssys::wasm
