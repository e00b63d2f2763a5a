// Eight hostile components beside one victim, on the real engine: each hostile one meets its own end by its name, and whatever
// they do, no message of the victim is lost and nobody else's numbers change.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/host/host.h"
#include "guest_folders.h"

namespace airssys::wasm::layer1 {
namespace {

using namespace std::chrono_literals;

// A test that has not ended by then hangs.
constexpr Duration patience = 120s;
constexpr int waves = 3;
constexpr std::size_t messages_per_wave = 2000;
constexpr std::size_t under_way = 10;

struct Hostile {
  GuestOptions options;
  std::string_view misdeed;  // a wave has one of it; its number comes after it, so that none is known as poison
  TrapKind end;
  bool given_up = true;
  int per_wave = 1;
};

std::vector<Hostile> hostile_components() {
  const std::string three_crashes = "max_restarts = 2\n";
  const std::string much_fuel = "max_fuel_per_execution = 100000000000\n";
  return {
      {{.name = "spinner", .resources = much_fuel + "max_execution_time_ms = 300\n", .deployment = three_crashes},
       "spin",
       TrapKind::timeout},
      {{.name = "allocator", .deployment = three_crashes}, "alloc 4000000", TrapKind::memory},
      {{.name = "recurser", .resources = much_fuel, .deployment = three_crashes}, "recurse", TrapKind::stack_overflow},
      {{.name = "trapper", .deployment = three_crashes}, "trap", TrapKind::unreachable},
      {{.name = "babbler", .deployment = three_crashes}, "babble nonsense", TrapKind::out_of_fuel},
      {{.name = "sleeper", .waits = true, .resources = "max_execution_time_ms = 1000\n", .deployment = three_crashes},
       "sleep 600000",
       TrapKind::timeout},
      {{.name = "restarter", .deployment = "max_restarts = 1000\nrestart_window_s = 1\n"},
       "trap",
       TrapKind::unreachable,
       false,
       4},
      // The last of a wave: before that the sleeper's mailbox has room for its own misdeed.
      {{.name = "flooder", .deployment = three_crashes, .send = "\"sleeper\""}, "flood sleeper echo", TrapKind::out_of_fuel},
  };
}

// Has the victim answer message after message, some of them under way at a time; each number comes back once.
class Client final : public rt::Actor<Message> {
 public:
  Client(ActorOutbox& outbox, std::vector<std::uint32_t>& answers) : outbox_(outbox), answers_(answers) {}
  Result<rt::Turn> handle(Message message, rt::Context&) override {
    const auto payload = decode(message.payload);
    if (!payload) return fail(Code::invalid_argument, std::string(payload.error()));
    const std::string_view text = payload->text();
    std::size_t number = 0;
    if (message.kind == MessageKind::external) {
      for (std::size_t n = 0; n < under_way; ++n) AIRSSYS_TRY_VOID(send_next());
    } else if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{} && number < answers_.size()) {
      ++answers_[number];
      if (answers_.size() % messages_per_wave != 0) return send_next();
    }
    return rt::Turn::done;
  }

 private:
  Result<rt::Turn> send_next() {
    const Bytes order = Bytes::copy_of(fmt::format("send client {}", answers_.size()));
    answers_.push_back(0);
    AIRSSYS_TRY_VOID(outbox_.send("victim", order));
    return rt::Turn::done;
  }
  ActorOutbox& outbox_;
  std::vector<std::uint32_t>& answers_;  // to each number
};

class Isolation : public ::testing::TestWithParam<bool> {
 protected:
  Isolation() {
    HostConfig config;
    config.workers = 2;
    config.engine.max_instances = 32;
    config.engine.max_fibers = 16;
    config.engine.cache_directory = folders_.cache();
    auto host = Host::create(config, *platform_, null_log());
    AIRSSYS_ASSERT(host, "{}", host.error().message());
    host_ = *std::move(host);
  }
  void run(const GuestOptions& options) {
    const auto added = host_->add(folders_.make(options));
    ASSERT_TRUE(added) << added.error().message();
    const auto started = host_->start(*added);
    ASSERT_TRUE(started) << started.error().message();
  }
  void tell(std::string_view name, std::string_view text) {
    const auto sent = host_->send(name, Bytes::copy_of(text));
    ASSERT_TRUE(sent) << sent.error().message();
  }
  [[nodiscard]] ComponentReport report(std::string_view name) const {
    for (ComponentReport& one : host_->report())
      if (one.name == name) return one;
    ADD_FAILURE() << "no component " << name;
    return {};
  }

