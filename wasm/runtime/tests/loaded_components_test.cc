#include "loaded_components.h"

#include <gmock/gmock.h>

#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "engine_rig.h"
#include "guests.h"

namespace airssys::wasm::testing {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const WasmtimeComponent> some_component() {
  return std::make_shared<const WasmtimeComponent>(nullptr, nullptr, ComponentDescription{}, 1ms);
}

TEST(LoadedComponents, GivesBackTheSameObject) {
  LoadedComponents sut(2);
  const auto a = some_component();
  EXPECT_EQ(sut.find("a"), nullptr);
  sut.add("a", a);
  EXPECT_EQ(sut.find("a"), a);
  sut.add("a", some_component());
  EXPECT_EQ(sut.find("a"), a) << "the first stays";
}

TEST(LoadedComponents, ForgetsWhatWasAskedForLongestAgo) {
  LoadedComponents sut(2);
  const auto a = some_component();
  sut.add("a", a);
  sut.add("b", some_component());
  EXPECT_NE(sut.find("a"), nullptr);
  sut.add("c", some_component());
  EXPECT_EQ(sut.find("b"), nullptr);
  EXPECT_EQ(sut.find("a"), a);
  EXPECT_NE(sut.find("c"), nullptr);
}

TEST(LoadedComponents, OfNonePlacesKeepNothing) {
  LoadedComponents sut(0);
  const auto a = some_component();
  sut.add("a", a);
  EXPECT_EQ(sut.find("a"), nullptr);
  EXPECT_EQ(a.use_count(), 1);
}

TEST(WasmtimeEngine, LoadsAComponentOnceForEachClass) {
  const auto platform = real_platform();
  auto engine = *wasmtime_engine({.max_instances = 4, .max_fibers = 4, .max_memory_bytes = 1 << 20}, *platform, null_log());
  const Wasm wasm = puppet(Waits::no);
  const auto bytes = std::as_bytes(std::span(wasm));
  const auto first = *engine->compile("a", bytes, {});
  EXPECT_EQ(*engine->compile("b", bytes, {}), first);
  const auto compact = *engine->compile("a", bytes, {.engine_class = EngineClass::compact});
  EXPECT_NE(compact, first);
  EXPECT_EQ(*engine->compile("b", bytes, {.engine_class = EngineClass::compact}), compact);
}

}  // namespace
}  // namespace airssys::wasm::testing
