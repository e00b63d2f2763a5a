#include "airssys/rt/topic_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>
#include <utility>

#include "airssys/rt/system.h"
#include "system_core.h"

namespace airssys::rt {
namespace {

// Places looked at for an ended subscriber: with each new subscription, so that they do not gather where nobody publishes, and
// when there is no room.
constexpr std::uint32_t looks = 2;
constexpr std::uint32_t looks_when_full = 1024;

bool has_repeats(std::span<const Subscriber> who) {
  std::unordered_set<const Cell*> seen;
  return !std::ranges::all_of(who, [&](const Subscriber& one) { return seen.insert(one.cell.get()).second; });
}

}  // namespace

SubscriberList::SubscriberList(std::vector<Subscriber> who) : subscribers(std::move(who)), repeats(has_repeats(subscribers)) {}

Result<Subscription> TopicTable::add(const TopicPattern& pattern, const ActorRef& subscriber, std::shared_ptr<const void> with) {
  if (!subscriber) return fail(Code::invalid_argument, fmt::format("subscription to '{}' of an empty address", pattern.text()));
  Ref<Cell> ended;
  Subscription added;
  {
    const std::scoped_lock lock(mutex_);
    ended = locked_evict(looks);
    if (!ended && size_ >= max_subscriptions_) ended = locked_evict(looks_when_full);
    if (size_ < max_subscriptions_) added = locked_add(pattern, subscriber.cell_, std::move(with));
  }
  if (ended) tell(BrokerEvent::Kind::removed, *ended, {});
  if (added == Subscription{}) {
    tell(BrokerEvent::Kind::refused, *subscriber.cell_, pattern.text());
    return fail(Code::exhausted,
                fmt::format("max_subscriptions: the broker has {}; raise the limit or unsubscribe", max_subscriptions_));
  }
  tell(BrokerEvent::Kind::subscribed, *subscriber.cell_, pattern.text());
  return added;
}

Subscription TopicTable::locked_add(const TopicPattern& pattern, const Ref<Cell>& cell, std::shared_ptr<const void> with) {
  Node* node = &root_;
  for (Segments segments = pattern.segments(); !segments.empty();) {
    const std::string_view segment = segments.next();
    auto found = node->children.find(segment);
    if (found == node->children.end()) {
      found = node->children.emplace(std::string(segment), std::make_unique<Node>()).first;
      found->second->parent = node;
      found->second->segment = segment;
    }
    node = found->second.get();
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  Place& taken = places_[place];
  taken.node = node;
  taken.index = static_cast<std::uint32_t>(node->subscribers.size());
  const Subscription subscription{place, ++taken.generation};
  node->subscribers.push_back({cell, subscription, std::move(with)});
  node->list = {};
  ++size_;
  return subscription;
}

bool TopicTable::remove(Subscription subscription) {
  Ref<Cell> gone;
  {
    const std::scoped_lock lock(mutex_);
    gone = locked_remove(subscription);
  }
  if (gone) tell(BrokerEvent::Kind::unsubscribed, *gone, {});
  return static_cast<bool>(gone);
}

void TopicTable::remove_ended(std::span<const Subscription> subscriptions) {
  std::vector<Ref<Cell>> gone;
  {
    const std::scoped_lock lock(mutex_);
    for (const Subscription subscription : subscriptions) gone.push_back(locked_remove(subscription));
  }
  for (const Ref<Cell>& cell : gone)
    if (cell) tell(BrokerEvent::Kind::removed, *cell, {});
}

void TopicTable::remove_if(const std::function<bool(const Subscriber& who, const TopicPattern& pattern)>& gone) {
  std::vector<Ref<Cell>> removed;
  {
    const std::scoped_lock lock(mutex_);
    for (std::uint32_t n = 0; n < places_.size(); ++n) {
      const Place& place = places_[n];
      if (place.node && gone(place.node->subscribers[place.index], pattern_of(*place.node)))
        removed.push_back(locked_remove({n, place.generation}));
    }
  }
  for (const Ref<Cell>& cell : removed) tell(BrokerEvent::Kind::unsubscribed, *cell, {});
}

TopicPattern TopicTable::pattern_of(const Node& node) {
  std::string text = node.segment;
  for (const Node* above = node.parent; above && above->parent; above = above->parent) text = above->segment + '.' + text;
  return *TopicPattern::parse(text);
}

void TopicTable::tell(BrokerEvent::Kind kind, const Cell& subscriber, std::string_view pattern) const {
  system_.core_->events.tell(EventFamily::broker, severity_of(kind), [&] {
    return BrokerEvent{.kind = kind, .subscriber = subscriber.id(), .name = subscriber.name(), .pattern = pattern};
  });
}

Ref<Cell> TopicTable::locked_remove(Subscription subscription) {
  if (subscription.place >= places_.size()) return {};
  Place& place = places_[subscription.place];
  if (!place.node || place.generation != subscription.generation) return {};
  Node* const node = std::exchange(place.node, nullptr);
  Subscriber& gone = node->subscribers[place.index];
  Subscriber& last = node->subscribers.back();
  Ref<Cell> cell = std::move(gone.cell);
  places_[last.subscription.place].index = place.index;
  if (&gone != &last) gone = std::move(last);
  node->subscribers.pop_back();
  node->list = {};
  free_.push_back(subscription.place);
  --size_;
  prune(node);
  return cell;
}

// Looks at the next places for a subscriber that has ended, and removes it.
Ref<Cell> TopicTable::locked_evict(std::uint32_t at_most) {
  for (std::uint32_t n = 0; n < at_most && n < places_.size(); ++n) {
    hand_ = (hand_ + 1) % places_.size();
    const Place& place = places_[hand_];
    if (!place.node || !place.node->subscribers[place.index].cell->ended()) continue;
    return locked_remove({static_cast<std::uint32_t>(hand_), place.generation});
  }
  return {};
}

// Removes the node and those above it that are of no use any more.
void TopicTable::prune(Node* node) {
  while (node->parent && node->subscribers.empty() && node->children.empty()) {
    Node* const parent = node->parent;
    parent->children.erase(parent->children.find(node->segment));
    node = parent;
  }
}

// At most 8 segments, so at most 2^8 ways through the tree, and only those that somebody subscribed to.
template <class N, class Visit>
void TopicTable::each_match(N& node, Segments rest, Visit& visit) {
  const auto child = [&](std::string_view segment) -> N* {
    const auto found = node.children.find(segment);
    return found == node.children.end() ? nullptr : found->second.get();
  };
  if (N* const any = child(TopicPattern::rest); any && !any->subscribers.empty()) visit(*any);
  if (rest.empty()) {
    if (!node.subscribers.empty()) visit(node);
    return;
  }
  const std::string_view segment = rest.next();
  for (const std::string_view one : {segment, TopicPattern::one})
    if (N* const next = child(one)) each_match(*next, rest, visit);
}

SubscriberLists TopicTable::find(const Topic& topic) {
  SubscriberLists lists;
  bool complete = true;
  {
    const std::shared_lock lock(mutex_);
    const auto collect = [&](const Node& node) {
      complete = complete && node.list;
      lists.push_back(node.list);
    };
    each_match(std::as_const(root_), topic.segments(), collect);
  }
  if (complete) return lists;
  lists.clear();
  const std::scoped_lock lock(mutex_);
  const auto make = [&](Node& node) {
    if (!node.list) node.list = Ref<SubscriberList>::adopt(new SubscriberList(node.subscribers));
    lists.push_back(node.list);
  };
  each_match(root_, topic.segments(), make);
  return lists;
}

std::size_t TopicTable::size() const {
  const std::shared_lock lock(mutex_);
  return size_;
}

}  // namespace airssys::rt
