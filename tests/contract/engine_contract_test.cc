// What every Engine does, whatever runs the guests: one suite for FakeEngine and the one over Wasmtime. The guest is the
// puppet of the bridge's tests, which obeys the first byte of a message, and its twin in C++.
#include <gmock/gmock.h>

#include <optional>

#include "airssys/base/platform.h"
#include "airssys/wasm/runtime/testing/fake_engine.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "engine_rig.h"
#include "guests.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::uint64_t page = 64 << 10;

// --- the twin

// Sleeps of the host, shared as a FakeOutcome wants it.
std::shared_ptr<PendingOperation> shared(std::unique_ptr<PendingOperation> operation) { return operation; }

class FakePuppet final : public FakeGuest {
 public:
  explicit FakePuppet(const HostFunctions& host) : host_(host) {}

  FakeOutcome init(const ComponentConfig&) override {
    if (std::exchange(initialized_, true)) return FakeOutcome::error(1, "");
    return {};
  }
  FakeOutcome execute(const Bytes& operation, const ExecutionContext& context) override {
    if (context.trace_context.empty())
      return operation.empty() ? FakeOutcome{.state = CallState::guest_error, .variant = 2, .number = 77}
                               : FakeOutcome::error(1, std::string(operation.text()));
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(context.timeout).count();
    std::string told;
    for (const std::uint64_t value :
         {std::uint64_t{operation.size()}, context.request.high, context.request.low, std::uint64_t{context.caller.size()},
          static_cast<std::uint64_t>(milliseconds), std::uint64_t{context.trace_context.size()}})
      told += static_cast<char>(value);
    return FakeOutcome::answer(told);
  }
  FakeOutcome handle_callback(MessageId, const RequestOutcome& outcome) override {
    if (!outcome.failure) {
      count_ = static_cast<unsigned>(outcome.payload.size());
    } else if (*outcome.failure == RequestFailure::timeout || *outcome.failure == RequestFailure::target_not_found) {
      count_ = static_cast<unsigned>(std::chrono::ceil<std::chrono::milliseconds>(outcome.timeout).count());
    } else {
      return FakeOutcome::error(6, outcome.reason);
    }
    return {};
  }
  std::vector<std::uint64_t> supported_codecs() override { return {0x0701, 0x0200}; }
  FakeOutcome health() override { return {.text = "text", .variant = 1}; }
  FakeOutcome shutdown() override { return FakeOutcome::error(4, "text"); }
  ComponentMetadata metadata() override { return {.name = "peer", .version = "other", .description = "text", .language = "key"}; }
  MemoryUse memory() override { return {.bytes = pages_ * page, .peak_bytes = pages_ * page, .refused_growths = refused_}; }

  FakeOutcome handle_message(const Message& message) override {
    ++count_;
    std::string_view rest = message.payload.text();
    if (rest.empty()) return {};
    const char command = rest.front();
    rest.remove_prefix(1);
    switch (command) {
      case 'e': return FakeOutcome::answer(rest);
      case 'x': return FakeOutcome::error(6, std::string(rest));
      case 'k': return byte(count_);
      case 'u': return FakeOutcome::trapped(TrapKind::unreachable);
      case 'z': return FakeOutcome::trapped(TrapKind::integer_div);
      case 'o': return FakeOutcome::trapped(TrapKind::bounds);
      case 'r': return FakeOutcome::trapped(TrapKind::stack_overflow);
      case 's': return {.fuel = UINT64_MAX};
      case 'g': return byte(grow(rest));
      case 'G': return grow(rest) == 0xff ? FakeOutcome::trapped(TrapKind::memory) : FakeOutcome{};
      case 't': return sent(host_.messaging.send_message("peer", std::as_bytes(std::span(rest))));
      case 'i': return FakeOutcome::answer(host_.messaging.self_id());
      case 'l': {
        const LogField field{"key", "value"};
        host_.services.log(LogLevel::info, rest, {&field, 1});
        return {};
      }
      case 'w': {
        auto sleeping = shared(host_.waiting.sleep(std::chrono::milliseconds(1)));
        if (!sleeping) return FakeOutcome::trapped(TrapKind::host_error);
        return {.wait = std::move(sleeping)};
      }
      default: return {};
    }
  }

