// What only the real engine can show: errors of the compiler in full, every trap, deadlines, the pool. What every engine does
// is in tests/contract/engine_contract_test.cc.
#include <gmock/gmock.h>

#include <random>

#include "airssys/base/units.h"
#include "engine_fixture.h"

namespace airssys::wasm::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr WasmtimeConfig small_engine{.max_instances = 16, .max_fibers = 16, .max_memory_bytes = 1 << 20, .epoch_tick = 1ms};

std::span<const std::byte> bytes(const Wasm& wasm) { return std::as_bytes(std::span(wasm)); }

class WasmtimeEngineTest : public EngineFixture {
 protected:
  WasmtimeEngineTest() : EngineFixture(small_engine) {}
  Error compile_fails(std::span<const std::byte> wasm) {
    auto code = engine_->compile("guest.wasm", wasm, {});
    EXPECT_FALSE(code);
    return code ? Error(Code::internal, "it compiled") : std::move(code).error();
  }
};

// --- what is no component

TEST_F(WasmtimeEngineTest, SaysThatAFileIsNoWasm) {
  const std::string_view text = "#!/bin/sh\necho hello\n";
  const Error error = compile_fails(std::as_bytes(std::span(text)));
  EXPECT_EQ(error.code(), Code::invalid_component);
  EXPECT_EQ(error.message(),
            "guest.wasm: not a WebAssembly file (it does not begin with \\0asm); give the component that your build made");
  EXPECT_EQ(compile_fails({}).message(), error.message());
}

TEST_F(WasmtimeEngineTest, TellsHowToMakeAComponentOfACoreModule) {
  const Wasm module{0, 'a', 's', 'm', 1, 0, 0, 0};
  const Error error = compile_fails(bytes(module));
  EXPECT_EQ(error.code(), Code::invalid_component);
  EXPECT_EQ(
      error.message(),
      "guest.wasm: a core module, not a component; make a component of it: airssys-wasm componentize FILE.wasm -o OUT.wasm");
}

TEST_F(WasmtimeEngineTest, RefusesEveryTruncation) {
  const Wasm whole = puppet();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 40) {
    const Error error = compile_fails(bytes(whole).first(size));
    EXPECT_EQ(error.code(), Code::invalid_component) << size;
    EXPECT_THAT(error.message(), AllOf(StartsWith("guest.wasm: "), Not(HasSubstr("\n")))) << size;
  }
}

TEST_F(WasmtimeEngineTest, RefusesRandomBytesAndSurvivesAlteredOnes) {
  std::mt19937_64 random(1);
  for (int n = 0; n < 50; ++n) {
    Wasm wasm{0, 'a', 's', 'm', 13, 0, 1, 0};
    for (auto size = 1 + random() % 200; size > 0; --size) wasm.push_back(static_cast<std::uint8_t>(random()));
    EXPECT_EQ(compile_fails(bytes(wasm)).code(), Code::invalid_component);
  }
  const Wasm whole = puppet();
  for (int n = 0; n < 30; ++n) {
    Wasm altered = whole;
    altered[8 + random() % (altered.size() - 8)] ^= static_cast<std::uint8_t>(1 + random() % 255);
    const auto code = engine_->compile("guest.wasm", bytes(altered), {});
    EXPECT_TRUE(code || code.error().code() == Code::invalid_component) << code.error().message();
  }
}

