// send.1p, send.2p, pingpong: what a message costs.
#include <array>

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

}  // namespace

void add_message_rows(Rows& rows) {
  rows["send.1p"] = row_of<OneProducer>([](SendRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["send.2p"] = row_of<TwoProducers>([](SendRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["pingpong"] = row_of<PingRig>([](PingRig& rig, std::uint64_t n) { return rig.run(n); });
}

}  // namespace airssys::bench
