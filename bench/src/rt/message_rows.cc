// send.1p, send.2p, pingpong, broadcast: what a message costs.
#include <array>

#include "airssys/base/assert.h"
#include "airssys/rt/broker.h"
#include "machine.h"

namespace airssys::bench {
namespace {

using rt::Address;
using rt::Context;
using rt::Turn;

constexpr std::uint64_t window = 512;  // messages that a producer may have under way
constexpr std::uint64_t acknowledged = 128;
constexpr std::uint64_t sends_min = 200'000;  // so many that waking the system does not count
constexpr std::uint64_t hops_min = 100'000;

// Tells a producer once per `acknowledged` of its messages, and the machine when all have come, each in its turn.
class Consumer final : public rt::Actor<Message> {
 public:
  explicit Consumer(Machine& machine) : machine_(machine) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.a != left[message.b]--) return fail(Code::internal, "a message out of turn");
    if (message.a % acknowledged == 0) AIRSSYS_TRY_VOID(producers[message.b].send({}));
    if (--total == 0) machine_.done();
    return Turn::done;
  }
  std::array<std::uint64_t, 2> left{};
  std::uint64_t total = 0;
  std::array<Address<Message>, 2> producers;

 private:
  Machine& machine_;
};

// The first message says how many; each later one is the consumer's acknowledgement.
class Producer final : public rt::Actor<Message> {
 public:
  Producer(Address<Message> to, std::uint64_t me) : to_(std::move(to)), me_(me) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.a != 0) {
      left_ = message.a;
      credit_ = window;
    } else {
      credit_ += acknowledged;
    }
    for (; left_ > 0 && credit_ > 0; --left_, --credit_) AIRSSYS_TRY_VOID(to_.send({left_, me_}));
    return Turn::done;
  }

 private:
  const Address<Message> to_;
  const std::uint64_t me_;
  std::uint64_t left_ = 0;
  std::uint64_t credit_ = 0;
};

struct SendRig {
  explicit SendRig(std::size_t count) : producers(count), machine({.mailbox_capacity = 4096}) {
    auto actor = std::make_unique<Consumer>(machine);
    consumer = actor.get();
    const auto to = machine.spawn(std::move(actor));
    for (std::size_t n = 0; n < producers; ++n) consumer->producers[n] = machine.spawn(std::make_unique<Producer>(to, n));
    machine.wait_idle();
  }

  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t each = std::max(n, sends_min) / producers;
    consumer->total = each * producers;
    consumer->left.fill(each);
    const auto start = [&]() -> Result<> {
      for (std::size_t p = 0; p < producers; ++p) AIRSSYS_TRY_VOID(consumer->producers[p].send({each, 0}));
      return {};
    };
    AIRSSYS_TRY(const Duration took, machine.until_done(start));
    machine.wait_idle();
    return Ran{each * producers, took};
  }

  const std::size_t producers;
  Machine machine;
  Consumer* consumer = nullptr;  // touched while the machine is idle only
};
struct OneProducer : SendRig {
  OneProducer() : SendRig(1) {}
};
struct TwoProducers : SendRig {
  TwoProducers() : SendRig(2) {}
};

class Pinging final : public rt::Actor<Message> {
 public:
  explicit Pinging(Machine& machine) : machine_(machine) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.a == 0)
      machine_.done();
    else
      AIRSSYS_TRY_VOID(other.send({message.a - 1, 0}));
    return Turn::done;
  }
  Address<Message> other;

 private:
  Machine& machine_;
};

struct PingRig {
  PingRig() {
    auto one = std::make_unique<Pinging>(machine);
    auto two = std::make_unique<Pinging>(machine);
    Pinging& first = *one;
    Pinging& second = *two;
    ball = machine.spawn(std::move(one));
    second.other = ball;
    first.other = machine.spawn(std::move(two));
    machine.wait_idle();
  }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t hops = std::max(n, hops_min);
    AIRSSYS_TRY(const Duration took, machine.until_done([&] { return ball.send({hops, 0}); }));
    return Ran{hops, took};
  }
  Machine machine;
  Address<Message> ball;
};

constexpr std::uint64_t subscribers = 100;
constexpr std::uint64_t publishes_per_round = 16;
constexpr std::uint64_t rounds_ahead = 2;  // under way at most: what the caches hold
constexpr std::uint64_t deliveries_min = 200'000;

// Tells the publisher once a round.
class Subscribed final : public rt::Actor<Message> {
 public:
  explicit Subscribed(Address<Message> publisher) : publisher_(std::move(publisher)) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.a != count_++) return fail(Code::internal, "a message out of turn");
    if (count_ % publishes_per_round == 0) AIRSSYS_TRY_VOID(publisher_.send({.b = count_ / publishes_per_round}));
    return Turn::done;
  }

 private:
  const Address<Message> publisher_;
  std::uint64_t count_ = 0;
};

// The first message says how many rounds; each later one is a subscriber's.
class Publisher final : public rt::Actor<Message> {
 public:
  Publisher(Machine& machine, rt::Broker<Message>& broker) : machine_(machine), broker_(broker) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.a != 0) {
      unpublished_ = unanswered_ = message.a;
      for (std::uint64_t n = 0; n < rounds_ahead; ++n) AIRSSYS_TRY_VOID(publish());
      return Turn::done;
    }
    auto& answers = answers_[message.b % rounds_ahead];
    if (++answers != subscribers) return Turn::done;
    answers = 0;
    if (--unanswered_ == 0) machine_.done();
    AIRSSYS_TRY_VOID(publish());
    return Turn::done;
  }

 private:
  Result<> publish() {
    if (unpublished_ == 0) return {};
    --unpublished_;
    for (std::uint64_t n = 0; n < publishes_per_round; ++n)
      if (broker_.publish(topic_, {published_++, 0}).delivered != subscribers)
        return fail(Code::internal, "a message was not delivered");
    return {};
  }

  Machine& machine_;
  rt::Broker<Message>& broker_;
  const Topic topic_ = *Topic::parse("bench.broadcast");
  std::uint64_t unpublished_ = 0;
  std::uint64_t unanswered_ = 0;
  std::array<std::uint64_t, rounds_ahead> answers_{};
  std::uint64_t published_ = 0;
};

struct BroadcastRig {
  BroadcastRig() : publisher(machine.spawn(std::make_unique<Publisher>(machine, broker))) {
    for (std::uint64_t n = 0; n < subscribers; ++n) {
      const bool subscribed = broker.subscribe("bench.*", machine.spawn(std::make_unique<Subscribed>(publisher))).has_value();
      AIRSSYS_ASSERT(subscribed, "subscription {}", n);
    }
    machine.wait_idle();
  }
  Result<Ran> run(std::uint64_t n) {
    constexpr std::uint64_t per_round = publishes_per_round * subscribers;
    const std::uint64_t rounds = std::max(n, deliveries_min) / per_round + 1;
    AIRSSYS_TRY(const Duration took, machine.until_done([&] { return publisher.send({rounds, 0}); }));
    machine.wait_idle();
    return Ran{rounds * per_round, took};
  }
  Machine machine;
  rt::Broker<Message> broker{machine.system()};
  Address<Message> publisher;
};

}  // namespace

void add_message_rows(Rows& rows) {
  rows["send.1p"] = row_of<OneProducer>([](SendRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["send.2p"] = row_of<TwoProducers>([](SendRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["broadcast"] = row_of<BroadcastRig>([](BroadcastRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["pingpong"] = row_of<PingRig>([](PingRig& rig, std::uint64_t n) { return rig.run(n); });
}

}  // namespace airssys::bench
