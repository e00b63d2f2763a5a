// rt_soak: random spawns, stops, kills, sends of all priorities to mailboxes of all overload strategies, asks, publishes,
// watches, links, periodic timers, parkings and crashes on real threads, for as long as one likes.
//
//   rt_soak [--minutes N] [--seed S] [--workers N]
//
// About every two seconds everybody pauses until nothing is under way; then the books must balance (books.h). The population is
// bounded, so memory must be flat: from a quarter of the time on, resident memory may not grow by more than a tenth and 32 MiB.
// The seed chooses what the driving threads do; how that interleaves is the machine's. Ends 0 when all held.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/rt/broker.h"
#include "airssys/rt/work_stealing_executor.h"
#include "people.h"
#include "soak.h"

namespace airssys::rt::soak {
namespace {

using namespace std::chrono_literals;
using airssys::soak::Arguments;
using airssys::soak::mib;
using airssys::soak::resident_bytes;

constexpr std::size_t drivers = 2;
constexpr std::size_t people_per_driver = 400;
constexpr std::size_t readers_per_driver = 8;
constexpr Duration check_period = 2s;
constexpr Duration quiet_within = 60s;

// The driving threads work between open and close; the checks happen in between.
class Gate {
 public:
  explicit Gate(Executor& executor) : executor_(executor) {}
  // A driver. False: it is over.
  bool pass() {
    if (closed_.load(std::memory_order_acquire) == 0) return true;
    inside_.fetch_sub(1, std::memory_order_acq_rel);
    executor_.notify(inside_);
    while (closed_.load(std::memory_order_acquire) == 1) executor_.wait(closed_, 1, Instant::max());
    inside_.fetch_add(1, std::memory_order_acq_rel);
    return closed_.load(std::memory_order_acquire) == 0;
  }
  void close() {
    closed_.store(1, std::memory_order_release);
    for (std::uint32_t now = 0; (now = inside_.load(std::memory_order_acquire)) != 0;)
      executor_.wait(inside_, now, Instant::max());
  }
  void open() { change(0); }
  void end() { change(2); }

 private:
  void change(std::uint32_t to) {
    closed_.store(to, std::memory_order_release);
    executor_.notify(closed_);
  }
  Executor& executor_;
  std::atomic<std::uint32_t> closed_{0};  // 2: for good
  std::atomic<std::uint32_t> inside_{drivers};
};

// What one thread does to actors of its own.
class Driver {
 public:
  Driver(ActorSystem& system, Broker<News>& broker, Books& books, std::uint64_t seed)
      : system_(system),
        broker_(broker),
        books_(books),
        random_(seed),
        people_(people_per_driver),
        readers_(readers_per_driver) {}

