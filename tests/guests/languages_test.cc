// The same component in every language (README.md): the host and its limits do not know which one it was.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "airssys/base/assert.h"
#include "airssys/base/units.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "engine_rig.h"
#include "lines.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace std::chrono_literals;

// A test that has not ended by then hangs.
constexpr Duration patience = 120s;

// What one language needs, and how it ends when it is asked to.
struct Guest {
  std::string language;
  std::string says;             // of itself, in its metadata
  std::string memory;           // enough to work, and soon eaten up
  std::uint64_t fuel;           // for one message, generously
  std::vector<TrapKind> crash;  // of `trap`: a language with exceptions of its own may end by whatever its runtime does
  int cycles;                   // crashes in a row, each of a fresh instance
};

void PrintTo(const Guest& guest, std::ostream* to) { *to << guest.language; }

const std::vector<Guest>& guests() {
  static const std::vector<Guest> all{
      {"c", "C", "1MiB", 10'000'000, {TrapKind::unreachable}, 1000},
      {"cpp", "C++", "1MiB", 10'000'000, {TrapKind::unreachable}, 1000},
      {"rust", "Rust", "1MiB", 10'000'000, {TrapKind::unreachable}, 1000},
      {"go", "Go", "16MiB", 100'000'000, {TrapKind::unreachable, TrapKind::host_error}, 20},
      {"javascript", "JavaScript", "8MiB", 100'000'000, {TrapKind::unreachable}, 100},
      {"python", "Python", "48MiB", 500'000'000, {TrapKind::unreachable}, 10},
  };
  return all;
}

HostConfig small_host() {
  HostConfig config;
  config.workers = 2;
  config.engine.max_instances = 32;
  config.engine.max_fibers = 16;
  config.engine.cache_directory = AIRSSYS_GUEST_CACHE;  // a Python component takes ten seconds to compile, and never changes
  return config;
}

class Language : public ::testing::TestWithParam<Guest> {
 protected:
  Language() : home_(fs::temp_directory_path() / fmt::format("airssys_languages_{}", ::getpid())), platform_(real_platform()) {
    auto host = Host::create(small_host(), *platform_, log_);
    AIRSSYS_ASSERT(host, "{}", host.error().message());
    host_ = *std::move(host);
  }
  ~Language() override {
    host_.reset();
    fs::remove_all(home_);
  }

