// Broker: publish and subscribe over topics (R0.7).
//
//   Broker<Order> broker(system);
//   AIRSSYS_TRY(auto subscription, broker.subscribe("orders.**", address));
//   broker.publish(*Topic::parse("orders.eu.created"), order);   // from any actor or thread
//
// It is a table and no actor: who publishes puts the message into each subscriber's mailbox itself, so one publisher's
// messages keep their order at every subscriber, and a mailbox that is full concerns that subscriber alone. No lock is held
// meanwhile: a subscriber that is added or removed during a publish gets that message or does not.
//
// A subscription belongs to an address: it survives the actor's restarts, and ends with unsubscribe or with the actor, at
// the latest when a publish meets it or its place is needed. Two subscriptions of one actor that match a topic are two
// messages. Threads: any. The broker outlives whoever uses it; the system outlives the broker.
#pragma once
#include <algorithm>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/rt/fan_out.h"
#include "airssys/rt/system.h"
#include "airssys/rt/tap.h"
#include "airssys/rt/topic_table.h"

namespace airssys::rt {

struct BrokerLimits {
  std::uint32_t max_subscriptions = 65'536;
  std::uint32_t max_taps = 16;
};

template <class M>
class Broker {
  static_assert(std::copy_constructible<M>, "each subscriber gets a copy; publish a shared pointer to what is large");

 public:
  static constexpr std::size_t max_tap_capacity = 1 << 20;

  explicit Broker(ActorSystem& system, BrokerLimits limits = {})
      : system_(system),
        limits_(limits),
        table_(system, limits.max_subscriptions) {}

  // invalid_argument: the pattern, see topic.h, or an empty address; exhausted: max_subscriptions.
  Result<Subscription> subscribe(std::string_view pattern, const Address<M>& subscriber) {
    AIRSSYS_TRY(const TopicPattern wanted, TopicPattern::parse(pattern));
    return table_.add(wanted, subscriber);
  }
  // False: it had ended already. What was published before may still arrive.
  bool unsubscribe(Subscription subscription) { return table_.remove(subscription); }

  // Counted by subscription. Never blocks, except where a subscriber's mailbox does.
  FanOut publish(const Topic& topic, const M& message) {
    if (tapped_.load(std::memory_order_relaxed)) offer_to_taps(topic, message);
    FanOut counts;
    std::vector<Subscription> ended;
    for (const Ref<SubscriberList>& list : table_.find(topic))
      for (const Subscriber& subscriber : list->subscribers)
        if (deliver_copy(*subscriber.cell, message, counts)) ended.push_back(subscriber.subscription);
    if (!ended.empty()) table_.remove_ended(ended);
    return counts;
  }

  // To one actor: the system resolves the name to a mailbox, and the message goes there directly; see ActorSystem::send_to.
  Result<> send_to(std::string_view name, M message) { return system_.send_to(name, std::move(message)); }

  // Sees what is published from now on to topics that match. `capacity` messages wait at most, rounded up to a power of two
  // that is at least 2.
  // exhausted: max_taps; invalid_argument: the pattern, the capacity.
  Result<Tap<M>> tap(std::string_view pattern, std::size_t capacity) {
    AIRSSYS_TRY(TopicPattern wanted, TopicPattern::parse(pattern));
    if (capacity == 0 || capacity > max_tap_capacity) return fail(Code::invalid_argument, "a tap holds 1 to 2^20 messages");
    auto ring = Ref<TapRing<M>>::adopt(new TapRing<M>(std::move(wanted), std::max<std::size_t>(2, std::bit_ceil(capacity))));
    const std::scoped_lock lock(taps_mutex_);
    std::erase_if(taps_, [](const auto& tap) { return tap->closed(); });
    if (taps_.size() >= limits_.max_taps) return fail(Code::exhausted, "max_taps: raise the limit or end a tap");
    taps_.push_back(ring);
    tapped_.store(true, std::memory_order_relaxed);
    return Tap<M>(std::move(ring));
  }

  // Those of actors that have ended and were not met yet included.
  [[nodiscard]] std::size_t subscriptions() const { return table_.size(); }

 private:
  void offer_to_taps(const Topic& topic, const M& message) {
    const std::shared_lock lock(taps_mutex_);
    for (const auto& tap : taps_) tap->offer(topic, this_thread().actor, message);
  }

  ActorSystem& system_;
  const BrokerLimits limits_;
  TopicTable table_;
  std::atomic<bool> tapped_{false};  // there is or was one
  ReadMostlyMutex taps_mutex_;
  std::vector<Ref<TapRing<M>>> taps_;  // guarded
};

}  // namespace airssys::rt
