// Guests that behave as badly as they can, through the whole runtime (R1.11): each call ends as a failure of that instance with
// the right name, and nothing of it stays. The puppet of the bridge's tests, with a function or two replaced.
#include <gmock/gmock.h>
#include <malloc.h>

#include "engine_fixture.h"
#include "pool_plan.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace airssys::wasm::testing {
namespace {

using namespace std::chrono_literals;

std::size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return ::mallinfo2().uordblks;
#endif
}

// The puppet's text from `begin` to the first `end` after it, replaced.
std::string puppet_with(std::string_view begin, std::string_view end, std::string_view by, Waits waits = Waits::no) {
  std::string text = puppet_text(waits);
  const auto from = text.find(begin);
  const auto to = text.find(end, from);
  EXPECT_NE(from, std::string::npos) << begin;
  EXPECT_NE(to, std::string::npos) << end;
  return text.replace(from, to - from, by);
}

constexpr std::string_view next_export = "(func $reset";

std::string with_realloc(std::string_view body) {
  return puppet_with(R"((func (export "cabi_realloc"))", next_export,
                     R"((func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) )" + std::string(body) + ")\n");
}
// What the command `n` does instead of answering nothing.
std::string with_command(std::string_view code) {
  std::string text = puppet_text(Waits::no);
  return text.insert(text.rfind("(call $none)))"),
                     "(if (i32.eq (local.get $command) (i32.const 0x6e)) (then " + std::string(code) + "))");
}

class HostileGuests : public EngineFixture {
 protected:
  HostileGuests() : EngineFixture({.max_instances = 16, .max_fibers = 16, .max_memory_bytes = 1 << 20, .epoch_tick = 1ms}) {}

  CompiledCode compile(const std::string& text) { return EngineFixture::compile(encode(text, wit_dir(), "component")); }
  std::unique_ptr<Instance> make(const CompiledCode& code, const ResourceLimits& limits = limits_of_tests) {
    return EngineFixture::make(code, limits);
  }
  // Its next message fails so, and so does every one after that.
  void expect_trap(const std::string& text, std::string_view payload, TrapKind kind, std::string_view words = "") {
    auto sut = make(compile(text));
    ASSERT_EQ(send(*sut, payload), CallState::failed);
    EXPECT_EQ(*sut->report().trap, kind) << sut->report().error->message();
    EXPECT_THAT(sut->report().error->message(), ::testing::HasSubstr(std::string(words)));
    EXPECT_EQ(send(*sut, ""), CallState::failed);
  }

  static constexpr ResourceLimits limits_of_tests = [] {
    ResourceLimits limits = roomy_limits;
    limits.call_timeout = 10s;
    return limits;
  }();
};

// --- callbacks of the guest that the host needs

TEST_F(HostileGuests, ATrapInInitEndsTheInstance) {
  auto sut = make(compile(puppet_with("(if (global.get $initialized)", "(global.set $initialized", "(unreachable)")));
  EXPECT_EQ(go_on(*sut, waker_, sut->init({}, waker_)), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::unreachable);
  EXPECT_EQ(send(*sut, "ehello"), CallState::failed);
}

TEST_F(HostileGuests, ATrapInShutdownEndsTheInstance) {
  auto sut = make(compile(puppet_with("(call $answer (i32.const 1) (i32.const 4) (i32.const 25)",
                                      "(func (export \"airssys:core/lifecycle@1.0.0#supported-codecs\")", "(unreachable))\n")));
  EXPECT_EQ(send(*sut, "ehello"), CallState::done);
  EXPECT_EQ(go_on(*sut, waker_, sut->shutdown(waker_)), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::unreachable);
}

TEST_F(HostileGuests, ATrapInTheirAllocatorIsATrapOfTheCall) {
  expect_trap(with_realloc("(unreachable)"), "ehello", TrapKind::unreachable);
  expect_trap(with_realloc("(loop $again (br $again)) (i32.const 0)"), "ehello", TrapKind::out_of_fuel);
}

TEST_F(HostileGuests, AnAllocatorThatPointsOutsideOfMemoryIsFoundOut) {
  expect_trap(with_realloc("(i32.const -8)"), "ehello", TrapKind::bounds);
  expect_trap(with_realloc("(i32.const 0x7ffffff8)"), "ehello", TrapKind::bounds);
}

TEST_F(HostileGuests, AnAllocatorThatGivesTheSamePlaceTwiceHurtsItselfOnly) {
  auto sut = make(compile(with_realloc("(i32.const 2048)")));
  EXPECT_NE(send(*sut, "ehello"), CallState::pending);
  EXPECT_EQ(send(*make(compile(puppet_text(Waits::no))), "ehello"), CallState::done);
}

TEST_F(HostileGuests, ATrapAfterTheAnswerIsATrapOfTheCall) {
  expect_trap(puppet_with("(func $reset (param i32)", "(export \"cabi_post", "(func $reset (param i32) (unreachable))\n"),
              "ehello", TrapKind::unreachable);
}

// --- what it hands out

