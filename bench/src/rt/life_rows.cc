// spawn, actor_bytes, restart, skynet: what an actor costs.
#include <fmt/format.h>

#include <vector>

#include "../process_figures.h"
#include "machine.h"

namespace airssys::bench {
namespace {

using rt::Address;
using rt::Context;
using rt::Turn;

constexpr std::uint64_t spawns_min = 50'000;
constexpr std::uint64_t spawns_per_turn = 256;
constexpr std::uint64_t restarts_min = 1'000;

// The last of many to have started says so.
class Started final : public rt::Actor<Message> {
 public:
  Started(Machine& machine, std::atomic<std::uint64_t>& left) : machine_(machine), left_(left) {}
  Result<Turn> pre_start(Context&) override {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) machine_.done();
    return Turn::done;
  }
  Result<Turn> handle(Message, Context&) override { return Turn::done; }

 private:
  Machine& machine_;
  std::atomic<std::uint64_t>& left_;
};

// Spawns as many as its message says.
class Spawner final : public rt::Actor<Message> {
 public:
  Spawner(Machine& machine, std::atomic<std::uint64_t>& left, std::vector<Address<Message>>& spawned)
      : machine_(machine),
        left_(left),
        spawned_(spawned) {}
  Result<Turn> handle(Message message, Context& context) override {
    const std::uint64_t now = std::min(message.a, spawns_per_turn);
    for (std::uint64_t n = 0; n < now; ++n) {
      AIRSSYS_TRY(auto address, context.system().spawn({}, std::make_unique<Started>(machine_, left_)));
      spawned_.push_back(std::move(address));
    }
    if (message.a > now) AIRSSYS_TRY_VOID(context.self<Message>().send({message.a - now, 0}));
    return Turn::done;
  }

 private:
  Machine& machine_;
  std::atomic<std::uint64_t>& left_;
  std::vector<Address<Message>>& spawned_;
};

struct SpawnRig {
  SpawnRig() : spawner(machine.spawn(std::make_unique<Spawner>(machine, left, spawned))) { machine.wait_idle(); }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, spawns_min);
    spawned.reserve(count);
    left.store(count, std::memory_order_relaxed);
    AIRSSYS_TRY(const Duration took, machine.until_done([&] { return spawner.send({count, 0}); }));
    machine.wait_idle();
    for (const auto& address : spawned) address.kill();
    spawned.clear();
    machine.wait_idle();
    if (const auto alive = machine.system().stats().alive; alive != 1)
      return fail(Code::internal, fmt::format("{} actors are alive after all were killed", alive - 1));
    return Ran{count, took};
  }
  std::atomic<std::uint64_t> left{0};
  std::vector<Address<Message>> spawned;
  Machine machine;
  Address<Message> spawner;
};

class Idle final : public rt::Actor<Message> {
 public:
  Idle(Machine& machine, std::atomic<std::uint64_t>& left) : machine_(machine), left_(left) {}
  Result<Turn> handle(Message, Context&) override {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) machine_.done();
    return Turn::done;
  }

 private:
  Machine& machine_;
  std::atomic<std::uint64_t>& left_;
};

// Of actors that have handled a message and wait for the next; their addresses are held and count. Only the first answer of a
// process is right: later ones find memory that an earlier one has left.
Result<double> actor_bytes(std::size_t count) {
  std::atomic<std::uint64_t> left{count};
  std::vector<Address<Message>> actors;
  Machine machine;
  machine.wait_idle();
  const double before = resident_bytes();
  actors.reserve(count);
  const auto start = [&]() -> Result<> {
    for (std::size_t n = 0; n < count; ++n) {
      actors.push_back(machine.spawn(std::make_unique<Idle>(machine, left)));
      AIRSSYS_TRY_VOID(actors.back().send({}));
    }
    return {};
  };
  AIRSSYS_TRY_VOID(machine.until_done(start));
  machine.wait_idle();
  return (resident_bytes() - before) / static_cast<double>(count);
}

class Crashing final : public rt::Actor<Message> {
 public:
  explicit Crashing(Address<Message> driver) : driver_(std::move(driver)) {}
  Result<Turn> pre_start(Context& context) override {
    AIRSSYS_TRY_VOID(driver_.send({.a = context.restarts()}));
    return Turn::done;
  }
  Result<Turn> handle(Message, Context&) override { return fail(Code::execution_failed, "crash"); }

 private:
  const Address<Message> driver_;
};

