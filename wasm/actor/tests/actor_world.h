// A simulated world of fake components, each as its script says, run by real ComponentActors.
#pragma once
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/sim_platform.h"
#include "airssys/rt/events.h"
#include "airssys/rt/system.h"
#include "airssys/rt/testing/sim_executor.h"
#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/actor/component_mailbox.h"
#include "airssys/wasm/core/testing/idle_functions.h"
#include "airssys/wasm/runtime/testing/fake_engine.h"

namespace airssys::wasm::testing {

using namespace std::chrono_literals;

// A guest waits for it until somebody opens it.
class Latch final : public PendingOperation {
 public:
  bool poll(const CallWaker& waker) noexcept override {
    ++polls;
    if (!open_) waker_.emplace(waker);
    return open_;
  }
  void open() {
    open_ = true;
    wake();
  }
  // Without opening: the waiting call is polled for nothing. Works, and does nothing, also after the call has ended.
  void wake() {
    if (waker_) waker_->wake();
  }
  int polls = 0;

 private:
  bool open_ = false;
  std::optional<CallWaker> waker_;
};

// What one fake component does, and what was done to it, over all its instances.
struct Script {
  std::function<FakeOutcome(const Message&)> on_message = [](const Message&) { return FakeOutcome{}; };
  std::function<FakeOutcome(const Bytes&, const ExecutionContext&)> on_operation = [](const Bytes&, const ExecutionContext&) {
    return FakeOutcome::answer("");
  };
  std::function<FakeOutcome()> on_health = [] { return FakeOutcome{}; };
  std::function<FakeOutcome()> on_init = [] { return FakeOutcome{}; };
  std::function<FakeOutcome()> on_shutdown = [] { return FakeOutcome{}; };
  std::function<MemoryUse()> on_memory = [] { return MemoryUse{}; };
  ComponentMetadata metadata;
  bool refuses_to_be_made = false;

  std::vector<std::string> calls;  // "new", "init", the text of each message, "shutdown", "gone"
  int alive = 0;
};

class ScriptedGuest final : public FakeGuest {
 public:
  explicit ScriptedGuest(Script& script) : script_(script) {
    ++script_.alive;
    script_.calls.emplace_back("new");
  }
  ~ScriptedGuest() override {
    --script_.alive;
    script_.calls.emplace_back("gone");
  }
  FakeOutcome init(const ComponentConfig&) override {
    script_.calls.emplace_back("init");
    return script_.on_init();
  }
  FakeOutcome handle_message(const Message& message) override {
    script_.calls.emplace_back(message.payload.text());
    return script_.on_message(message);
  }
  FakeOutcome handle_callback(MessageId request, const RequestOutcome& outcome) override {
    script_.calls.push_back(fmt::format("callback {}:{} {}", request.high, request.low,
                                        outcome.failure ? request_failure_name(*outcome.failure) : outcome.payload.text()));
    return {};
  }
  FakeOutcome execute(const Bytes& operation, const ExecutionContext& context) override {
    script_.calls.push_back(fmt::format("execute {}", operation.text()));
    return script_.on_operation(operation, context);
  }
  FakeOutcome health() override {
    script_.calls.emplace_back("health");
    return script_.on_health();
  }
  FakeOutcome shutdown() override {
    script_.calls.emplace_back("shutdown");
    return script_.on_shutdown();
  }
  ComponentMetadata metadata() override { return script_.metadata; }
  MemoryUse memory() override { return script_.on_memory(); }

 private:
  Script& script_;
};

struct Lines final : LogSink {
  std::vector<std::string> texts;
  void write(const LogRecord& record) noexcept override {
    texts.push_back(std::string(record.source) + ": " + std::string(record.text));
  }
};

// Host functions that only write down the log lines.
class TestFunctions final : public HostFunctionSet, IdleMessaging, IdleStorage, IdleServices, IdleWaiting, IdleCapabilities {
 public:
  explicit TestFunctions(std::vector<std::string>& lines) : lines_(lines) {}
  const HostFunctions& functions() const noexcept override { return functions_; }
  bool end_request(MessageId, Result<Bytes>, RequestOutcome&) noexcept override { return false; }

 private:
  void log(LogLevel, std::string_view text, std::span<const LogField>) noexcept override { lines_.emplace_back(text); }