TEST_F(WasmtimeEngineTest, NamesEverythingThatAComponentOfAnotherWorldWants) {
  const std::string wit = folder({{"w.wit",
                                   "package test:other; interface clock { now: func() -> u64; }"
                                   "world other { import clock; export run: func(); }"}});
  const Error error = compile_fails(bytes(encode(R"((module (import "test:other/clock" "now" (func $now (result i64)))
                                                            (func (export "run") (drop (call $now)))))",
                                                 wit, "other")));
  EXPECT_EQ(error.code(), Code::invalid_component);
  EXPECT_EQ(
      error.message(),
      "guest.wasm: the component does not fit this host: it imports `test:other/clock.now`, which the host does not offer; it "
      "does not export `airssys:core/lifecycle@1.0.0`, but `run`; the host offers airssys:core/messaging@1.0.0, "
      "airssys:core/storage@1.0.0, airssys:core/services@1.0.0, airssys:core/waiting@1.0.0, airssys:core/capabilities@1.0.0, "
      "airssys:core/multicodec@1.0.0, airssys:ext-filesystem/files@1.0.0, airssys:ext-network/sockets@1.0.0, "
      "airssys:ext-network/http@1.0.0, airssys:ext-process/processes@1.0.0; build it for the world "
      "`component` or `waiting-component` of airssys:core@1.0.0");
}

TEST_F(WasmtimeEngineTest, DescribesWhatAComponentImportsAndExports) {
  const auto code = compile(puppet());
  const ComponentDescription& description = code->description();
  const ComponentItems items = code->items();
  EXPECT_EQ(description.memories, 1u);
  EXPECT_EQ(description.initial_memory_bytes, 128u << 10);
  const auto send = std::ranges::find(items.imports, "send-message", &InterfaceItem::name);
  ASSERT_NE(send, items.imports.end());
  EXPECT_EQ(send->interface, "airssys:core/messaging@1.0.0");
  EXPECT_THAT(send->type, HasSubstr("target: string"));
  EXPECT_EQ(send->needs, "messaging.send(target)");
  EXPECT_NE(std::ranges::find(items.exports, "handle-message", &InterfaceItem::name), items.exports.end());
}

// --- birth

