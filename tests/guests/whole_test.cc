// The host's whole package, called function by function out of a real component: what is carried out answers, what this host does
// not have says so by a value, and nothing is left out that wit/ declares.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "airssys/base/assert.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/wit/packages.h"
#include "lines.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// A test that has not ended by then hangs.
constexpr Duration patience = 120s;

// "messaging.send-message", as the component and the tables below name functions.
std::string short_name(const WitFunction& function) {
  std::string_view interface = function.interface;
  interface = interface.substr(interface.find('/') + 1);
  return fmt::format("{}.{}", interface.substr(0, interface.find('@')), function.name);
}

std::vector<WitFunction> declared() {
  auto functions = wit_functions("");
  AIRSSYS_ASSERT(functions, "{}", functions.error().message());
  return *std::move(functions);
}

// What this host carries out answers so, to a component that may send to `other`, call `reverse` and keep things; in this order,
// with nothing kept before. The rest of the package is not here yet: whoever carries out one of its functions adds its line.
const std::map<std::string, std::string>& answers() {
  static const std::map<std::string, std::string> all{
      {"messaging.send-message", "Ok(())"},
      {"messaging.broadcast", "[Ok(()), Err(MessagingError::PermissionDenied("},
      {"messaging.send-request", "Ok(MessageId { high: "},
      {"messaging.cancel-request", "Err(MessagingError::UnknownRequest)"},
      {"messaging.publish", "Err(MessagingError::PermissionDenied("},
      {"messaging.subscribe", "Err(MessagingError::PermissionDenied("},
      {"messaging.unsubscribe", "Err(MessagingError::UnknownRequest)"},
      {"messaging.current-metadata", "MessageMetadata { correlation-id: None, reply-to: None, topic: None"},
      {"messaging.self-id", "/whole/"},
      {"storage.get", "Ok(None)"},
      {"storage.set", "Ok(())"},
      {"storage.delete", "Ok(false)"},
      {"storage.has", "Ok(false)"},
      {"storage.keys", "Ok(KeyPage { keys: [], next: None })"},
      {"storage.scan-prefix", "Ok(ScanPage { entries: [], next: None })"},
      {"storage.apply", "Ok(())"},
      {"storage.usage", "Ok(UsageReport { used: 8, quota: "},
      {"storage.clear", "Ok(1)"},
      {"storage.open", "Ok(Store {"},
      {"services.log", "()"},
      {"services.current-time", "true"},
      {"services.current-time-millis", "true"},
      {"services.monotonic-now", "true"},
      {"services.list-components", "/other/"},
      {"services.get-component-metadata", R"(Ok(("Rust", [85, 512])))"},
      {"services.call-host-function", "Ok([99, 98, 97])"},
      {"capabilities.is-granted", "(true, false)"},
      {"capabilities.granted",
       R"(("storage", "write", "shared:all"), ("storage", "admin", "whole:*"), ("storage", "admin", "shared:all"), )"
       R"(("messaging", "send", "other"), ("messaging", "request", "other"), ("messaging", "receive-from", "*"), )"
       R"(("host", "call", "reverse")])"},
      {"multicodec.encode", "Ok([128, 4, 123, 125])"},
      {"multicodec.decode", "Ok((512, [123, 125]))"},
      {"multicodec.is-supported", "(true, false)"},
      {"multicodec.info", R"(Some((512, "json")))"},
      {"waiting.sleep-ms", "()"},
  };
  return all;
}

class Whole : public ::testing::Test {
 protected:
  Whole() : home_(fs::temp_directory_path() / fmt::format("airssys_whole_{}", ::getpid())), platform_(real_platform()) {
    HostConfig config;
    config.workers = 2;
    config.engine.max_instances = 16;
    config.engine.max_fibers = 16;
    config.engine.cache_directory = AIRSSYS_GUEST_CACHE;
    const auto reverse = [](const EmbedderCall& call) -> Result<Bytes> {
      std::string text(reinterpret_cast<const char*>(call.payload.data()), call.payload.size());
      std::ranges::reverse(text);
      return Bytes::copy_of(text);
    };
    auto callers = TargetPattern::parse("whole");
    AIRSSYS_ASSERT(callers, "{}", callers.error().message());
    config.functions.push_back({.name = "reverse", .callers = {*callers}, .call = reverse});
    auto host = Host::create(config, *platform_, log_);
    AIRSSYS_ASSERT(host, "{}", host.error().message());
    host_ = *std::move(host);
    run("other", "");
    run("whole",
        "[capabilities.messaging]\nsend = [\"other\"]\n"
        "[capabilities.storage]\nnamespaces = [\"shared:all\"]\naccess = \"admin\"\n");
  }
  ~Whole() override {
    host_.reset();
    fs::remove_all(home_);
  }

