// Real components, hosted: each limit ends the one that exceeds it, by its name, and nobody else notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "airssys/base/assert.h"
#include "airssys/wasm/host/host.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// A test that has not ended by then hangs.
constexpr Duration patience = 60s;

class Lines final : public LogSink {
 public:
  void write(const LogRecord& record) noexcept override {
    std::lock_guard lock(mutex_);
    lines_.push_back(fmt::format("{}: {}", record.source, record.text));
  }
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct PuppetOptions {
  std::string name;
  std::string wasm = "puppet.wasm";
  std::string resources = "";
  std::string deployment = "max_restarts = 0\n";
  std::string send = "";
};

class Containment : public ::testing::TestWithParam<std::string> {
 protected:
  explicit Containment(std::size_t workers = 2)
      : home_(fs::temp_directory_path() / fmt::format("airssys_containment_{}", ::getpid())),
        platform_(real_platform()) {
    HostConfig config;
    config.workers = workers;
    config.engine.max_instances = 32;
    config.engine.max_fibers = 16;
    config.engine.cache_directory = home_ / "cache";  // compiled once for all tests of this process
    auto host = Host::create(config, *platform_, log_);
    AIRSSYS_ASSERT(host, "{}", host.error().message());
    host_ = *std::move(host);
  }
  ~Containment() override {
    host_.reset();
    for (const char* folder : {"one", "other", "again"}) fs::remove_all(home_ / folder);
  }
  static void TearDownTestSuite() {
    fs::remove_all(fs::temp_directory_path() / fmt::format("airssys_containment_{}", ::getpid()));
  }

  Result<std::string> add(const std::string& folder, const PuppetOptions& options) {
    const fs::path path = home_ / folder;
    fs::create_directories(path);
    fs::copy_file(fs::path(AIRSSYS_PUPPETS) / options.wasm, path / (options.name + ".wasm"),
                  fs::copy_options::overwrite_existing);
    std::ofstream(path / "Component.toml") << fmt::format(
        "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
        "[resources]\nmax_memory = \"2MiB\"\nmax_stack = \"256KiB\"\n{}"
        "[deployment]\n{}[capabilities.messaging]\nsend = [{}]\n[mailbox]\npoison_after = 0\n",
        options.name, options.resources, options.deployment, options.send);
    return host_->add(path);
  }
  void run(const std::string& folder, const PuppetOptions& options) {
    auto added = add(folder, options);
    ASSERT_TRUE(added) << added.error().message();
    auto started = host_->start(*added);
    ASSERT_TRUE(started) << started.error().message();
  }
  void tell(std::string_view name, std::string_view command) {
    auto sent = host_->send(name, Bytes::copy_of(command));
    ASSERT_TRUE(sent) << sent.error().message();
  }
  ComponentReport report(std::string_view name) {
    for (ComponentReport& report : host_->report())
      if (report.name == name) return report;
    ADD_FAILURE() << "no component " << name;
    return {};
  }
  void settle() { ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest"; }
  static std::uint64_t traps(const ComponentReport& report, TrapKind kind) {
    return report.traps[static_cast<std::size_t>(kind)];
  }

  const fs::path home_;
  Lines log_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Host> host_;
};

struct Misdeed {
  std::string_view command;
  TrapKind kind;
  std::string resources = "";
};

TEST_P(Containment, EndsEachMisdeedByItsOwnNameAndLetsTheNeighbourWork) {
  const std::vector<Misdeed> misdeeds{
      {"spin", TrapKind::out_of_fuel},
      {"spin", TrapKind::timeout, "max_fuel_per_execution = 100000000000\nmax_execution_time_ms = 20\n"},
      {"alloc 4000000", TrapKind::memory},
      {"recurse", TrapKind::stack_overflow},
      {"trap", TrapKind::unreachable},
      {"abort", TrapKind::unreachable},
      {"divide", TrapKind::integer_div},
      {"bounds", TrapKind::bounds},
  };
  run("other", {.name = "neighbour", .wasm = GetParam()});
  for (std::size_t i = 0; i < misdeeds.size(); ++i) {
    const Misdeed& misdeed = misdeeds[i];
    const std::string name = fmt::format("culprit-{}", i);
    run("one", {.name = name, .wasm = GetParam(), .resources = misdeed.resources});
    tell("neighbour", "count");
    tell(name, misdeed.command);
    tell("neighbour", "count");
    settle();
    const ComponentReport culprit = report(name);
    EXPECT_EQ(traps(culprit, misdeed.kind), 1u) << misdeed.command << ": " << culprit.last_error;
    EXPECT_EQ(culprit.state, ComponentState::given_up) << misdeed.command;
    EXPECT_EQ(report("neighbour").handled, 2 * (i + 1)) << misdeed.command;
  }
  EXPECT_EQ(report("neighbour").state, ComponentState::running);
  EXPECT_EQ(report("neighbour").restarts, 0u);
}

TEST_P(Containment, KeepsTheQueueAcrossARestartAndLosesOnlyTheMessageThatCrashed) {
  run("one", {.name = "one", .wasm = GetParam(), .deployment = "max_restarts = 5\n"});
  for (const char* command : {"count", "trap", "count", "count"}) tell("one", command);
  settle();
  const ComponentReport one = report("one");
  EXPECT_EQ(one.handled, 3u);
  EXPECT_EQ(one.restarts, 1u);
  EXPECT_EQ(one.dead_letters[static_cast<std::size_t>(DeadLetterReason::crashed)], 1u);
  EXPECT_EQ(one.state, ComponentState::running);
}

TEST_P(Containment, GivesUpAfterItsIntensityAndTellsWhoStillSends) {
  run("one", {.name = "one", .wasm = GetParam(), .deployment = "max_restarts = 1\n"});
  tell("one", "trap");
  tell("one", "trap");
  settle();
  EXPECT_EQ(report("one").state, ComponentState::given_up);
  EXPECT_EQ(report("one").restarts, 1u);
  const auto sent = host_->send("one", Bytes::copy_of("count"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::unavailable);
}

TEST_P(Containment, CountsAnOrdinaryErrorAndGoesOn) {
  run("one", {.name = "one", .wasm = GetParam()});
  tell("one", "fail out of paper");
  tell("one", "count");
  settle();
  EXPECT_EQ(report("one").errors, 1u);
  EXPECT_EQ(report("one").handled, 2u);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("out of paper")));
}

TEST_P(Containment, DeliversWhatIsGrantedAndRefusesTheRest) {
  run("other", {.name = "other", .wasm = GetParam()});
  run("one", {.name = "one", .wasm = GetParam(), .send = "\"other\""});
  run("again", {.name = "again", .wasm = GetParam()});
  tell("one", "send other count");
  tell("again", "send other count");
  settle();
  EXPECT_EQ(report("other").messages_in, 1u);
  EXPECT_EQ(report("one").messages_out, 1u);
  EXPECT_EQ(report("again").refused, 1u);
  EXPECT_EQ(report("again").messages_out, 0u);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("sending to 'other' is not granted")));
}

