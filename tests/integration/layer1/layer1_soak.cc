// layer1_soak: real guests on the real engine, for as long as one likes: they send to each other, crash in every way, wait, are
// recycled, restarted alone or with their group, and stopped with their mailboxes full.
//
//   layer1_soak [--minutes N | --checks N] [--seed S] [--workers N]
//
// After every few thousand messages everybody pauses until nothing is under way; then the books must balance to the message:
// what was accepted was handled once, or is one dead letter. Every now and then the host is stopped in the midst of its work,
// its books are checked for the last time, and another one with other manifests takes its place; so resident memory must be
// flat: from a quarter of the time on it may not grow by more than a tenth and 32 MiB. The seed chooses what the driving threads
// and the manifests say; how that interleaves is the machine's. Ends 0 when all held.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/wasm/host/host.h"
#include "guest_folders.h"
#include "soak.h"

namespace airssys::wasm::layer1 {
namespace {

using namespace std::chrono_literals;
using airssys::soak::Arguments;
using airssys::soak::mib;
using airssys::soak::resident_bytes;

constexpr std::size_t drivers = 2;
constexpr std::size_t guests = 16;
constexpr std::size_t sinks = 4;  // the last of them drop what is new, and hear those outside only: a guest is not told of it
constexpr std::uint64_t messages_per_check = 3000;  // of each driver
constexpr std::uint64_t checks_per_host = 8;
constexpr Duration quiet_within = 120s;
constexpr std::array<std::string_view, 3> supervisors{"alone", "all", "rest"};

std::string name_of(std::size_t guest) { return fmt::format("c{}", guest); }
bool waits(std::size_t guest) { return guest % 2 == 1; }

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  template <class T, std::size_t n>
  const T& one_of(const std::array<T, n>& values) {
    return values[below(n)];
  }

 private:
  std::mt19937_64 random_;
};

GuestOptions some_guest(std::size_t guest, Dice& dice) {
  using namespace std::string_literals;
  static const std::array overloads{"error"s, "drop-oldest"s};
  static const std::array crashes{"drop"s, "retry-once"s, "dead-letter"s};
  GuestOptions options{.name = name_of(guest), .waits = waits(guest)};
  const std::string overload = guest >= guests - sinks ? "drop-newest" : dice.one_of(overloads);
  options.mailbox = fmt::format("capacity = {}\noverload = \"{}\"\non_crash = \"{}\"\npoison_after = {}\nmessage_ttl_ms = {}\n",
                                20 + dice.below(400), overload, dice.one_of(crashes), dice.below(4),
                                dice.below(3) == 0 ? 1 + dice.below(50) : 0);
  options.deployment =
      fmt::format("max_restarts = 1000\nrestart_window_s = 1\nsupervisor = \"{}\"\nrecycle_after_messages = {}\n",
                  dice.one_of(supervisors), dice.below(2) == 0 ? 5 + dice.below(50) : 0);
  // The limit on the clock is not what is tested here, and instrumented builds are slow.
  options.resources = "max_execution_time_ms = 1000\n";
  for (std::size_t other = 0; other < guests - sinks; ++other)
    options.send += fmt::format("{}\"c{}\"", other == 0 ? "" : ", ", other);
  return options;
}

// What one thread tells the guests. What it says is each time another text, except where poison is the matter.
std::string some_order(std::size_t guest, std::uint64_t number, Dice& dice) {
  const std::uint64_t chance = dice.below(1000);
  const std::string target = name_of(dice.below(guests - sinks + 1));  // the last is not granted
  if (chance < 400) return fmt::format("echo {}", number);
  if (chance < 650) return fmt::format("send {} echo {}", target, number);
  if (chance < 750) return fmt::format("send {} send {} echo {}", target, name_of(dice.below(guests - sinks)), number);
  if (chance < 780) return fmt::format("broadcast {},c0,nobody log info {}", target, number);
  if (chance < 830) return fmt::format("fail {}", number);
  if (chance < 850) return fmt::format("unknown {}", number);
  if (chance < 880) return fmt::format("log info {}", number);
  if (chance < 940) return waits(guest) ? fmt::format("sleep {} {}", dice.below(8), number) : fmt::format("count {}", number);
  if (chance < 981) return fmt::format("nothing {}", number);
  if (chance < 991) return fmt::format("trap {}", number);
  if (chance < 993) return fmt::format("spin {}", number);
  if (chance < 995) return fmt::format("alloc 4000000 {}", number);
  if (chance < 997) return fmt::format("recurse {}", number);
  if (chance < 998 && waits(guest)) return fmt::format("sleep 600000 {}", number);
  return "trap poison";
}

class Soak {
 public:
  explicit Soak(const Arguments& arguments) : arguments_(arguments), dice_(arguments.seed) {}

  int run() {
    const Instant begun = platform_->now();
    const Duration lasts(static_cast<Duration::rep>(arguments_.minutes * 60e9));
    for (bool over = false; !over && !failed_;) {
      if (checks_ % checks_per_host == 0) replace_host();
      drive();
      ++checks_;
      const Duration passed = platform_->now() - begun;
      over = arguments_.checks != 0 ? checks_ >= arguments_.checks : passed >= lasts;
      if (over || checks_ % checks_per_host == 0)
        stop_in_the_midst();
      else
        check_quiet();
      memory_.look(arguments_.checks != 0 ? checks_ <= arguments_.checks / 4 + 1 : passed <= lasts / 4);
      fmt::print("soak: {} s, {} MiB: {} checks, {} hosts; {} accepted, {} handled, {} dead letters, {} restarts, {} recycled\n",
                 passed / 1s, resident_bytes() / mib, checks_, hosts_, total_.accepted, total_.handled, total_.letters,
                 total_.restarts, total_.recycled);
      std::fflush(stdout);
    }
    memory_.end();
    if (!memory_.held()) wrong("memory grows");
    return failed_ ? 1 : 0;
  }

