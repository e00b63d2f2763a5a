#include "airssys/wasm/messaging/message_broker.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace airssys::wasm {
namespace {

std::vector<const rt::Subscriber*> each_once(const rt::SubscriberLists& lists) {
  std::vector<const rt::Subscriber*> all;
  for (const rt::Ref<rt::SubscriberList>& list : lists)
    for (const rt::Subscriber& one : list->subscribers) all.push_back(&one);
  const auto who = [](const rt::Subscriber* one) { return one->cell->id().value(); };
  std::ranges::stable_sort(all, {}, who);
  const auto more = std::ranges::unique(all, {}, who);
  all.erase(more.begin(), more.end());
  return all;
}

}  // namespace

Result<MessageTap> MessageBroker::tap(std::string_view pattern, std::size_t capacity) {
  auto made = taps_.tap(pattern, capacity);
  if (made) tapped_.store(true, std::memory_order_relaxed);
  return made;
}

Result<TopicTap> MessageBroker::watch(std::string_view pattern, std::size_t capacity) {
  auto made = topic_taps_.tap(pattern, capacity);
  if (made) watched_.store(true, std::memory_order_relaxed);
  return made;
}

Result<rt::SendStatus> MessageBroker::deliver_to_successor(const ComponentDirectory& directory,
                                                           std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                                           rt::WhenFull when_full, Instant deadline) {
  rt::SendStatus status = rt::SendStatus::ended;
  while (status == rt::SendStatus::ended && receiver->has_successor) {
    AIRSSYS_TRY(receiver, directory.successor(*receiver));
    status = deliver(receiver, std::move(message), when_full, deadline);
  }
  return status;
}

rt::SendStatus MessageBroker::deliver_and_show(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                               rt::WhenFull when_full, Instant deadline) {
  Message copy = message;
  const rt::SendStatus status = receiver->mailbox.send(std::move(message), when_full, deadline);
  if (status == rt::SendStatus::sent) show(*receiver, std::move(copy));
  return status;
}

void MessageBroker::show(const DirectoryEntry& receiver, Message message) {
  const std::string& address = receiver.address.text();
  std::string text = address;
  std::ranges::replace(text, '/', '.');
  // An address has no part that a topic may not have.
  if (const auto topic = Topic::parse(text)) taps_.publish(*topic, {address, std::move(message)});
}

// --- topics

Result<rt::Subscription> MessageBroker::subscribe(const TopicPattern& pattern, std::shared_ptr<const TopicSubscriber> who) {
  const rt::ActorRef actor = who->mailbox.actor();
  return topics_.add(pattern, actor, std::move(who));
}

void MessageBroker::unsubscribe_ungranted(const ComponentAddress& who, const CapabilitySet& granted) {
  topics_.remove_if([&](const rt::Subscriber& one, const TopicPattern& pattern) {
    return static_cast<const TopicSubscriber*>(one.with.get())->mailbox.inbox().address() == who &&
           !granted.find(Action::messaging_subscribe, pattern);
  });
}

rt::FanOut MessageBroker::publish(const Publication& publication, rt::ActorId publisher) {
  rt::FanOut counts;
  const rt::SubscriberLists lists = topics_.find(publication.topic);
  rt::Ref<ComponentMessage::More> shared;
  if (!lists.empty()) {
    shared = ComponentMessage::More::make();
    shared->topic = publication.topic_text;
    shared->published = publication.message;
    shared->deadline = publication.deadline;
  }
  std::vector<rt::Subscription> ended;
  const auto deliver_to = [&](const rt::Subscriber& one) {
    if (one.cell->id() == publisher) return;
    const auto& to = *static_cast<const TopicSubscriber*>(one.with.get());
    if (!to.codecs.takes(publication.codec)) [[unlikely]] {
      ++counts.refused;
      to.mailbox.inbox().tell(publication.message, DeadLetterReason::incompatible, false);
      return;
    }
    ComponentMessage whole(shared);
    switch (to.mailbox.send(whole, rt::WhenFull::refuse)) {
      case rt::SendStatus::sent: ++counts.delivered; break;
      case rt::SendStatus::ended:
        ++counts.ended;
        ended.push_back(one.subscription);
        break;
      case rt::SendStatus::full:
      case rt::SendStatus::timed_out:
        to.mailbox.inbox().tell(publication.message, DeadLetterReason::overflow, false);
        [[fallthrough]];
      case rt::SendStatus::dropped: ++counts.refused; break;
    }
  };
  if (lists.size() == 1 && !lists.front()->repeats) {
    for (const rt::Subscriber& one : lists.front()->subscribers) deliver_to(one);
  } else {
    for (const rt::Subscriber* const one : each_once(lists)) deliver_to(*one);
  }
  if (!ended.empty()) topics_.remove_ended(ended);
  if (watched_.load(std::memory_order_relaxed)) [[unlikely]]
    topic_taps_.publish(publication.topic, {publication.topic.text(), publication.message});
  return counts;
}

}  // namespace airssys::wasm