TEST_P(Containment, PassesStandardOutputToTheLogLineByLine) {
  run("one", {.name = "one", .wasm = GetParam()});
  tell("one", "print first\\nsecond");
  settle();
  EXPECT_THAT(log_.lines(), Contains("one: first"));
  EXPECT_THAT(log_.lines(), Contains("one: second"));
}

TEST_P(Containment, StopsInOrderAndCallsShutdown) {
  run("one", {.name = "one", .wasm = GetParam()});
  tell("one", "count");
  EXPECT_TRUE(host_->stop().empty());
  EXPECT_EQ(report("one").handled, 1u);
  EXPECT_EQ(report("one").state, ComponentState::stopped);
  EXPECT_EQ(report("one").memory_bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(Lanes, Containment, ::testing::Values("puppet.wasm", "waiting-puppet.wasm"),
                         [](const auto& lane) { return lane.param == "puppet.wasm" ? "Sync" : "Fiber"; });

using HostInput = Containment;

TEST_P(HostInput, RefusesASecondComponentOfOneName) {
  run("one", {.name = "one", .wasm = GetParam()});
  const auto second = add("again", {.name = "one", .wasm = GetParam()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::already_exists);
}

TEST_P(HostInput, RefusesAMessageAboveTheLimitAndOneToNobody) {
  run("one", {.name = "one", .wasm = GetParam()});
  const auto large = host_->send("one", Bytes::make((1 << 20) + 1, [](auto to) { std::ranges::fill(to, std::byte{}); }));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::too_large);
  const auto nobody = host_->send("nobody", Bytes::copy_of("x"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code(), Code::not_found);
}

INSTANTIATE_TEST_SUITE_P(Sync, HostInput, ::testing::Values("puppet.wasm"));

class Waiting : public Containment {};

TEST_P(Waiting, LetsManyWaitersOverlapOnTwoWorkers) {
  run("one", {.name = "one", .wasm = GetParam(), .resources = "max_execution_time_ms = 5000\n"});
  run("other", {.name = "other", .wasm = GetParam(), .resources = "max_execution_time_ms = 5000\n"});
  run("again", {.name = "again", .wasm = "puppet.wasm"});
  tell("one", "sleep 30");
  tell("other", "sleep 30");
  tell("again", "count");
  settle();
  EXPECT_EQ(report("one").handled, 1u);
  EXPECT_EQ(report("other").handled, 1u);
  EXPECT_EQ(report("again").handled, 1u);
}

TEST_P(Waiting, EndsACallThatWaitsPastItsTimeout) {
  run("one", {.name = "one", .wasm = GetParam(), .resources = "max_execution_time_ms = 20\n"});
  tell("one", "sleep 600000");
  settle();
  EXPECT_EQ(traps(report("one"), TrapKind::timeout), 1u);
  EXPECT_EQ(report("one").state, ComponentState::given_up);
}

struct OneWorker : Containment {
  OneWorker() : Containment(1) {}
};

TEST_P(OneWorker, IsSharedByACallThatMayLastLong) {
  run("other", {.name = "other", .wasm = GetParam()});
  run("one", {.name = "one",
              .wasm = GetParam(),
              .resources = "max_fuel_per_execution = 100000000000\nmax_execution_time_ms = 500\n",
              .send = "\"other\""});
  tell("one", "send other print meanwhile");
  tell("one", "spin");
  settle();
  EXPECT_EQ(traps(report("one"), TrapKind::timeout), 1u);
  const std::vector<std::string> lines = log_.lines();
  const auto meanwhile = std::ranges::find(lines, "other: meanwhile");
  const auto crashed = std::ranges::find_if(lines, [](const std::string& line) { return line.contains("crashed, timeout"); });
  EXPECT_NE(meanwhile, lines.end());
  EXPECT_LT(meanwhile, crashed);
}

INSTANTIATE_TEST_SUITE_P(Lanes, OneWorker, ::testing::Values("puppet.wasm", "waiting-puppet.wasm"),
                         [](const auto& lane) { return lane.param == "puppet.wasm" ? "Sync" : "Fiber"; });

INSTANTIATE_TEST_SUITE_P(Fiber, Waiting, ::testing::Values("waiting-puppet.wasm"));

}  // namespace
}  // namespace airssys::wasm
