// What tests of the real engine share: one of a given size, a host and a waker for its instances, the puppet's commands.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "engine_rig.h"
#include "guests.h"

namespace airssys::wasm::testing {

class EngineFixture : public ::testing::Test {
 protected:
  using CompiledCode = std::shared_ptr<const CompiledComponent>;

  explicit EngineFixture(const WasmtimeConfig& config) : engine_(*wasmtime_engine(config, *platform_, null_log())) {}

  CompiledCode compile(const Wasm& wasm, const CompileOptions& options = {}) {
    auto code = engine_->compile("guest.wasm", std::as_bytes(std::span(wasm)), options);
    EXPECT_TRUE(code) << code.error().message();
    return *std::move(code);
  }
  std::unique_ptr<Instance> make(const CompiledCode& code, const ResourceLimits& limits = roomy_limits) {
    auto instance = code->instantiate(host_.functions, limits);
    EXPECT_TRUE(instance) << instance.error().message();
    return *std::move(instance);
  }
  CallState send(Instance& instance, std::string_view payload) {
    message_ = message_of(payload);
    return go_on(instance, waker_, instance.handle_message(message_, waker_));
  }

  const std::unique_ptr<Platform> platform_ = real_platform();
  RecordingHost host_;
  CountedWaker waker_;
  Message message_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace airssys::wasm::testing