  // Runs the guest as `name`.
  void run(const std::string& name, const std::string& resources = "", int max_restarts = 0) {
    const fs::path folder = home_ / name;
    fs::create_directories(folder);
    const fs::path wasm = fs::path(AIRSSYS_GUESTS) / fmt::format("echo-{}.wasm", GetParam().language);
    ASSERT_TRUE(fs::exists(wasm)) << wasm << " is not there: ./dev guests builds it";
    fs::create_symlink(wasm, folder / (name + ".wasm"));
    const std::string limits = resources.empty()
                                   ? fmt::format("max_fuel_per_execution = {}\nmax_execution_time_ms = 60000\n", GetParam().fuel)
                                   : resources;
    std::ofstream(folder / "Component.toml") << fmt::format(
        "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
        "[resources]\nmax_memory = \"{}\"\nmax_stack = \"512KiB\"\n{}"
        "[deployment]\nmax_restarts = {}\nrestart_window_s = 3600\n[capabilities.messaging]\nsend = "
        "[\"other\"]\n[capabilities.storage]\n[mailbox]\npoison_after = 0\n",
        name, GetParam().memory, limits, max_restarts);
    auto added = host_->add(folder);
    ASSERT_TRUE(added) << added.error().message();
    auto started = host_->start(*added);
    ASSERT_TRUE(started) << started.error().message();
  }
  void tell(std::string_view name, std::string_view command) {
    auto sent = host_->send(name, Bytes::copy_of(command));
    ASSERT_TRUE(sent) << sent.error().message();
  }
  void settle() { ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest"; }
  ComponentReport report(std::string_view name) {
    for (ComponentReport& report : host_->report())
      if (report.name == name) return report;
    ADD_FAILURE() << "no component " << name;
    return {};
  }
  void expect_end(const std::string& name, const std::vector<TrapKind>& kinds) {
    const ComponentReport ended = report(name);
    std::uint64_t traps = 0;
    for (const TrapKind kind : kinds) traps += ended.traps[static_cast<std::size_t>(kind)];
    EXPECT_EQ(traps, 1u) << name << ": " << ended.last_error;
    EXPECT_EQ(ended.state, ComponentState::given_up) << name;
  }

  static Bytes bytes_of(const std::string& language) {
    std::ifstream file(fs::path(AIRSSYS_GUESTS) / fmt::format("echo-{}.wasm", language), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return Bytes::copy_of(content);
  }
  static std::string why(Instance& instance) {
    const CallReport& report = instance.report();
    return report.error ? report.error->message() : report.text;
  }
  static ResourceLimits limits() {
    return {.memory_bytes = parse_size(GetParam().memory).value(),
            .table_elements = 20'000,
            .tables = 64,
            .instances = 64,
            .memories = 8,
            .fuel_per_call = GetParam().fuel,
            .call_timeout = 60s,
            .message_bytes = 1 << 20};
  }

  const fs::path home_;
  testing::Lines log_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Host> host_;
};

TEST_P(Language, IsDescribedWithoutBeingRun) {
  const auto seen =
      inspect(fs::path(AIRSSYS_GUESTS) / fmt::format("echo-{}.wasm", GetParam().language), small_host(), *platform_, log_);
  ASSERT_TRUE(seen) << seen.error().message();
  EXPECT_FALSE(seen->description.waits) << "it is not on the fast lane";
  const auto is = [](std::string_view interface, std::string_view name) {
    return [interface, name](const InterfaceItem& item) { return item.interface.starts_with(interface) && item.name == name; };
  };
  EXPECT_TRUE(std::ranges::any_of(seen->items.imports, is("airssys:core/messaging@", "send-message")));
  EXPECT_TRUE(std::ranges::any_of(seen->items.imports, is("airssys:core/services@", "log")));
  EXPECT_TRUE(std::ranges::any_of(seen->items.exports, is("airssys:core/lifecycle@", "handle-message")));
}

TEST_P(Language, HandlesForwardsAndLogs) {
  run("other");
  run("one");
  for (const char* text : {"hello", "fwd:hello other", "err", "hello"}) tell("one", text);
  settle();
  const ComponentReport one = report("one");
  EXPECT_EQ(one.handled, 4u) << one.last_error;
  EXPECT_EQ(one.errors, 1u);
  EXPECT_EQ(one.messages_out, 1u);
  EXPECT_EQ(one.state, ComponentState::running);
  EXPECT_EQ(report("other").handled, 1u);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("one: 5 bytes from external")));
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("other: 11 bytes from default/one/main")));
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("asked to fail")));
  const auto answer = host_->request("one", Bytes::copy_of("hello"), patience);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, Payload(Bytes::copy_of("HELLO")));
  EXPECT_TRUE(host_->stop().empty());
}

TEST_P(Language, KeepsWhatItIsToldOverACrash) {
  run("one", "", 3);
  const auto ask = [&](std::string_view what) {
    const auto answer = host_->request("one", Bytes::copy_of(what), patience);
    return answer ? std::string(answer->text()) : answer.error().message();
  };
  EXPECT_EQ(ask("kept"), "");
  EXPECT_EQ(ask("keep:a value"), "KEEP:A VALUE");
  tell("one", "trap");
  settle();
  EXPECT_EQ(ask("kept"), "a value");
  EXPECT_EQ(report("one").kept.bytes, 11u);
}

TEST_P(Language, RefusesACodecThatItDoesNotKnow) {
  run("one");
  const auto refused = host_->request("one", {Bytes::copy_of("trap"), 0x0200}, patience);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("not raw"));
  EXPECT_EQ(report("one").state, ComponentState::running);
}

TEST_P(Language, IsEndedByEachLimitUnderItsOwnNameWhileItsSiblingGoesOn) {
  run("other");
  run("loops", "max_fuel_per_execution = 50000000\nmax_execution_time_ms = 60000\n");
  run("dawdles", "max_fuel_per_execution = 1000000000000\nmax_execution_time_ms = 50\n");
  run("eats", "max_fuel_per_execution = 100000000000\nmax_execution_time_ms = 60000\n");
  run("crashes");
  tell("other", "hello");
  tell("loops", "loop");
  tell("dawdles", "loop");
  tell("eats", "eat");
  tell("crashes", "trap");
  tell("other", "hello");
  settle();
  expect_end("loops", {TrapKind::out_of_fuel});
  expect_end("dawdles", {TrapKind::timeout});
  expect_end("eats", {TrapKind::memory});
  expect_end("crashes", GetParam().crash);
  EXPECT_EQ(report("other").handled, 2u);
  EXPECT_EQ(report("other").restarts, 0u);
}

