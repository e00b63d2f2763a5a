// airssys_bench_caf: the rows of the group `rt` in the C++ Actor Framework, with its own scheduler and defaults, two threads.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "../../src/serve.h"

namespace airssys::bench {
namespace {

using Number = std::uint64_t;

constexpr Number sends_min = 200'000;
constexpr Number hops_min = 100'000;
constexpr Number spawns_min = 50'000;
constexpr Number spawns_portion = 250;
constexpr Number asks_min = 20'000;
constexpr Number restarts_min = 1'000;
constexpr auto patience = std::chrono::seconds(60);

// From before `start` until somebody sends `self` ok_atom.
template <class Start>
Result<Duration> until_done(caf::scoped_actor& self, Start start) {
  const auto begin = std::chrono::steady_clock::now();
  start();
  bool done = false;
  self->receive([&](caf::ok_atom) { done = true; }, caf::after(patience) >> [] {});
  const auto took = std::chrono::steady_clock::now() - begin;
  if (!done) return fail(Code::timed_out, "a message was lost, or its receiver");
  return took;
}

template <class Actors>
void end_all(caf::scoped_actor& self, const Actors& actors) {
  for (const auto& actor : actors) caf::anon_send_exit(actor, caf::exit_reason::kill);
  self->wait_for(actors);
}

// --- messages

constexpr Number window = 512;  // messages that a producer may have under way, as on our side: faster than no bound, too
constexpr Number acknowledged = 128;

struct ConsumerState {
  Number left = 0;
};
caf::behavior consumer(caf::stateful_actor<ConsumerState>* self, Number total, const caf::actor& main) {
  self->state.left = total;
  return {[self, main](Number left, const caf::actor& producer) {
    if (left % acknowledged == 0) self->send(producer, caf::ok_atom_v);
    if (--self->state.left == 0) self->send(main, caf::ok_atom_v);
  }};
}

struct ProducerState {
  Number left = 0;
  Number credit = 0;
};
caf::behavior producer(caf::stateful_actor<ProducerState>* self, const caf::actor& to) {
  const auto produce = [self, to] {
    auto& [left, credit] = self->state;
    for (; left > 0 && credit > 0; --left, --credit) self->send(to, left, caf::actor(self));
  };
  return {[self, produce](Number count) {
            self->state = {.left = count, .credit = window};
            produce();
          },
          [self, produce](caf::ok_atom) {
            self->state.credit += acknowledged;
            produce();
          }};
}

Result<Ran> send(caf::actor_system& system, std::size_t producers, Number n) {
  caf::scoped_actor self(system);
  const Number each = std::max(n, sends_min) / producers;
  std::vector<caf::actor> actors{system.spawn(consumer, each * producers, caf::actor(self))};
  for (std::size_t p = 0; p < producers; ++p) actors.push_back(system.spawn(producer, actors.front()));
  AIRSSYS_TRY(const Duration took, until_done(self, [&] {
                for (std::size_t p = 1; p <= producers; ++p) self->send(actors[p], each);
              }));
  end_all(self, actors);
  return Ran{each * producers, took};
}

caf::behavior pinging(caf::event_based_actor* self, const caf::actor& main) {
  return {[self, main](Number left, const caf::actor& other) {
    if (left == 0)
      self->send(main, caf::ok_atom_v);
    else
      self->send(other, left - 1, caf::actor(self));
  }};
}

Result<Ran> pingpong(caf::actor_system& system, Number n) {
  caf::scoped_actor self(system);
  const Number hops = std::max(n, hops_min);
  const std::vector<caf::actor> actors{system.spawn(pinging, caf::actor(self)), system.spawn(pinging, caf::actor(self))};
  AIRSSYS_TRY(const Duration took, until_done(self, [&] { self->send(actors[0], hops, actors[1]); }));
  end_all(self, actors);
  return Ran{hops, took};
}

// --- actors

// Runs when the actor has its first turn; the last of a portion says so.
caf::behavior started(caf::event_based_actor* self, std::atomic<Number>* left, const caf::actor& spawner) {
  if (left->fetch_sub(1, std::memory_order_acq_rel) == 1) self->send(spawner, caf::ok_atom_v);
  return {[](Number) {}};
}

// Spawns the next portion when the last has started: a worker that steals goes through the whole queue of the other one, so a
// queue of 50 000 makes each spawn take 150 us.
struct SpawnerState {
  Number unspawned = 0;
};
caf::behavior spawner(caf::stateful_actor<SpawnerState>* self, std::atomic<Number>* left, std::vector<caf::actor>* spawned,
                      const caf::actor& main) {
  const auto next = [self, left, spawned] {
    const Number now = std::min(self->state.unspawned, spawns_portion);
    self->state.unspawned -= now;
    left->store(now, std::memory_order_relaxed);
    for (Number n = 0; n < now; ++n) spawned->push_back(self->spawn(started, left, caf::actor(self)));
  };
  return {[self, next](Number count) {
            self->state.unspawned = count;
            next();
          },
          [self, next, main](caf::ok_atom) {
            if (self->state.unspawned > 0)
              next();
            else
              self->send(main, caf::ok_atom_v);
          }};
}

Result<Ran> spawn(caf::actor_system& system, Number n) {
  caf::scoped_actor self(system);
  const Number count = std::max(n, spawns_min);
  std::atomic<Number> left{0};
  std::vector<caf::actor> spawned;
  spawned.reserve(count);
  const caf::actor by = system.spawn(spawner, &left, &spawned, caf::actor(self));
  AIRSSYS_TRY(const Duration took, until_done(self, [&] { self->send(by, count); }));
  end_all(self, std::vector{by});
  end_all(self, spawned);
  return Ran{count, took};
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

caf::behavior idle(caf::event_based_actor* self, std::atomic<Number>* left, const caf::actor& main) {
  return {[self, left, main](Number, Number) {
    if (left->fetch_sub(1, std::memory_order_acq_rel) == 1) self->send(main, caf::ok_atom_v);
  }};
}

Result<double> actor_bytes(caf::actor_system& system, Number count) {
  caf::scoped_actor self(system);
  std::atomic<Number> left{count};
  const std::size_t before = resident_bytes();
  std::vector<caf::actor> actors;
  actors.reserve(count);
  AIRSSYS_TRY_VOID(until_done(self, [&] {
    for (Number n = 0; n < count; ++n) {
      actors.push_back(system.spawn(idle, &left, caf::actor(self)));
      self->send(actors.back(), n, n);
    }
  }));
  const auto bytes = static_cast<double>(resident_bytes() - before) / static_cast<double>(count);
  end_all(self, actors);
  return bytes;
}

// CAF has no supervisors: one monitors its child, and spawns another in its place.
caf::behavior crashing(caf::event_based_actor* self, const caf::actor& driver) {
  self->send(driver, caf::actor(self));
  return {[self](Number) { self->quit(make_error(caf::sec::runtime_error)); }};
}

caf::behavior supervisor(caf::event_based_actor* self, const caf::actor& driver) {
  self->set_down_handler([self, driver](const caf::down_msg&) { self->spawn<caf::monitored>(crashing, driver); });
  self->spawn<caf::monitored>(crashing, driver);
  return {[](Number) {}};
}

struct DriverState {
  Number left = 0;
  caf::actor child;
};
caf::behavior driver(caf::stateful_actor<DriverState>* self, const caf::actor& main) {
  return {[self](Number count) {
            self->state.left = count;
            self->send(self->state.child, Number{0});
          },
          [self, main](const caf::actor& child) {
            self->state.child = child;
            if (self->state.left == 0 || --self->state.left == 0)
              self->send(main, caf::ok_atom_v);
            else
              self->send(child, Number{0});
          }};
}

Result<Ran> restart(caf::actor_system& system, Number n) {
  caf::scoped_actor self(system);
  const Number count = std::max(n, restarts_min);
  const caf::actor by = system.spawn(driver, caf::actor(self));
  caf::actor above;
  AIRSSYS_TRY_VOID(until_done(self, [&] { above = system.spawn(supervisor, by); }));
  AIRSSYS_TRY(const Duration took, until_done(self, [&] { self->send(by, count); }));
  end_all(self, std::vector{above, by});
  return Ran{count, took};
}

constexpr Number skynet_leaves = 1'000'000;
constexpr Number skynet_children = 10;
constexpr Number skynet_actors = 1'111'111;

struct NodeState {
  Number answers = 0;
  Number sum = 0;
};
caf::behavior node(caf::stateful_actor<NodeState>* self, const caf::actor& parent, Number number, Number leaves) {
  if (leaves == 1) {
    self->send(parent, number);
    return {};
  }
  const Number each = leaves / skynet_children;
  for (Number n = 0; n < skynet_children; ++n) self->spawn(node, caf::actor(self), number + n * each, each);
  return {[self, parent](Number sum) {
    self->state.sum += sum;
    if (++self->state.answers < skynet_children) return;
    self->send(parent, self->state.sum);
    self->quit();
  }};
}

Result<Ran> skynet(caf::actor_system& system) {
  caf::scoped_actor self(system);
  const auto begin = std::chrono::steady_clock::now();
  system.spawn(node, caf::actor(self), Number{0}, skynet_leaves);
  Number sum = 0;
  self->receive([&](Number found) { sum = found; }, caf::after(patience) >> [] {});
  const auto took = std::chrono::steady_clock::now() - begin;
  if (sum != skynet_leaves * (skynet_leaves - 1) / 2) return fail(Code::internal, "the sum is wrong: an answer was lost");
  return Ran{skynet_actors, took};
}

// --- asks

caf::behavior answering() {
  return {[](Number asked) { return asked; }};
}

struct AskerState {
  Number unasked = 0;
  Number unanswered = 0;
};
using Asker = caf::stateful_actor<AskerState>;

void ask(Asker* self, const caf::actor& whom, const caf::actor& main) {
  --self->state.unasked;
  self->request(whom, caf::infinite, self->state.unasked).then([self, whom, main](Number) {
    if (self->state.unasked > 0) ask(self, whom, main);
    if (--self->state.unanswered == 0) self->send(main, caf::ok_atom_v);
  });
}

caf::behavior asker(Asker* self, const caf::actor& whom, const caf::actor& main, Number outstanding) {
  return {[self, whom, main, outstanding](Number count) {
    self->state.unasked = self->state.unanswered = count;
    for (Number n = 0; n < outstanding; ++n) ask(self, whom, main);
  }};
}

Result<Ran> asks(caf::actor_system& system, Number outstanding, Number n) {
  caf::scoped_actor self(system);
  const Number count = std::max(n, asks_min);
  const caf::actor whom = system.spawn(answering);
  const caf::actor by = system.spawn(asker, whom, caf::actor(self), outstanding);
  AIRSSYS_TRY(const Duration took, until_done(self, [&] { self->send(by, count); }));
  end_all(self, std::vector{by, whom});
  return Ran{count, took};
}

Rows rows_of(caf::actor_system& system) {
  return {{"send.1p", Batch([&](Number n) { return send(system, 1, n); })},
          {"send.2p", Batch([&](Number n) { return send(system, 2, n); })},
          {"pingpong", Batch([&](Number n) { return pingpong(system, n); })},
          {"spawn", Batch([&](Number n) { return spawn(system, n); })},
          {"actor_bytes", Gauge([&] { return actor_bytes(system, 200'000); })},
          {"actor_bytes.1m", Gauge([&] { return actor_bytes(system, 1'000'000); })},
          {"ask.seq", Batch([&](Number n) { return asks(system, 1, n); })},
          {"ask.100", Batch([&](Number n) { return asks(system, 100, n); })},
          {"restart", Batch([&](Number n) { return restart(system, n); })},
          {"skynet", Batch([&](Number) { return skynet(system); })}};
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) {
  if (argc != 2 || argv[1] != std::string("serve")) {
    std::fputs("usage: airssys_bench_caf serve     rows on request, see bench/README.md\n", stderr);
    return 2;
  }
  caf::actor_system_config config;
  config.set("scheduler.max-threads", 2u);
  caf::actor_system system(config);
  return airssys::bench::serve(airssys::bench::rows_of(system));
}
