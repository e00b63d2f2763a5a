#include "apart_compiler.h"

#include <gmock/gmock.h>

#include "airssys/wasm/bridge/handles.h"
#include "guests.h"

namespace airssys::wasm::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr aw_engine_config engine_of_tests{.max_instances = 1,
                                           .max_fibers = 1,
                                           .max_memory_bytes = 1 << 20,
                                           .keep_resident_bytes = 0,
                                           .max_wasm_stack_bytes = 128 << 10,
                                           .fiber_stack_bytes = 512 << 10,
                                           .memory_reservation = 0,
                                           .pooling = 1,
                                           .copy_on_write = 1};

Result<std::vector<std::byte>> compile(const Wasm& wasm,
                                       const CompileLimits& limits = {.memory_bytes = 1 << 30, .cpu_time = 60s}) {
  return ApartCompiler(ApartCompiler::default_program(), limits).compile(engine_of_tests, std::as_bytes(std::span(wasm)));
}

TEST(ApartCompiler, GivesBackWhatTheEngineTakes) {
  const auto artifact = compile(puppet());
  ASSERT_TRUE(artifact) << artifact.error().message();
  aw_engine* engine = nullptr;
  ASSERT_TRUE(check(aw_engine_new(&engine_of_tests, &engine)));
  const BridgeEngine owner(engine);
  aw_component* component = nullptr;
  const auto taken = check(aw_component_deserialize(engine, to_bridge(*artifact), &component));
  ASSERT_TRUE(taken) << taken.error().message();
  aw_component_delete(component);
}

TEST(ApartCompiler, SaysWhatTheCompilerRefuses) {
  const auto refused = compile({0, 'a', 's', 'm', 13, 0, 1, 0, 99});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_component);
  EXPECT_THAT(refused.error().message(), HasSubstr("0x9"));
}

TEST(ApartCompiler, EndsTheProcessThatNeedsTooMuchMemory) {
  const auto refused = compile(puppet(), {.memory_bytes = 24 << 20, .cpu_time = 60s});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_limit_exceeded) << refused.error().message();
}

TEST(ApartCompiler, SaysWhereItLooksForItsProgram) {
  const auto refused =
      ApartCompiler("/nowhere/airssys-compile", {.memory_bytes = 1 << 30, .cpu_time = 1s}).compile(engine_of_tests, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("/nowhere/airssys-compile"));
}

TEST(ApartCompiler, TellsAProgramThatIsNotTheCompiler) {
  const auto refused = ApartCompiler("/bin/false", {.memory_bytes = 1 << 30, .cpu_time = 1s}).compile(engine_of_tests, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("does not fit this host"));
}

}  // namespace
}  // namespace airssys::wasm::testing