TEST_P(Language, IsRestartedByItsSupervisorAndStartsFromNothing) {
  run("one", "", 3);
  for (const char* text : {"hello", "trap", "hello", "trap", "hello"}) tell("one", text);
  settle();
  const ComponentReport one = report("one");
  EXPECT_EQ(one.restarts, 2u) << one.last_error;
  EXPECT_EQ(one.handled, 3u);
  EXPECT_EQ(one.dead_letters[static_cast<std::size_t>(DeadLetterReason::crashed)], 2u);
  EXPECT_EQ(one.state, ComponentState::running);
}

// One component without its actor, so that a thousand crashes take no restart pauses.
struct Bare {
  Bare() { host.clock_step = 1us; }  // Go's runtime waits for its clock to move on
  testing::RecordingHost host;
  testing::CountedWaker waker;

  CallState tell(Instance& instance, std::string_view content) {
    const Message message = testing::message_of(fmt::format("\x55{}", content));
    return testing::go_on(instance, waker, instance.handle_message(message, waker));
  }
  CallState init(Instance& instance) { return testing::go_on(instance, waker, instance.init({}, waker)); }
  CallState metadata(Instance& instance) { return testing::go_on(instance, waker, instance.metadata(waker)); }
};

TEST_P(Language, AnswersInCapitalsAfterAnyNumberOfCrashes) {
  WasmtimeConfig config = small_host().engine;
  config.max_instances = config.max_fibers = 8;  // of which a leak would soon take the last
  const auto engine = wasmtime_engine(config, *platform_, log_);
  ASSERT_TRUE(engine) << engine.error().message();
  const auto wasm = bytes_of(GetParam().language);
  const auto code = (*engine)->compile("echo.wasm", wasm.span(), {});
  ASSERT_TRUE(code) << code.error().message();
  Bare bare;
  for (int cycle = 0; cycle <= GetParam().cycles; ++cycle) {
    const auto instance = (*code)->instantiate(bare.host.functions, limits());
    ASSERT_TRUE(instance) << cycle << ": " << instance.error().message();
    ASSERT_EQ(bare.init(**instance), CallState::done) << why(**instance);
    if (cycle == GetParam().cycles) {
      ASSERT_EQ(bare.tell(**instance, "fwd:hello 1"), CallState::done) << why(**instance);
      EXPECT_EQ((*instance)->report().reply->text(),
                "\x55"
                "FWD:HELLO 1");
      EXPECT_THAT(bare.host.sent, ElementsAre(Pair("other", "\x55hello 1")));
      EXPECT_EQ(bare.host.logged.back(), "11 bytes from test/sender/1");
      ASSERT_EQ(bare.metadata(**instance), CallState::done);
      EXPECT_EQ((*instance)->report().metadata->language, GetParam().says);
    }
    ASSERT_EQ(bare.tell(**instance, "trap"), CallState::failed);
    EXPECT_THAT(GetParam().crash, Contains((*instance)->report().trap.value())) << why(**instance);
  }
}

TEST_P(Language, HandlesThousandsOfMessagesInOneInstance) {
  const auto engine = wasmtime_engine(small_host().engine, *platform_, log_);
  ASSERT_TRUE(engine) << engine.error().message();
  const auto wasm = bytes_of(GetParam().language);
  const auto code = (*engine)->compile("echo.wasm", wasm.span(), {});
  ASSERT_TRUE(code) << code.error().message();
  Bare bare;
  const auto instance = (*code)->instantiate(bare.host.functions, limits());
  ASSERT_TRUE(instance) << instance.error().message();
  ASSERT_EQ(bare.init(**instance), CallState::done);
  const std::string payload(1000, 'x');
  for (int message = 0; message < 10'000; ++message)
    ASSERT_EQ(bare.tell(**instance, payload), CallState::done) << message << ": " << why(**instance);
  EXPECT_EQ((*instance)->report().reply->text(), "\x55" + std::string(1000, 'X'));
}

INSTANTIATE_TEST_SUITE_P(All, Language, ::testing::ValuesIn(guests()), [](const auto& of) { return of.param.language; });

}  // namespace
}  // namespace airssys::wasm