  const GuestFolders folders_{"isolation"};
  const std::unique_ptr<Platform> platform_ = real_platform();
  std::vector<std::uint32_t> answers_;
  std::unique_ptr<Host> host_;
};

void expect_untouched(const ComponentReport& one, const ComponentReport& before) {
  EXPECT_EQ(one.state, ComponentState::running) << one.name;
  EXPECT_EQ(one.health, ComponentHealth::healthy) << one.name;
  EXPECT_EQ(one.last_error, "") << one.name;
  for (const std::uint64_t count : {one.errors, one.refused, one.mailbox_full, one.restarts}) EXPECT_EQ(count, 0u) << one.name;
  EXPECT_THAT(one.dead_letters, ::testing::Each(0u)) << one.name;
  EXPECT_THAT(one.traps, ::testing::Each(0u)) << one.name;
  EXPECT_EQ(one.memory_bytes, before.memory_bytes) << one.name;
}

TEST_P(Isolation, LosesNoMessageOfTheVictimAndEndsEachHostileOneByItsName) {
  run({.name = "victim", .waits = GetParam(), .send = "\"client\""});
  run({.name = "bystander", .waits = GetParam()});
  const auto client = host_->add_actor({.name = "client", .messaging = {.send = {*TargetPattern::parse("victim")}}},
                                       [this](ActorOutbox& outbox) { return std::make_unique<Client>(outbox, answers_); });
  ASSERT_TRUE(client) << client.error().message();
  const std::vector<Hostile> hostile = hostile_components();
  for (const Hostile& one : hostile) run(one.options);
  const ComponentReport victim = report("victim"), bystander = report("bystander");
  const pid_t process = ::getpid();

  for (int wave = 0; wave < waves; ++wave) {
    for (const Hostile& one : hostile)
      for (int n = 0; n < one.per_wave; ++n) tell(one.options.name, fmt::format("{} {}.{}", one.misdeed, wave, n));
    tell("client", "begin");
    ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest";
    ASSERT_EQ(answers_.size(), messages_per_wave * static_cast<std::size_t>(wave + 1));
  }

  EXPECT_THAT(answers_, ::testing::Each(1u));
  const ComponentReport served = report("victim");
  EXPECT_EQ(served.messages_in, answers_.size());
  EXPECT_EQ(served.handled, answers_.size());
  EXPECT_EQ(served.messages_out, answers_.size());
  expect_untouched(served, victim);
  expect_untouched(report("bystander"), bystander);
  EXPECT_EQ(report("bystander").messages_in, 0u);
  EXPECT_EQ(::getpid(), process);
  for (const Hostile& one : hostile) {
    const ComponentReport ended = report(one.options.name);
    const auto crashes = static_cast<std::uint64_t>(waves * one.per_wave);
    EXPECT_EQ(ended.traps[static_cast<std::size_t>(one.end)], crashes) << ended.name << ": " << ended.last_error;
    EXPECT_EQ(std::accumulate(ended.traps.begin(), ended.traps.end(), std::uint64_t{0}), crashes) << ended.name;
    EXPECT_EQ(ended.state, one.given_up ? ComponentState::given_up : ComponentState::running) << ended.name;
    EXPECT_EQ(ended.restarts, one.given_up ? crashes - 1 : crashes) << ended.name;
  }
  EXPECT_GT(report("sleeper").mailbox_full, 0u);
}

TEST_P(Isolation, KeepsTheVictimsMailboxFromThoseWhoWereNotGrantedIt) {
  run({.name = "victim", .waits = GetParam()});
  run({.name = "flooder", .deployment = "max_restarts = 0\n"});
  const ComponentReport before = report("victim");
  tell("flooder", "flood victim echo");
  ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest";
  EXPECT_GT(report("flooder").refused, 100u);
  EXPECT_EQ(report("flooder").messages_out, 0u);
  EXPECT_EQ(report("victim").messages_in, 0u);
  expect_untouched(report("victim"), before);
}

INSTANTIATE_TEST_SUITE_P(Lanes, Isolation, ::testing::Bool(), [](const auto& lane) { return lane.param ? "Fiber" : "Sync"; });

}  // namespace
}  // namespace airssys::wasm::layer1