  std::vector<std::string>& lines_;
  const HostFunctions functions_{
      .messaging = *this, .storage = *this, .services = *this, .waiting = *this, .capabilities = *this};
};

struct Events final : rt::EventSink {
  std::map<std::string, std::vector<rt::SupervisionEvent::Kind>, std::less<>> kinds;
  std::map<std::string, std::string, std::less<>> last_error;
  std::map<std::string, std::uint64_t, std::less<>> discarded, overflown, expired;
  std::map<std::string, ComponentInbox*, std::less<>> inboxes;  // to be closed at the end, as a host does
  void on_event(const rt::SupervisionEvent& event) noexcept override {
    kinds[std::string(event.name)].push_back(event.kind);
    if (event.error) last_error[std::string(event.name)] = event.error->message();
    using Kind = rt::SupervisionEvent::Kind;
    const bool is_end = event.kind == Kind::start_failed || event.kind == Kind::gave_up || event.kind == Kind::stopped ||
                        event.kind == Kind::killed;
    if (const auto found = inboxes.find(event.name); is_end && found != inboxes.end()) found->second->close();
  }
  void on_dead_letter(const rt::DeadLetter& letter) noexcept override {
    using Why = rt::DeadLetter::Why;
    if (letter.why == Why::discarded) ++discarded[std::string(letter.receiver_name)];
    if (letter.why == Why::overflow) ++overflown[std::string(letter.receiver_name)];
    if (letter.why == Why::expired) ++expired[std::string(letter.receiver_name)];
  }
  std::size_t count(std::string_view name, rt::SupervisionEvent::Kind kind) const {
    const auto found = kinds.find(name);
    return found == kinds.end() ? 0 : static_cast<std::size_t>(std::ranges::count(found->second, kind));
  }
};

// "expired c1: the payload", in their order.
struct DeadLetters final : DeadLetterSink {
  std::vector<std::string> texts;
  std::map<std::string, std::array<std::uint64_t, dead_letter_reason_count>, std::less<>> counts;  // by receiver
  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                      bool keep_contents) noexcept override {
    texts.push_back(fmt::format("{} {}: {}{}", dead_letter_reason_name(reason), receiver.name(), message.payload.text(),
                                keep_contents ? ", kept" : ""));
    ++counts[std::string(receiver.name())][static_cast<std::size_t>(reason)];
  }
};

// One component of the world.
struct Fake {
  Script script;
  ComponentStats stats;
  std::vector<std::string> lines;
  std::optional<ComponentAddress> component;
  std::optional<ComponentInbox> inbox;
  std::optional<ComponentDefinition> definition;
  rt::SpawnOptions options;
  rt::Address<ComponentMessage> address;
  ComponentMailbox mailbox;
  std::optional<Result<>> started;

  rt::SendStatus send(std::string_view text) const {
    return mailbox.send({.sender = Bytes::copy_of("external"), .payload = Bytes::copy_of(text), .kind = MessageKind::external});
  }
  std::uint64_t traps(TrapKind kind) const { return stats.traps[static_cast<std::size_t>(kind)].value(); }
};

constexpr ResourceLimits test_limits{.memory_bytes = 1 << 20,
                                     .table_elements = 1000,
                                     .tables = 10,
                                     .instances = 10,
                                     .memories = 10,
                                     .fuel_per_call = 1'000'000,
                                     .call_timeout = 100ms,
                                     .message_bytes = 1 << 20};

enum class Calls : std::uint8_t { finish_at_once, may_wait };

class World {
 public:
  explicit World(std::uint64_t seed = 1, rt::SystemLimits limits = {}) : platform(seed), system(executor, log, limits, &events) {}

  // Known, not started: script and options may still be changed.
  Fake& define(std::string name, Calls calls = Calls::finish_at_once, ResourceLimits limits = test_limits,
               MailboxPolicy policy = {}) {
    Fake& fake = fakes_.emplace_back();
    engine_.define(name,
                   [&fake](const HostFunctions&) -> std::unique_ptr<FakeGuest> {
                     if (fake.script.refuses_to_be_made) return nullptr;
                     return std::make_unique<ScriptedGuest>(fake.script);
                   },
                   {.waits = calls == Calls::may_wait});
    fake.options = {.name = name};
    apply(policy, fake.options);
    fake.component = *ComponentAddress::parse(name);
    fake.inbox.emplace(*fake.component, policy, fake.stats, &letters);
    events.inboxes[name] = &*fake.inbox;
    fake.definition.emplace(
        ComponentDefinition{.address = *fake.component,
                            .version = "1.0.0",
                            .limits = limits,
                            .config = {},
                            .code = *engine_.compile(name, FakeEngine::image(name).span(), {}),
                            .make_functions = [&fake](rt::Context&, const ComponentDefinition&,
                                                      const CurrentCall&) { return std::make_unique<TestFunctions>(fake.lines); },
                            .stats = fake.stats,
                            .inbox = *fake.inbox});
    return fake;
  }
  void spawn(Fake& fake) {
    rt::SpawnOptions options = fake.options;
    options.on_started = [&fake](const Result<>& outcome) { fake.started = outcome; };
    fake.address = *system.spawn(std::move(options), [&fake] { return std::make_unique<ComponentActor>(*fake.definition); });
    fake.mailbox = ComponentMailbox(fake.address, *fake.inbox);
  }
  Fake& start(std::string name, Calls calls = Calls::finish_at_once) {
    Fake& fake = define(std::move(name), calls);
    spawn(fake);
    EXPECT_TRUE(executor.run_ready());
    return fake;
  }
  void run() { ASSERT_TRUE(executor.run_ready()); }
  void run_for(Duration by) { ASSERT_TRUE(executor.run_for(by)); }

  SimPlatform platform;
  Lines log;
  Events events;
  DeadLetters letters;

 private:
  FakeEngine engine_;
  std::deque<Fake> fakes_;  // before the executor: they outlive all actors

 public:
  rt::testing::SimExecutor executor{platform};
  rt::ActorSystem system;
};

}  // namespace airssys::wasm::testing