TEST_F(HostileGuests, AnAnswerOutsideOfMemoryIsFoundOut) {
  expect_trap(puppet_text(Waits::no), "a", TrapKind::bounds);
  expect_trap(with_command("(return (i32.const 0x7ffffff0))"), "n", TrapKind::bounds);
  expect_trap(with_command("(return (i32.const -4))"), "n", TrapKind::bounds);
  expect_trap(with_command("(return (call $some (i32.const 131071) (i32.const 2)))"), "n", TrapKind::bounds);
}

TEST_F(HostileGuests, AnAnswerThatIsNoCaseOfItsTypeIsFoundOut) {
  expect_trap(with_command("(return (call $answer (i32.const 77) (i32.const 0) (i32.const 0) (i32.const 0)))"), "n",
              TrapKind::unreachable, "discriminant");
  expect_trap(with_command("(return (call $answer (i32.const 1) (i32.const 99) (i32.const 0) (i32.const 0)))"), "n",
              TrapKind::unreachable, "discriminant");
}

TEST_F(HostileGuests, AnErrorTextThatIsNotUtf8IsFoundOut) {
  expect_trap(puppet_text(Waits::no), std::string("x\xff\xfe"), TrapKind::unreachable, "utf-8");
}

TEST_F(HostileGuests, ArgumentsOutsideOfMemoryAreFoundOut) {
  expect_trap(with_command("(call $send (i32.const -16) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 256))"), "n",
              TrapKind::bounds);
  expect_trap(with_command("(call $send (i32.const 16) (i32.const 4) (i32.const 0) (i32.const -1) (i32.const 256))"), "n",
              TrapKind::bounds);
  expect_trap(with_command("(call $send (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const -16))"), "n",
              TrapKind::bounds);
  EXPECT_EQ(host_.sent.size(), 1u) << "only where to put the answer was wrong in the last one";
}

// --- greed

TEST_F(HostileGuests, MemoryThatGrowsByOnePageForEverStopsAtItsLimit) {
  auto sut = make(compile(with_command("(loop $again (drop (memory.grow (i32.const 1))) (br $again))")));
  ASSERT_EQ(send(*sut, "n"), CallState::failed);
  EXPECT_EQ(*sut->report().trap, TrapKind::out_of_fuel);
  EXPECT_EQ(sut->memory().peak_bytes, limits_of_tests.memory_bytes);
  EXPECT_GT(sut->memory().refused_growths, 1000u);
}

TEST_F(HostileGuests, TablesThatGrowForEverStopAtTheirLimit) {
  const std::string grow =
      "(loop $again (br_if $again (i32.ne (table.grow $all (ref.null func) (i32.const 1)) (i32.const -1))))"
      "(return (call $byte (i32.lt_u (table.size $all) (i32.const 1001))))";
  std::string text = with_command(grow);
  text.replace(text.find("(table 4"), 8, "(table $all 4");
  auto sut = make(compile(text));
  ASSERT_EQ(send(*sut, "n"), CallState::done) << sut->report().error->message();
  EXPECT_EQ(sut->report().reply->text(), "\1") << "above max_table_elements";
}

TEST_F(HostileGuests, RecursionEndsOnBothLanes) {
  for (const Duration timeout : {50ms, 10'000ms}) {  // undivided, and on a fiber
    ResourceLimits limits = limits_of_tests;
    limits.call_timeout = timeout;
    auto sut = make(compile(puppet_text(Waits::no)), limits);
    ASSERT_EQ(send(*sut, "r"), CallState::failed);
    EXPECT_EQ(*sut->report().trap, TrapKind::stack_overflow);
  }
}

// --- time

TEST_F(HostileGuests, AHostCallThatTakesLongerThanTheDeadlineEndsTheCall) {
  ResourceLimits limits = limits_of_tests;
  limits.fuel_per_call = UINT64_MAX / 2;
  host_.during_send = [this] {
    const Instant end = platform_->now() + 30ms;
    while (platform_->now() < end) {}
  };
  for (const Duration timeout : {10ms, 10ms}) {
    limits.call_timeout = timeout;
    auto sut = make(compile(puppet_text(Waits::no)), limits);
    ASSERT_EQ(send(*sut, "Tx"), CallState::failed);
    EXPECT_EQ(*sut->report().trap, TrapKind::timeout);
  }
}

// --- over and over

TEST_F(HostileGuests, TenThousandCrashesLeaveTheMemoryAsItWas) {
  const auto code = compile(puppet_text(Waits::no));
  ResourceLimits brief = limits_of_tests;
  brief.call_timeout = 100ms;
  const std::array<std::string_view, 6> ends{"u", "o", "z", "c", "a", "G\xff"};
  const auto round = [&](std::size_t n) {
    auto sut = make(code, n % 2 == 0 ? brief : limits_of_tests);
    ASSERT_EQ(send(*sut, ends[n % ends.size()]), CallState::failed);
  };
  for (std::size_t n = 0; n < 200; ++n) round(n);  // what is allocated once and kept
  const std::size_t bytes = allocated_bytes();
  const std::uint64_t mappings = kernel_limits().mappings;
  for (std::size_t n = 0; n < 10'000; ++n) round(n);
  EXPECT_LE(allocated_bytes(), bytes + (64 << 10));
  EXPECT_LE(kernel_limits().mappings, mappings + 16);
}

}  // namespace
}  // namespace airssys::wasm::testing