 private:
  static FakeOutcome byte(unsigned value) { return FakeOutcome::answer(std::string(1, static_cast<char>(value))); }
  unsigned grow(std::string_view by) {
    const std::uint64_t wanted = pages_ + static_cast<unsigned char>(by.front());
    if (wanted * page <= roomy_limits.memory_bytes) return static_cast<unsigned>(std::exchange(pages_, wanted));
    ++refused_;
    return 0xff;
  }
  static FakeOutcome sent(const SendResult& result) {
    return FakeOutcome::answer(std::string(1, static_cast<char>(result.failure)) + std::string(result.reason));
  }

  const HostFunctions& host_;
  bool initialized_ = false;
  unsigned count_ = 0;
  std::uint64_t pages_ = 2;
  std::uint64_t refused_ = 0;
};

// Without the exports that a component may leave out.
struct FakeMinimal final : FakeGuest {
  FakeOutcome handle_message(const Message&) override { return {}; }
};

// --- the two engines

struct Subject {
  std::unique_ptr<Engine> engine;
  Bytes puppet;
  Bytes waiting_puppet;
  Bytes minimal;
};

Subject fake_subject(Platform&) {
  auto engine = std::make_unique<FakeEngine>();
  const auto make = [](const HostFunctions& host) { return std::make_unique<FakePuppet>(host); };
  engine->define("puppet", make, {.initial_memory_bytes = 2 * page});
  engine->define("waiting", make, {.initial_memory_bytes = 2 * page, .waits = true});
  engine->define("minimal", [](const HostFunctions&) { return std::make_unique<FakeMinimal>(); });
  return {std::move(engine), FakeEngine::image("puppet"), FakeEngine::image("waiting"), FakeEngine::image("minimal")};
}

Bytes bytes_of(const Wasm& wasm) { return Bytes::copy_of(std::as_bytes(std::span(wasm))); }

Subject wasmtime_subject(Platform& platform) {
  return {*wasmtime_engine(
              {.max_instances = 16, .max_fibers = 16, .max_memory_bytes = 1 << 20, .epoch_tick = std::chrono::seconds(1)},
              platform, null_log()),
          bytes_of(puppet(Waits::no)), bytes_of(puppet(Waits::yes)), bytes_of(minimal())};
}

class EngineContract : public ::testing::TestWithParam<Subject (*)(Platform&)> {
 protected:
  EngineContract() : platform_(real_platform()), subject_(GetParam()(*platform_)) {}

  std::unique_ptr<Instance> make(const Bytes& wasm, const ResourceLimits& limits = roomy_limits) {
    auto code = subject_.engine->compile("puppet", wasm.span(), {});
    EXPECT_TRUE(code) << code.error().message();
    auto instance = (*code)->instantiate(host_.functions, limits);
    EXPECT_TRUE(instance) << instance.error().message();
    return *std::move(instance);
  }
  std::unique_ptr<Instance> make() { return make(subject_.puppet); }
  std::unique_ptr<Instance> make_waiting() { return make(subject_.waiting_puppet); }

  // What is passed to a call lives until it ends.
  CallState send(Instance& instance, std::string_view payload) {
    message_ = message_of(payload);
    return go_on(instance, waker_, instance.handle_message(message_, waker_));
  }
  CallState execute(Instance& instance) { return go_on(instance, waker_, instance.execute(operation_, context_, waker_)); }
  // The reply; "-" for none.
  std::string reply(Instance& instance, std::string_view payload) {
    EXPECT_EQ(send(instance, payload), CallState::done);
    return instance.report().reply ? std::string(instance.report().reply->text()) : "-";
  }

  const std::unique_ptr<Platform> platform_;
  RecordingHost host_;
  CountedWaker waker_;
  Message message_;
  ComponentConfig config_;
  Bytes operation_;
  ExecutionContext context_;
  RequestOutcome outcome_;
  Subject subject_;
};

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract, ::testing::Values(fake_subject, wasmtime_subject),
                         [](const auto& test) { return test.index == 0 ? "Fake" : "Wasmtime"; });