  void run(Gate& gate) {
    while (gate.pass())
      for (int n = 0; n < 64; ++n) act();
  }
  // Not while it runs.
  [[nodiscard]] std::uint64_t living() const {
    std::uint64_t count = 0;
    for (const auto& one : people_) count += one && !one.ended();
    for (const auto& one : readers_) count += one && !one.ended();
    return count;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void act() {
    Address<Task>& person = people_[below(people_.size())];
    if (!person || person.ended()) return spawn(person);
    const std::uint64_t dice = below(1000);
    if (dice < 2) return person.stop(), books_.stops.add();
    if (dice < 4) return person.kill(), books_.stops.add();
    if (dice < 5 && below(50) == 0) return replace_supervisor();
    if (dice < 16) return future(person);
    if (dice < 60) return publish();
    if (dice < 70) return wait_for_room(readers_[below(readers_.size())]);
    send(books_, person, task(), some_options(random_()));
  }

  Task task() {
    using enum Task::Kind;
    Task task{.chance = random_() >> 1};
    const std::uint64_t dice = below(1000);
    task.kind = dice < 400   ? note
                : dice < 600 ? forward
                : dice < 750 ? ask
                : dice < 860 ? park
                : dice < 920 ? tell
                : dice < 970 ? watch
                : dice < 974 ? link
                : dice < 976 ? begin_ticks
                : dice < 984 ? fail
                : dice < 992 ? crash
                             : end;
    if (task.kind == forward || task.kind == ask || task.kind == watch || task.kind == link) {
      task.other = people_[below(people_.size())];
      if (!task.other) task.kind = note;
    }
    if (task.kind == tell || task.kind == begin_ticks) {
      task.sink = readers_[below(readers_.size())];
      if (!task.sink) task.kind = note;
    }
    return task;
  }

  void spawn(Address<Task>& place) {
    SpawnOptions options{.mailbox_capacity = static_cast<std::uint32_t>(1 + below(64)),
                         .restart = static_cast<RestartPolicy>(below(3))};
    if (below(4) == 0) options.shutdown = ShutdownPolicy::immediate();
    // Not block: who asks each other would wait for each other for ever. Readers may, they wait for nobody.
    options.overload = std::array{Overload::error, Overload::drop_newest, Overload::drop_oldest}[below(3)];
    options.backoff = Backoff{1us, 1ms};
    Supervisor above = above_.value_or(system_.root());
    auto made = below(3) == 0 ? above.spawn(std::move(options), std::make_unique<Person>(books_))
                              : above.spawn(std::move(options), [&books = books_] { return std::make_unique<Person>(books); });
    if (!made) return replace_supervisor();  // it was given up
    books_.spawned.add();
    place = *std::move(made);
  }

  // Its children stop with it; they keep their places until they have ended.
  void replace_supervisor() {
    if (above_) above_->stop();
    above_.reset();
    if (auto made = system_.spawn_supervisor({.name = "soak",
                                              .strategy = static_cast<Strategy>(below(3)),
                                              .intensity = {.max_restarts = 1000, .window = 1s},
                                              .backoff = {1us, 1ms}}))
      above_ = *std::move(made);
  }

  void wait_for_room(const Address<News>& reader) {
    if (!reader) return;
    books_.sends.add();
    const auto sent = reader.send(News{random_()}, {.ttl = 1ms});
    if (!sent && sent.error().code() == Code::timed_out) books_.vain.add();
  }

  void future(const Address<Task>& person) {
    books_.futures.add();
    const auto request = [&](Reply<std::uint64_t> reply) {
      books_.sends.add();
      return Task{.chance = random_() >> 1, .reply = std::move(reply)};
    };
    static_cast<void>(system_.ask<std::uint64_t>(person, request, 2ms).wait().has_value());
    books_.future_outcomes.add();
  }

  void publish() {
    Address<News>& reader = readers_[below(readers_.size())];
    if (!reader || reader.ended()) {
      auto made = system_.spawn(
          {.mailbox_capacity = 32, .overload = static_cast<Overload>(below(4)), .intensity = RestartIntensity{1, 1h}},
          [&books = books_] { return std::make_unique<Reader>(books); });
      if (!made) return;
      books_.spawned.add();
      reader = *std::move(made);
      if (!broker_.subscribe(below(2) == 0 ? "news.**" : "news.*", reader)) std::abort();
      return;
    }
    const auto counts = broker_.publish(topic_, News{random_()});
    books_.published.add();
    books_.sends.add(counts.delivered + counts.refused + counts.ended);
  }

  ActorSystem& system_;
  Broker<News>& broker_;
  Books& books_;
  std::mt19937_64 random_;
  std::vector<Address<Task>> people_;
  std::vector<Address<News>> readers_;
  std::optional<Supervisor> above_;  // none: the root
  const Topic topic_ = *Topic::parse("news.today");
};

// The supervisors, and of their children those that are neither running nor parked.
void print(const TreeView& tree, int depth = 1) {
  const bool supervisor = tree.actor == ActorId{};
  if (supervisor || (tree.state != ChildState::running))
    fmt::print(stderr, "soak: {:{}}{} {} {}, strategy {}, {} children, {} restarts\n", "", 2 * depth,
               supervisor ? "supervisor" : "actor", tree.actor.value(), state_name(tree.state), static_cast<int>(tree.strategy),
               tree.children.size(), tree.restarts);
  for (const TreeView& child : tree.children) print(child, depth + 1);
}

class Soak {
 public:
  explicit Soak(const Arguments& arguments) : arguments_(arguments) {
    for (std::size_t n = 0; n < drivers; ++n)
      drivers_.push_back(std::make_unique<Driver>(system_, broker_, books_, arguments.seed * 1000 + n));
  }