// Lets its child crash as often as the first message says, each time when the new one has answered.
class Driver final : public rt::Actor<Message> {
 public:
  explicit Driver(Machine& machine) : machine_(machine) {}
  Result<Turn> handle(Message message, Context&) override {
    if (message.b != 0) {
      left_ = message.b;
    } else if (message.a == 0) {  // the first of all
      return Turn::done;
    } else if (message.a != ++seen_) {
      return fail(Code::internal, "a restart was not counted");
    } else if (--left_ == 0) {
      machine_.done();
      return Turn::done;
    }
    AIRSSYS_TRY_VOID(child.send({}));
    return Turn::done;
  }
  Address<Message> child;

 private:
  Machine& machine_;
  std::uint64_t left_ = 0;
  std::uint64_t seen_ = 0;
};

struct RestartRig {
  RestartRig() {
    auto actor = std::make_unique<Driver>(machine);
    Driver& object = *actor;
    driver = machine.spawn(std::move(actor));
    // A window that holds nothing: as many restarts as the row takes.
    object.child = *machine.system().spawn(
        {.intensity = rt::RestartIntensity{1, Duration(1)}, .backoff = rt::Backoff{Duration::zero(), Duration::zero()}},
        [to = driver] { return std::make_unique<Crashing>(to); });
    machine.wait_idle();
  }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t count = std::max(n, restarts_min);
    AIRSSYS_TRY(const Duration took, machine.until_done([&] { return driver.send({0, count}); }));
    return Ran{count, took};
  }
  Machine machine;
  Address<Message> driver;
};

constexpr std::uint64_t skynet_leaves = 1'000'000;
constexpr std::uint64_t skynet_children = 10;
constexpr std::uint64_t skynet_actors = 1'111'111;

// A leaf answers its number, any other actor the sum of its ten children's answers; then it stops.
class Node final : public rt::Actor<std::uint64_t> {
 public:
  Node(Address<std::uint64_t> parent, std::uint64_t number, std::uint64_t leaves)
      : parent_(std::move(parent)),
        number_(number),
        leaves_(leaves) {}
  Result<Turn> pre_start(Context& context) override {
    if (leaves_ == 1) return answer(number_, context);
    const auto self = context.self<std::uint64_t>();
    const std::uint64_t each = leaves_ / skynet_children;
    for (std::uint64_t n = 0; n < skynet_children; ++n)
      AIRSSYS_TRY_VOID(context.system().spawn({}, std::make_unique<Node>(self, number_ + n * each, each)));
    return Turn::done;
  }
  Result<Turn> handle(std::uint64_t sum, Context& context) override {
    sum_ += sum;
    return ++answers_ == skynet_children ? answer(sum_, context) : Turn::done;
  }

 private:
  Result<Turn> answer(std::uint64_t sum, Context& context) {
    AIRSSYS_TRY_VOID(parent_.send(sum));
    context.stop();
    return Turn::done;
  }

  const Address<std::uint64_t> parent_;
  const std::uint64_t number_;
  const std::uint64_t leaves_;
  std::uint64_t answers_ = 0;
  std::uint64_t sum_ = 0;
};

class Root final : public rt::Actor<std::uint64_t> {
 public:
  Root(Machine& machine, std::uint64_t& sum) : machine_(machine), sum_(sum) {}
  Result<Turn> handle(std::uint64_t sum, Context&) override {
    sum_ = sum;
    machine_.done();
    return Turn::done;
  }

 private:
  Machine& machine_;
  std::uint64_t& sum_;
};

struct SkynetRig {
  Result<Ran> run() {
    const auto start = [&]() -> Result<> {
      AIRSSYS_TRY_VOID(machine.system().spawn({}, std::make_unique<Node>(root, 0, skynet_leaves)));
      return {};
    };
    AIRSSYS_TRY(const Duration took, machine.until_done(start));
    machine.wait_idle();
    if (sum != skynet_leaves * (skynet_leaves - 1) / 2)
      return fail(Code::internal, "the sum is wrong: an answer was lost or doubled");
    return Ran{skynet_actors, took};
  }
  std::uint64_t sum = 0;
  Machine machine;
  Address<std::uint64_t> root = machine.spawn(std::make_unique<Root>(machine, sum));
};

}  // namespace

void add_life_rows(Rows& rows) {
  rows["spawn"] = row_of<SpawnRig>([](SpawnRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["restart"] = row_of<RestartRig>([](RestartRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["skynet"] = row_of<SkynetRig>([](SkynetRig& rig, std::uint64_t) { return rig.run(); });
  rows["actor_bytes"] = [] { return actor_bytes(200'000); };
  rows["actor_bytes.1m"] = [] { return actor_bytes(1'000'000); };
}

}  // namespace airssys::bench