TEST_P(EngineContract, InitialisesAndAnswers) {
  auto sut = make();
  EXPECT_EQ(sut->init(config_, waker_), CallState::done);
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  EXPECT_EQ(reply(*sut, "e"), "");
  EXPECT_EQ(reply(*sut, "n"), "-");
}

TEST_P(EngineContract, KeepsStateFromCallToCallAndSharesNone) {
  auto one = make();
  auto two = make();
  EXPECT_EQ(reply(*one, "k"), "\1");
  EXPECT_EQ(reply(*one, "k"), "\2");
  EXPECT_EQ(reply(*two, "k"), "\1");
}

TEST_P(EngineContract, TellsMetadataAndHealth) {
  auto sut = make();
  ASSERT_EQ(sut->metadata(waker_), CallState::done);
  ASSERT_TRUE(sut->report().metadata);
  EXPECT_EQ(sut->report().metadata->name, "peer");
  EXPECT_EQ(sut->report().metadata->version, "other");
  EXPECT_EQ(sut->report().metadata->description, "text");
  EXPECT_EQ(sut->report().metadata->language, "key");
  ASSERT_EQ(sut->health(waker_), CallState::done);
  EXPECT_EQ(static_cast<HealthStatus>(sut->report().variant), HealthStatus::degraded);
  EXPECT_EQ(sut->report().text, "text");
  EXPECT_FALSE(sut->report().metadata);
}

TEST_P(EngineContract, ExecutesAnOperationForWhoeverAsks) {
  auto sut = make();
  operation_ = Bytes::copy_of("run");
  context_ = {.request = {1, 2},
              .caller = Bytes::copy_of("caller"),
              .timeout = std::chrono::microseconds(8001),
              .trace_context = Bytes::copy_of("traced")};
  ASSERT_EQ(execute(*sut), CallState::done);
  ASSERT_TRUE(sut->report().reply);
  EXPECT_EQ(sut->report().reply->text(), "\3\1\2\6\11\6");
  EXPECT_EQ(sut->report().text, "");
  EXPECT_GT(sut->report().fuel, 0u);
}

TEST_P(EngineContract, TellsWhyAnOperationHasNoResultAndGoesOn) {
  auto sut = make();
  operation_ = Bytes::copy_of("run");
  ASSERT_EQ(execute(*sut), CallState::guest_error);
  EXPECT_EQ(execution_error_name(sut->report().variant), "operation-failed");
  EXPECT_EQ(sut->report().text, "run");
  EXPECT_FALSE(sut->report().reply);
  operation_ = {};
  ASSERT_EQ(execute(*sut), CallState::guest_error);
  EXPECT_EQ(sut->report().variant, execution_error_unsupported_codec);
  EXPECT_EQ(sut->report().number, 77u);
  EXPECT_EQ(sut->report().text, "");
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  EXPECT_EQ(sut->report().number, 0u);
}

TEST_P(EngineContract, TellsTheComponentHowItsRequestEnded) {
  auto sut = make();
  const auto ended = [&](RequestOutcome outcome) {
    outcome_ = std::move(outcome);
    return go_on(*sut, waker_, sut->handle_callback({1, 2}, outcome_, waker_));
  };
  EXPECT_EQ(ended({.payload = Bytes::copy_of("yes")}), CallState::done);
  EXPECT_FALSE(sut->report().reply);
  EXPECT_EQ(reply(*sut, "k"), "\4");  // the payload's length, and one
  EXPECT_EQ(ended({.failure = RequestFailure::timeout, .timeout = std::chrono::microseconds(6001)}), CallState::done);
  EXPECT_EQ(reply(*sut, "k"), "\10");
  EXPECT_EQ(ended({.failure = RequestFailure::target_not_found}), CallState::done);
  for (const RequestFailure failure : {RequestFailure::target_crashed, RequestFailure::rejected, RequestFailure::handler_error}) {
    EXPECT_EQ(ended({.failure = failure, .reason = "why"}), CallState::guest_error);
    EXPECT_EQ(component_error_name(sut->report().variant), "failed");
    EXPECT_EQ(sut->report().text, "why");
  }
}