  int run() {
    const Instant begun = platform_->now();
    const Instant end = begun + Duration(static_cast<Duration::rep>(arguments_.minutes * 60e9));
    std::vector<std::unique_ptr<Thread>> threads;
    for (const auto& driver : drivers_)
      threads.push_back(platform_->start_thread("driver", [this, &driver] { driver->run(gate_); }));
    for (bool over = false; !over;) {
      wait_until(std::min(end, platform_->now() + check_period));
      over = platform_->now() >= end || failed_;
      gate_.close();
      memory_.look(platform_->now() - begun <= (end - begun) / 4);
      check(platform_->now() - begun);
      if (!over) gate_.open();
    }
    memory_.end();
    gate_.end();
    threads.clear();
    for (const Unstopped& left : system_.shutdown(30s)) wrong(fmt::format("actor {} did not stop", left.actor.value()));
    report(system_.stats(), 0);
    if (!memory_.held()) wrong("memory grows");
    return failed_ ? 1 : 0;
  }

 private:
  void wait_until(Instant then) {
    while (platform_->now() < then) executor_.wait(never_, 0, then);
  }
  void wrong(const std::string& what) {
    failed_ = true;
    fmt::print(stderr, "soak: seed {}: {}\n", arguments_.seed, what);
  }
  // Everybody pauses: waits until nothing is under way.
  void check(Duration passed) {
    const Instant deadline = platform_->now() + quiet_within;
    bool quiet = false;
    while (!quiet && platform_->now() < deadline)
      quiet = books_.timers.wait(deadline) && books_.asks.wait(deadline) && system_.wait_idle(deadline) &&
              books_.timers.value() == 0 && books_.asks.value() == 0 && system_.is_idle();
    if (!quiet) {
      wrong(fmt::format("not quiet after {} s: {} timers and {} asks under way; not running is:", quiet_within / 1s,
                        books_.timers.value(), books_.asks.value()));
      print(system_.root().tree());
    }
    const SystemStats stats = system_.stats();
    std::uint64_t living = 0;
    for (const auto& driver : drivers_) living += driver->living();
    fmt::print(
        "soak: {} s, {} MiB: {} alive, {} spawned, {} stopped, {} crashes, {} restarts; {} sent, {} handled, {} dropped, {} "
        "expired, "
        "{} parked; {} asks, {} published, {} ticks, {} ends told\n",
        passed / 1s, resident_bytes() / mib, stats.alive, books_.spawned.value(), books_.stops.value(), stats.crashes,
        stats.restarts, books_.sends.value(), books_.handled.value(), stats.dropped, stats.expired, books_.parked.value(),
        books_.asked.value() + books_.futures.value(), books_.published.value(), books_.ticks.value(), books_.told.value());
    std::fflush(stdout);
    report(stats, living);
  }
  void report(const SystemStats& stats, std::uint64_t living) {
    for (const std::string& what : books_.wrong(stats, living)) wrong(what);
  }

  const Arguments arguments_;
  const std::unique_ptr<Platform> platform_ = real_platform();
  WorkStealingExecutor executor_{*platform_, arguments_.workers};
  Books books_{executor_};
  ActorSystem system_{executor_, null_log(), {.backoff = {1us, 1ms}}, &books_};
  Broker<News> broker_{system_};
  Gate gate_{executor_};
  std::vector<std::unique_ptr<Driver>> drivers_;
  std::atomic<std::uint32_t> never_{0};
  airssys::soak::Memory memory_;
  bool failed_ = false;
};

}  // namespace
}  // namespace airssys::rt::soak

int main(int argc, char** argv) {
  airssys::soak::Arguments arguments;
  if (!parse(argc, argv, airssys::soak::Ends::by_time, arguments)) {
    std::fputs("usage: rt_soak [--minutes N] [--seed S] [--workers 1..64]\n", stderr);
    return 2;
  }
  return airssys::rt::soak::Soak(arguments).run();
}