 private:
  struct Sums {
    std::uint64_t accepted = 0, handled = 0, letters = 0, restarts = 0, recycled = 0;
  };

  void wrong(const std::string& what) {
    failed_ = true;
    fmt::print(stderr, "soak: seed {}, host {}: {}\n", arguments_.seed, hosts_, what);
  }
  template <class T>
  bool good(const Result<T>& result) {
    if (!result) wrong(result.error().message());
    return result.has_value();
  }

  void replace_host() {
    host_.reset();
    ++hosts_;
    sent_.store(0);
    HostConfig config;
    config.workers = arguments_.workers;
    config.engine.max_instances = 2 * guests;
    config.engine.max_fibers = 2 * guests;
    config.engine.cache_directory = folders_.cache();
    for (const std::string_view name : supervisors) {
      SupervisorConfig one{.name = std::string(name)};
      one.strategy = name == "all"    ? RestartStrategy::one_for_all
                     : name == "rest" ? RestartStrategy::rest_for_one
                                      : RestartStrategy::one_for_one;
      one.max_restarts = 1000;
      one.restart_window = 1s;
      config.supervisors.push_back(std::move(one));
    }
    auto host = Host::create(config, *platform_, null_log());
    if (!good(host)) return;
    host_ = *std::move(host);
    for (std::size_t guest = 0; guest < guests; ++guest) {
      const auto added = host_->add(folders_.make(some_guest(guest, dice_)));
      if (good(added)) good(host_->start(*added));
    }
  }

  void drive() {
    if (failed_) return;
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::size_t n = 0; n < drivers; ++n)
      threads.push_back(platform_->start_thread("driver", [this, seed = dice_.below(1ull << 62)] {
        Dice dice(seed);
        for (std::uint64_t sent = 0; sent < messages_per_check; ++sent) {
          const std::size_t guest = dice.below(guests);
          const auto told = host_->send(name_of(guest), Bytes::copy_of(some_order(guest, seed % 1000 * 10'000 + sent, dice)));
          if (told) sent_.fetch_add(1, std::memory_order_relaxed);
        }
      }));
  }

  void check_quiet() {
    if (failed_) return;
    if (!host_->wait_idle(quiet_within)) wrong(fmt::format("not quiet after {} s", quiet_within / 1s));
    for (const ComponentReport& one : host_->report()) {
      const auto letters = [&](DeadLetterReason reason) { return one.dead_letters[static_cast<std::size_t>(reason)]; };
      if (one.messages_in != one.handled + letters(DeadLetterReason::crashed) + letters(DeadLetterReason::poison))
        wrong(fmt::format("{}: {} messages taken, {} handled, {} crashed, {} poison", one.name, one.messages_in, one.handled,
                          letters(DeadLetterReason::crashed), letters(DeadLetterReason::poison)));
      if (one.state != ComponentState::running) wrong(fmt::format("{} is {}", one.name, component_state_name(one.state)));
    }
    total_of_host();
  }

  void stop_in_the_midst() {
    if (failed_) return;
    for (const std::string& name : host_->stop()) wrong(fmt::format("{} did not stop", name));
    const Sums now = total_of_host();
    total_before_ = {total_before_.accepted + now.accepted, total_before_.handled + now.handled,
                     total_before_.letters + now.letters, total_before_.restarts + now.restarts,
                     total_before_.recycled + now.recycled};
  }

  // Accepted is what those outside were told, and what guests were; each message is in one place.
  Sums total_of_host() {
    Sums now{.accepted = sent_.load()};
    for (const ComponentReport& one : host_->report()) {
      now.accepted += one.messages_out;
      now.handled += one.handled;
      now.letters += std::accumulate(one.dead_letters.begin(), one.dead_letters.end(), std::uint64_t{0}) -
                     one.dead_letters[static_cast<std::size_t>(DeadLetterReason::unresolved)];
      now.restarts += one.restarts;
      now.recycled += one.recycled;
    }
    if (now.accepted != now.handled + now.letters)
      wrong(fmt::format("{} messages were accepted, {} handled, {} are dead letters", now.accepted, now.handled, now.letters));
    total_ = {total_before_.accepted + now.accepted, total_before_.handled + now.handled, total_before_.letters + now.letters,
              total_before_.restarts + now.restarts, total_before_.recycled + now.recycled};
    return now;
  }

  const Arguments arguments_;
  Dice dice_;
  const GuestFolders folders_{"layer1_soak"};
  const std::unique_ptr<Platform> platform_ = real_platform();
  std::unique_ptr<Host> host_;
  std::atomic<std::uint64_t> sent_{0};  // that the host accepted from outside
  Sums total_before_, total_;  // of all hosts that are over; of these and the one that is there
  airssys::soak::Memory memory_;
  std::uint64_t checks_ = 0, hosts_ = 0;
  bool failed_ = false;
};

}  // namespace
}  // namespace airssys::wasm::layer1

int main(int argc, char** argv) {
  airssys::soak::Arguments arguments;
  if (!parse(argc, argv, airssys::soak::Ends::by_time_or_checks, arguments)) {
    std::fputs("usage: layer1_soak [--minutes N | --checks N] [--seed S] [--workers 1..64]\n", stderr);
    return 2;
  }
  return airssys::wasm::layer1::Soak(arguments).run();
}