TEST_P(EngineContract, SaysWhichCodecsTheComponentUnderstands) {
  auto sut = make();
  ASSERT_EQ(go_on(*sut, waker_, sut->supported_codecs(waker_)), CallState::done);
  EXPECT_THAT(sut->report().codecs, ElementsAre(0x0701u, 0x0200u));
  EXPECT_FALSE(sut->report().reply);
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  EXPECT_TRUE(sut->report().codecs.empty());
}

TEST_P(EngineContract, AnswersForAComponentWhatThatDoesNotExport) {
  auto sut = make(subject_.minimal);
  ASSERT_EQ(sut->init(config_, waker_), CallState::done);
  ASSERT_EQ(execute(*sut), CallState::guest_error);
  EXPECT_EQ(execution_error_name(sut->report().variant), "invalid-operation");
  EXPECT_EQ(sut->report().text, "the component exports no `execute`");
  EXPECT_EQ(sut->handle_callback({1, 2}, outcome_, waker_), CallState::done);
  ASSERT_EQ(sut->supported_codecs(waker_), CallState::done);
  EXPECT_TRUE(sut->report().codecs.empty());
  ASSERT_EQ(sut->health(waker_), CallState::done);
  EXPECT_EQ(static_cast<HealthStatus>(sut->report().variant), HealthStatus::healthy);
  EXPECT_EQ(reply(*sut, "x"), "-");
}

TEST_P(EngineContract, RefusesOperationsAndCallbacksAfterATrap) {
  auto sut = make();
  ASSERT_EQ(send(*sut, "u"), CallState::failed);
  EXPECT_EQ(execute(*sut), CallState::failed);
  EXPECT_EQ(sut->handle_callback({1, 2}, outcome_, waker_), CallState::failed);
  EXPECT_EQ(sut->supported_codecs(waker_), CallState::failed);
  EXPECT_TRUE(sut->report().error);
}

TEST_P(EngineContract, GoesOnAfterAnErrorOfTheGuest) {
  auto sut = make();
  EXPECT_EQ(send(*sut, "xnot today"), CallState::guest_error);
  EXPECT_EQ(sut->report().variant, 6u);
  EXPECT_EQ(component_error_name(sut->report().variant), "failed");
  EXPECT_EQ(sut->report().text, "not today");
  EXPECT_FALSE(sut->report().reply);
  EXPECT_FALSE(sut->report().trap);
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  EXPECT_EQ(sut->report().text, "");
  EXPECT_EQ(sut->init(config_, waker_), CallState::done);
  EXPECT_EQ(sut->init(config_, waker_), CallState::guest_error);
  EXPECT_EQ(component_error_name(sut->report().variant), "already-initialized");
  EXPECT_EQ(sut->report().text, "");
  EXPECT_EQ(sut->shutdown(waker_), CallState::guest_error);
  EXPECT_EQ(component_error_name(sut->report().variant), "shutdown-failed");
}

struct KnownTrap {
  std::string_view command;
  TrapKind kind;
};

TEST_P(EngineContract, TellsTrapsApartAndRefusesCallsAfterOne) {
  for (const KnownTrap& known :
       {KnownTrap{"u", TrapKind::unreachable}, KnownTrap{"z", TrapKind::integer_div}, KnownTrap{"o", TrapKind::bounds},
        KnownTrap{"r", TrapKind::stack_overflow}, KnownTrap{"G\xff", TrapKind::memory}, KnownTrap{"s", TrapKind::out_of_fuel}}) {
    SCOPED_TRACE(trap_kind_name(known.kind));
    auto sut = make();
    EXPECT_EQ(reply(*sut, "ehello"), "hello");
    ASSERT_EQ(send(*sut, known.command), CallState::failed);
    const CallReport& report = sut->report();
    ASSERT_TRUE(report.trap && report.error);
    EXPECT_EQ(*report.trap, known.kind);
    EXPECT_EQ(report.error->code(), Code::trapped);
    EXPECT_EQ(report.error->field("trap"), trap_kind_name(known.kind));
    EXPECT_FALSE(report.reply);
    ASSERT_EQ(send(*sut, "ehello"), CallState::failed);
    EXPECT_EQ(*sut->report().trap, TrapKind::host_error);
    EXPECT_EQ(sut->shutdown(waker_), CallState::failed);
    EXPECT_TRUE(sut->report().error);
    EXPECT_EQ(reply(*make(), "ehello"), "hello");
  }
}

