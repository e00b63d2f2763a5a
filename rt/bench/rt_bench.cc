// Rows `rt.*` of docs/performance.md, ours alone: the harness in bench/ sets them beside their peers. Message: 16 bytes; two
// workers, or one where it says so.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"

namespace airssys::rt {
namespace {

struct Message {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

struct Machine {
  explicit Machine(std::size_t workers, SystemLimits limits = {})
      : platform(real_platform()),
        executor(*platform, workers),
        system(executor, null_log(), limits) {}
  template <class A>
  Address<typename A::Message> spawn(std::unique_ptr<A> actor) {
    return *system.spawn({}, std::move(actor));
  }
  void wait_idle() { system.wait_idle(Instant::max()); }
  std::unique_ptr<Platform> platform;
  WorkStealingExecutor executor;
  ActorSystem system;
};

constexpr std::uint64_t window = 512;  // messages a producer may have under way
constexpr std::uint64_t acknowledged = 128;

class Producer;

// Tells each producer once per `acknowledged` of its messages.
class Consumer final : public Actor<Message> {
 public:
  Result<Turn> handle(Message message, Context&) override {
    benchmark::DoNotOptimize(message);
    if (++counts[message.b] % acknowledged == 0) AIRSSYS_TRY_VOID(producers[message.b].send({}));
    return Turn::done;
  }
  std::array<std::uint64_t, 2> counts{};
  std::array<Address<Message>, 2> producers;
};

// The first message says how many; each later one is a consumer's acknowledgement.
class Producer final : public Actor<Message> {
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

void send_from(benchmark::State& state, std::size_t producers) {
  constexpr std::uint64_t each = 1 << 20;
  Machine machine(2, {.mailbox_capacity = 4096});
  auto consumer = std::make_unique<Consumer>();
  Consumer& object = *consumer;
  const auto to = machine.spawn(std::move(consumer));
  for (std::size_t n = 0; n < producers; ++n) object.producers[n] = machine.spawn(std::make_unique<Producer>(to, n));
  machine.wait_idle();
  for (auto _ : state) {
    for (std::size_t n = 0; n < producers; ++n)
      if (!object.producers[n].send({each / producers, 0})) state.SkipWithError("refused");
    machine.wait_idle();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(each) * static_cast<std::int64_t>(state.iterations()));
}
void send_1p(benchmark::State& state) { send_from(state, 1); }
void send_2p(benchmark::State& state) { send_from(state, 2); }

class Pinging final : public Actor<Message> {
 public:
  Result<Turn> handle(Message message, Context&) override {
    if (message.a > 0) AIRSSYS_TRY_VOID(other.send({message.a - 1, 0}));
    return Turn::done;
  }
  Address<Message> other;
};

void pingpong(benchmark::State& state) {
  constexpr std::uint64_t hops = 1 << 19;
  Machine machine(2);
  auto one = std::make_unique<Pinging>();
  auto two = std::make_unique<Pinging>();
  Pinging& first = *one;
  Pinging& second = *two;
  const auto a = machine.spawn(std::move(one));
  const auto b = machine.spawn(std::move(two));
  machine.wait_idle();
  first.other = b;
  second.other = a;
  for (auto _ : state) {
    if (!a.send({hops, 0})) state.SkipWithError("refused");
    machine.wait_idle();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(hops) * static_cast<std::int64_t>(state.iterations()));
}

class Leaf final : public Actor<Message> {
 public:
  Result<Turn> handle(Message, Context& context) override {
    context.stop();
    return Turn::done;
  }
};

// Spawns as many as its message says, until their pre_start ran.
class Spawner final : public Actor<Message> {
 public:
  explicit Spawner(std::vector<Address<Message>>& spawned) : spawned_(spawned) {}
  Result<Turn> handle(Message message, Context& context) override {
    const std::size_t now = std::min<std::size_t>(message.a, 256);
    for (std::size_t n = 0; n < now; ++n) {
      AIRSSYS_TRY(auto address, context.system().spawn({}, std::make_unique<Leaf>()));
      spawned_.push_back(std::move(address));
    }
    if (message.a > now) AIRSSYS_TRY_VOID(context.self<Message>().send({message.a - now, 0}));
    return Turn::done;
  }

 private:
  std::vector<Address<Message>>& spawned_;
};

void spawn(benchmark::State& state) {
  constexpr std::uint64_t count = 50'000;
  for (auto _ : state) {
    state.PauseTiming();
    {
      std::vector<Address<Message>> spawned;
      spawned.reserve(count);
      Machine machine(2);
      const auto spawner = machine.spawn(std::make_unique<Spawner>(spawned));
      machine.wait_idle();
      state.ResumeTiming();
      if (!spawner.send({count, 0})) state.SkipWithError("refused");
      machine.wait_idle();
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * static_cast<std::int64_t>(state.iterations()));
}

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu %zu", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Idle actors that have handled a message; their addresses are held, 8 bytes each counted.
class Idle final : public Actor<Message> {
 public:
  Result<Turn> handle(Message, Context&) override { return Turn::done; }
};

void actor_bytes(benchmark::State& state) {
  constexpr std::size_t count = 200'000;
  for (auto _ : state) {
    Machine machine(2);
    std::vector<Address<Message>> actors;
    actors.reserve(count);
    machine.wait_idle();
    const std::size_t before = resident_bytes();
    for (std::size_t n = 0; n < count; ++n) {
      actors.push_back(machine.spawn(std::make_unique<Idle>()));
      if (!actors.back().send({})) state.SkipWithError("refused");
    }
    machine.wait_idle();
    state.counters["bytes"] = static_cast<double>(resident_bytes() - before) / count;
  }
}

class Crashing final : public Actor<Message> {
 public:
  Result<Turn> handle(Message message, Context& context) override {
    if (message.a == 0) return Turn::done;
    AIRSSYS_TRY_VOID(context.self<Message>().send({message.a - 1, 0}));
    return fail(Code::execution_failed, "crash");
  }
};

// Crash, supervisor, new object, next message.
void restart(benchmark::State& state) {
  constexpr std::uint64_t count = 1'000;
  Machine machine(2);
  for (auto _ : state) {
    state.PauseTiming();
    auto actor = machine.system.spawn(
        {.intensity = RestartIntensity{1'000, std::chrono::hours(1)}, .backoff = Backoff{Duration::zero(), Duration::zero()}},
        [] { return std::make_unique<Crashing>(); });
    machine.wait_idle();
    state.ResumeTiming();
    if (!actor->send({count, 0})) state.SkipWithError("refused");
    machine.wait_idle();
    if (actor->stats().restarts != count) state.SkipWithError("not restarted");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * static_cast<std::int64_t>(state.iterations()));
}

// A message from a plain thread to a sleeping system, until it is quiet again.
void wake(benchmark::State& state) {
  Machine machine(2);
  const auto actor = machine.spawn(std::make_unique<Idle>());
  machine.wait_idle();
  for (auto _ : state) {
    if (!actor.send({})) state.SkipWithError("refused");
    machine.wait_idle();
  }
}

BENCHMARK(send_1p)->Name("rt.send.1p")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(send_2p)->Name("rt.send.2p")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(pingpong)->Name("rt.pingpong")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(spawn)->Name("rt.spawn")->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(actor_bytes)->Name("rt.actor_bytes")->Iterations(1);
BENCHMARK(restart)->Name("rt.restart")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(wake)->Name("rt.wake")->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace airssys::rt

BENCHMARK_MAIN();
