// TopicTable: who subscribed to which pattern. For Broker, which knows the message type.
//
// Patterns stand in a tree of their segments, so that finding a topic's subscribers looks at no unrelated pattern. Each
// pattern keeps its subscribers as an immutable list, made anew by the first find after a change: whoever publishes holds
// the lists and no lock. Threads: any; finds do not disturb each other.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "airssys/base/topic.h"
#include "airssys/rt/address.h"
#include "airssys/rt/events.h"
#include "airssys/rt/read_mostly_mutex.h"

namespace airssys::rt {

// One subscription of one broker; a value. Never given twice.
struct Subscription {
  std::uint32_t place = 0;
  std::uint32_t generation = 0;  // 0: none
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

struct Subscriber {
  Ref<Cell> cell;
  Subscription subscription;
  std::shared_ptr<const void> with;  // of whoever subscribed it: what else is needed to reach it
};

struct SubscriberList final : RefCounted<SubscriberList> {
  explicit SubscriberList(std::vector<Subscriber> who);
  const std::vector<Subscriber> subscribers;
  const bool repeats;  // an actor is in it more than once

 private:
  friend class RefCounted<SubscriberList>;
  ~SubscriberList() = default;
};
using SubscriberLists = std::vector<Ref<SubscriberList>>;

class ActorSystem;

class TopicTable {
 public:
  // Tells the system's observer what comes and goes.
  TopicTable(const ActorSystem& system, std::uint32_t max_subscriptions) noexcept
      : system_(system),
        max_subscriptions_(max_subscriptions) {}

  // exhausted: max_subscriptions, none of which could be found to be of an actor that has ended.
  // invalid_argument: an empty address.
  Result<Subscription> add(const TopicPattern& pattern, const ActorRef& subscriber, std::shared_ptr<const void> with = nullptr);
  // False: it is not in here any more.
  bool remove(Subscription subscription);
  // Of actors that have ended.
  void remove_ended(std::span<const Subscription> subscriptions);
  // Those that `gone` says so of, which is asked about every one there is and must not come back here.
  void remove_if(const std::function<bool(const Subscriber& who, const TopicPattern& pattern)>& gone);
  // A list for each pattern that matches, none of them empty; the order is that of the patterns, not of time.
  [[nodiscard]] SubscriberLists find(const Topic& topic);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  // A prefix of patterns, and at the same time the pattern that ends here.
  struct Node {
    Node* parent = nullptr;
    std::string segment;
    std::unordered_map<std::string, std::unique_ptr<Node>, Hash, std::equal_to<>> children;
    std::vector<Subscriber> subscribers;
    Ref<SubscriberList> list;  // of them; null: has changed since, or there are none
  };
  struct Place {
    Node* node = nullptr;  // null: free
    std::uint32_t index = 0;  // among the node's subscribers
    std::uint32_t generation = 0;
  };

  void tell(BrokerEvent::Kind kind, const Cell& subscriber, std::string_view pattern) const;
  // All guarded by mutex_. Who was removed; null: nobody.
  Ref<Cell> locked_remove(Subscription subscription);
  Ref<Cell> locked_evict(std::uint32_t at_most);
  Subscription locked_add(const TopicPattern& pattern, const Ref<Cell>& cell, std::shared_ptr<const void> with);
  static void prune(Node* node);
  [[nodiscard]] static TopicPattern pattern_of(const Node& node);
  // Calls `visit` with every node whose pattern matches and that has subscribers.
  template <class N, class Visit>
  static void each_match(N& node, Segments rest, Visit& visit);

  const ActorSystem& system_;
  const std::uint32_t max_subscriptions_;
  mutable ReadMostlyMutex mutex_;
  Node root_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::size_t hand_ = 0;  // the place where the search for the ended goes on
};

}  // namespace airssys::rt