TEST_P(EngineContract, ReportsFuelOfTheCallAndTheSameForTheSameWork) {
  auto one = make();
  auto two = make();
  const auto fuel = [&](Instance& instance, std::string_view payload) {
    EXPECT_EQ(send(instance, payload), CallState::done);
    return instance.report().fuel;
  };
  const std::uint64_t echo = fuel(*one, "ehello");
  EXPECT_GT(echo, 0u);
  EXPECT_LT(echo, roomy_limits.fuel_per_call);
  EXPECT_EQ(fuel(*one, "ehello"), echo);  // not accumulated
  EXPECT_EQ(fuel(*two, "ehello"), echo);
  EXPECT_EQ(send(*one, "s"), CallState::failed);
  EXPECT_EQ(one->report().fuel, roomy_limits.fuel_per_call);
}

TEST_P(EngineContract, ShowsMemoryAndRefusesGrowthPastTheLimit) {
  auto sut = make();
  EXPECT_EQ(sut->memory().bytes, 2 * page);
  EXPECT_EQ(reply(*sut, "g\x03"), "\x02");
  EXPECT_EQ(sut->memory().bytes, 5 * page);
  EXPECT_EQ(sut->memory().peak_bytes, 5 * page);
  EXPECT_EQ(sut->memory().refused_growths, 0u);
  EXPECT_EQ(reply(*sut, "g\x20"), "\xff");
  EXPECT_EQ(sut->memory().bytes, 5 * page);
  EXPECT_EQ(sut->memory().refused_growths, 1u);
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
}

TEST_P(EngineContract, MakesNoInstanceThatNeedsMoreMemoryThanItMayHave) {
  const auto code = subject_.engine->compile("puppet", subject_.puppet.span(), {});
  ASSERT_TRUE(code);
  EXPECT_EQ((*code)->description().initial_memory_bytes, 2 * page);
  ResourceLimits limits = roomy_limits;
  limits.memory_bytes = 2 * page;
  EXPECT_TRUE((*code)->instantiate(host_.functions, limits));
  limits.memory_bytes = 2 * page - 1;
  const auto refused = (*code)->instantiate(host_.functions, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_limit_exceeded);
}

TEST_P(EngineContract, RefusesWhatIsNoComponentAndNamesIt) {
  const auto code = subject_.engine->compile("some/file.wasm", std::as_bytes(std::span("rubbish")), {});
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code(), Code::invalid_component);
  EXPECT_TRUE(code.error().message().starts_with("some/file.wasm: ")) << code.error().message();
}

TEST_P(EngineContract, LetsTheGuestCallItsHost) {
  auto sut = make();
  EXPECT_EQ(reply(*sut, "tpayload"), std::string(1, '\0'));
  EXPECT_THAT(host_.sent, ElementsAre(Pair("peer", "payload")));
  EXPECT_EQ(reply(*sut, "i"), "test/puppet/1");
  EXPECT_EQ(reply(*sut, "lline"), "-");
  EXPECT_THAT(host_.logged, ElementsAre("line key=value"));
}