  void run(const std::string& name, std::string_view capabilities) {
    const fs::path folder = home_ / name, wasm = fs::path(AIRSSYS_GUESTS) / "whole.wasm";
    fs::create_directories(folder);
    AIRSSYS_ASSERT(fs::exists(wasm), "{} is not there: ./dev guests builds it", wasm.string());
    fs::create_symlink(wasm, folder / (name + ".wasm"));
    std::ofstream(folder / "Component.toml") << fmt::format(
        "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
        "[resources]\nmax_memory = \"2MiB\"\nmax_stack = \"256KiB\"\n"
        "[deployment]\nmax_restarts = 0\n{}",
        name, capabilities);
    const auto added = host_->add(folder);
    AIRSSYS_ASSERT(added, "{}", added.error().message());
    const auto started = host_->start(*added);
    AIRSSYS_ASSERT(started, "{}", started.error().message());
  }
  // What came of a call of that function, as the component logged it; nothing: the call ended the instance.
  std::string outcome(const std::string& function, const std::string& component = "whole") {
    const std::size_t before = log_.lines().size();
    const auto sent = host_->send(component, Bytes::copy_of(function));
    EXPECT_TRUE(sent) << sent.error().message();
    EXPECT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest after " << function;
    const std::vector<std::string> lines = log_.lines();
    const std::string head = fmt::format("{}: {} -> ", component, function);
    const auto found = std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(before), lines.end(),
                                    [&](const std::string& line) { return line.starts_with(head); });
    return found == lines.end() ? "" : found->substr(head.size());
  }
  ComponentReport report(const std::string& component = "whole") {
    for (ComponentReport& one : host_->report())
      if (one.name == component) return one;
    ADD_FAILURE() << "no component " << component;
    return {};
  }

  const fs::path home_;
  testing::Lines log_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Host> host_;
};

TEST_F(Whole, ImportsEachFunctionThatTheHostsWitDeclares) {
  const auto seen = inspect(fs::path(AIRSSYS_GUESTS) / "whole.wasm", {}, *platform_, log_);
  ASSERT_TRUE(seen) << seen.error().message();
  EXPECT_TRUE(seen->description.waits);
  for (const WitFunction& function : declared()) {
    const auto same = [&](const InterfaceItem& item) {
      return item.interface == function.interface && item.name == function.name;
    };
    const auto found = std::ranges::find_if(seen->items.imports, same);
    ASSERT_NE(found, seen->items.imports.end()) << function.interface << "." << function.name;
    EXPECT_EQ(found->needs, function.needs) << function.name;
    EXPECT_EQ(found->type, function.type) << function.name;
  }
}

TEST_F(Whole, AnswersEachFunctionThatThisHostCarriesOut) {
  std::vector<std::string> known;
  for (const WitFunction& function : declared()) known.push_back(short_name(function));
  for (const auto& [function, expected] : answers()) {
    EXPECT_THAT(known, Contains(function));
    EXPECT_THAT(outcome(function), HasSubstr(expected)) << function;
  }
  EXPECT_EQ(report().restarts, 0u);
  EXPECT_EQ(report().errors, 0u);
  EXPECT_THAT(log_.lines(), Contains("whole: a line"));
}

TEST_F(Whole, IsToldByAValueWhatThisHostDoesNotHave) {
  std::size_t unavailable = 0;
  for (const WitFunction& function : declared()) {
    const std::string name = short_name(function);
    if (answers().contains(name) || function.name.starts_with("[method]")) continue;
    const bool core = function.interface.starts_with("airssys:core/messaging");
    EXPECT_THAT(outcome(name),
                ::testing::AllOf(
                    ::testing::StartsWith("Err("), HasSubstr(core ? "Error::DeliveryFailed(" : "Error::Unavailable("),
                    HasSubstr(fmt::format("unavailable: this host does not have `{}.{}`", function.interface, function.name))));
    ++unavailable;
  }
  EXPECT_GT(unavailable, 20u);
  EXPECT_EQ(report().restarts, 0u);
  EXPECT_EQ(report().errors, 0u);
}

TEST_F(Whole, EndsWhenItUsesAHandleThatItWasNeverGiven) {
  std::size_t forged = 0;
  for (const WitFunction& function : declared()) {
    if (!function.name.starts_with("[method]")) continue;
    const std::string component = fmt::format("forger-{}", ++forged);
    run(component, "");
    EXPECT_EQ(outcome(short_name(function), component), "") << function.name;
    const ComponentReport ended = report(component);
    EXPECT_EQ(ended.state, ComponentState::given_up) << function.name;
    EXPECT_EQ(ended.traps[static_cast<std::size_t>(TrapKind::bad_handle)], 1u) << function.name << ": " << ended.last_error;
  }
  EXPECT_GT(forged, 20u);
  EXPECT_THAT(outcome("messaging.self-id"), HasSubstr("/whole/"));  // its neighbour does not notice
}

TEST_F(Whole, SaysThatItDoesNotKnowAFunction) {
  EXPECT_EQ(outcome("messaging.shout"), "");
  EXPECT_EQ(report().errors, 1u);
  EXPECT_EQ(report().restarts, 0u);
}

}  // namespace
}  // namespace airssys::wasm