TEST_F(WasmtimeEngineTest, SaysWhichLimitAnInstanceWouldExceedAtItsBirth) {
  const auto code = compile(puppet());
  ResourceLimits limits = roomy_limits;
  limits.memory_bytes = 100'000;
  const auto refused = code->instantiate(host_.functions, limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_limit_exceeded);
  EXPECT_EQ(refused.error().field("resource"), "memory");
  EXPECT_EQ(refused.error().message(), "the component needs 128 KiB of memory at its start, [resources] max_memory is " +
                                           format_size(100'000) + "; raise it, or link the component with a smaller stack");
  limits = roomy_limits;
  limits.table_elements = 1;
  EXPECT_EQ(code->instantiate(host_.functions, limits).error().code(), Code::resource_limit_exceeded);
}

TEST_F(WasmtimeEngineTest, CountsAllMemoriesOfAnInstanceTogether) {
  const auto code = compile(with_second_memory(puppet(), 8));
  ResourceLimits limits = roomy_limits;
  limits.memory_bytes = 9 * (64 << 10);  // 2 + 8 are wanted
  EXPECT_EQ(code->instantiate(host_.functions, limits).error().code(), Code::resource_limit_exceeded);
  limits.memory_bytes = 10 * (64 << 10);
  EXPECT_EQ(make(code, limits)->memory().bytes, limits.memory_bytes);
}

TEST_F(WasmtimeEngineTest, MakesNoInstanceOfAComponentThatTrapsInItsStartFunction) {
  std::string text = puppet_text(Waits::no);
  text.insert(text.rfind(')'), "(func $broken (unreachable)) (start $broken)");
  const auto refused = compile(encode(text, wit_dir(), "component"))->instantiate(host_.functions, roomy_limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::instantiation_failed);
  EXPECT_EQ(refused.error().message(), "instantiate: unreachable code was reached, in `broken`");
}

TEST_F(WasmtimeEngineTest, SaysWhenItsPoolIsFullAndTakesPlacesBack) {
  const auto code = compile(puppet());
  std::vector<std::unique_ptr<Instance>> instances;
  for (std::uint32_t n = 0; n < small_engine.max_instances; ++n) instances.push_back(make(code));
  const auto refused = code->instantiate(host_.functions, roomy_limits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::exhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("max_instances"));
  instances.pop_back();
  EXPECT_EQ(send(*make(code), "ehello"), CallState::done);
}

// --- calls

TEST_F(WasmtimeEngineTest, PassesTheWholeMessageToTheGuest) {
  std::string payload(1 << 20, 'x');
  payload.front() = 'e';
  auto sut = make(compile(puppet()), {.memory_bytes = 1 << 20,
                                      .table_elements = 100,
                                      .tables = 4,
                                      .instances = 8,
                                      .memories = 2,
                                      .fuel_per_call = 1'000'000,
                                      .call_timeout = 60s,
                                      .message_bytes = 1 << 20});
  payload.resize(700'000);
  ASSERT_EQ(send(*sut, payload), CallState::done);
  EXPECT_EQ(sut->report().reply->text(), std::string_view(payload).substr(1));
}

TEST_F(WasmtimeEngineTest, NamesTheGuestsFramesOfATrap) {
  auto sut = make(compile(puppet()));
  ASSERT_EQ(send(*sut, "z"), CallState::failed);
  EXPECT_EQ(sut->report().error->message(), "integer divide by zero, in `divide`");
  EXPECT_THAT(std::string(sut->report().error->field("backtrace")), StartsWith("divide\nhandle\n"));
}

TEST_F(WasmtimeEngineTest, EndsAnEndlessLoopThatHasFuelByItsDeadline) {
  ResourceLimits limits = roomy_limits;
  limits.fuel_per_call = UINT64_MAX / 2;
  limits.call_timeout = 20ms;
  for (const Waits waits : {Waits::no, Waits::yes}) {
    auto sut = make(compile(puppet(waits)), limits);
    ASSERT_EQ(send(*sut, "s"), CallState::failed);
    EXPECT_EQ(*sut->report().trap, TrapKind::timeout);
    EXPECT_EQ(sut->report().error->code(), Code::timed_out);
    EXPECT_GT(sut->report().fuel, 0u);
  }
}

TEST_F(WasmtimeEngineTest, GivesEachCallAWholeDeadline) {
  ResourceLimits limits = roomy_limits;
  limits.call_timeout = 1h;
  auto sut = make(compile(puppet()), limits);
  for (int n = 0; n < 1000; ++n) ASSERT_EQ(send(*sut, "p\x01"), CallState::done);
}

TEST_F(WasmtimeEngineTest, TellsABadHandle) {
  const std::string wit = folder({{"w.wit",
                                   "package test:handles; interface things { resource thing { constructor(); } }"
                                   "world guest { include airssys:core/component@1.0.0; export things; }"},
                                  {"deps/core/core.wit", core_wit()}});
  std::string text = puppet_text(Waits::no);
  text.insert(text.find("(import"),
              "(import \"[export]test:handles/things\" \"[resource-drop]thing\" (func $drop (param i32)))\n  ");
  text.insert(text.rfind(')'), "(func (export \"test:handles/things#[constructor]thing\") (result i32) (i32.const 0))");
  const std::string_view unreachable = "(then (unreachable))) ;; u";
  text.replace(text.find(unreachable), unreachable.size(), "(then (call $drop (i32.const 77)))) ;; u");
  auto sut = make(compile(encode(text, wit, "guest")));
  ASSERT_EQ(send(*sut, "u"), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::bad_handle);
}

TEST_F(WasmtimeEngineTest, MakesAFreshInstanceAfterEachOfAThousandTraps) {
  const auto code = compile(puppet());
  for (int n = 0; n < 1000; ++n) {
    auto sut = make(code);
    ASSERT_EQ(send(*sut, "y"), CallState::done);
    ASSERT_EQ(sut->report().reply->text(), std::string_view("\0", 1)) << "memory of the instance before shows, " << n;
    ASSERT_EQ(send(*sut, "k"), CallState::done);
    ASSERT_EQ(sut->report().reply->text(), "\2");
    ASSERT_EQ(send(*sut, n % 2 == 0 ? "G\xff" : "o"), CallState::failed);
  }
}

}  // namespace
}  // namespace airssys::wasm::testing