TEST_P(EngineContract, TellsTheGuestEachRefusalOfItsHost) {
  auto sut = make();
  const auto told = [&](SendResult answer) {
    host_.answer = answer;
    return reply(*sut, "tx");
  };
  EXPECT_EQ(told({.failure = SendFailure::target_not_found}), "\1");
  EXPECT_EQ(told({.failure = SendFailure::permission_denied, .reason = "no grant"}), "\2no grant");
  EXPECT_EQ(told({.failure = SendFailure::queue_full}), "\3");
  EXPECT_EQ(told({.failure = SendFailure::message_too_large, .number = 10}), "\5");
  EXPECT_EQ(told({.failure = SendFailure::delivery_failed, .reason = "no address"}), "\x0bno address");
}

// --- waiting

TEST_P(EngineContract, SaysWhichComponentWaits) {
  EXPECT_FALSE((*subject_.engine->compile("puppet", subject_.puppet.span(), {}))->description().waits);
  EXPECT_TRUE((*subject_.engine->compile("puppet", subject_.waiting_puppet.span(), {}))->description().waits);
}

TEST_P(EngineContract, SuspendsACallUntilWhatItWaitsForIsOver) {
  auto sut = make_waiting();
  EXPECT_EQ(send(*sut, "w\x05"), CallState::pending);
  EXPECT_EQ(host_.sleeping, 1);
  EXPECT_GT(waker_.references, 0);
  EXPECT_EQ(sut->resume(waker_), CallState::pending);  // woken for nothing
  host_.sleep_over = true;
  EXPECT_EQ(sut->resume(waker_), CallState::done);
  EXPECT_EQ(host_.sleeping, 0);
  EXPECT_GT(sut->report().fuel, 0u);
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  sut.reset();
  EXPECT_EQ(waker_.references, 0);
}

TEST_P(EngineContract, SuspendsNothingWhenThereIsNothingToWaitFor) {
  auto sut = make_waiting();
  host_.sleep_over = true;
  EXPECT_EQ(send(*sut, "w\x05"), CallState::done);
  EXPECT_EQ(send(*sut, "w\x05"), CallState::done);
}

TEST_P(EngineContract, EndsAWaitingCallThatIsCancelled) {
  auto sut = make_waiting();
  EXPECT_EQ(send(*sut, "w\x05"), CallState::pending);
  sut->cancel(TrapKind::timeout);
  EXPECT_EQ(host_.sleeping, 0);
  ASSERT_TRUE(sut->report().trap && sut->report().error);
  EXPECT_EQ(*sut->report().trap, TrapKind::timeout);
  EXPECT_EQ(sut->report().error->code(), Code::timed_out);
  EXPECT_EQ(sut->report().error->field("trap"), "timeout");
  EXPECT_EQ(send(*sut, "ehello"), CallState::failed);
  sut.reset();
  EXPECT_EQ(waker_.references, 0);
}

TEST_P(EngineContract, CancelsNothingWhenNothingIsPending) {
  auto sut = make_waiting();
  EXPECT_EQ(reply(*sut, "ehello"), "hello");
  sut->cancel(TrapKind::timeout);
  EXPECT_FALSE(sut->report().trap);
  EXPECT_EQ(reply(*sut, "eagain"), "again");
}

TEST_P(EngineContract, DropsWhatIsPendingWithTheInstance) {
  auto sut = make_waiting();
  EXPECT_EQ(send(*sut, "w\x05"), CallState::pending);
  sut.reset();
  EXPECT_EQ(host_.sleeping, 0);
  EXPECT_EQ(waker_.references, 0);
}

TEST_P(EngineContract, TakesAnotherWakerForTheNextPoll) {
  CountedWaker later;
  auto sut = make_waiting();
  EXPECT_EQ(send(*sut, "w\x05"), CallState::pending);
  EXPECT_EQ(sut->resume(later), CallState::pending);
  EXPECT_GT(later.references, 0);
  host_.sleep_over = true;
  EXPECT_EQ(sut->resume(later), CallState::done);
  sut.reset();
  EXPECT_EQ(waker_.references + later.references, 0);
}

TEST_P(EngineContract, EndsACallWhoseHostDoesNotLetItWait) {
  auto sut = make_waiting();
  host_.may_sleep = false;
  ASSERT_EQ(send(*sut, "w\x05"), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::host_error);
}

}  // namespace
}  // namespace airssys::wasm::testing
