// What it costs a guest to reach storage that answers at once, and to reach other functions of the host that give or take as
// much: on the stack of the worker, and on a fiber.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../relay.h"
#include "airssys/base/log.h"
#include "airssys/wasm/core/never_woken.h"
#include "airssys/wasm/core/testing/idle_functions.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "rows.h"

namespace airssys::bench {
namespace {

constexpr std::size_t value_bytes = 1024;
constexpr std::uint32_t calls_per_message = 1000;

// Says yes to everything, with one value.
class WillingHost final : wasm::testing::IdleMessaging,
                          wasm::testing::IdleStorage,
                          wasm::testing::IdleServices,
                          wasm::testing::IdleWaiting,
                          wasm::testing::IdleCapabilities {
 public:
  const wasm::HostFunctions functions{
      .messaging = *this, .storage = *this, .services = *this, .waiting = *this, .capabilities = *this};

 private:
  wasm::StorageResult get(StoreHandle, std::string_view) noexcept override { return {.found = true, .value = value_.text()}; }
  wasm::StorageResult set(StoreHandle, std::string_view, std::span<const std::byte>) noexcept override { return {}; }
  wasm::SendResult send_message(std::string_view, std::span<const std::byte>) noexcept override { return {}; }
  wasm::HostCallResult call_host_function(std::string_view, std::span<const std::byte>) noexcept override {
    return {.reply = value_};
  }

  const Bytes value_ = Bytes::copy_of(std::string(value_bytes, 'x'));
};

class Guests {
 public:
  explicit Guests(Platform& platform) : platform_(platform) {}

  Result<Ran> run(std::uint8_t what, bool fiber, std::uint64_t n) {
    auto& instance = instances_[fiber];
    if (!instance) {
      AIRSSYS_TRY(instance, make(fiber));
    }
    const auto messages = n / calls_per_message + 1;
    const wasm::Message message{.sender = Bytes::copy_of("default/source/0"),
                                .payload = Bytes::make(6, [&](std::span<std::byte> wire) {
                                  wire[0] = std::byte{0x55};
                                  std::memcpy(wire.data() + 1, &calls_per_message, sizeof calls_per_message);
                                  wire[5] = std::byte{what};
                                })};
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < messages; ++i) {
      wasm::CallState state = instance->handle_message(message, wasm::never_woken);
      while (state == wasm::CallState::pending) state = instance->resume(wasm::never_woken);
      if (state != wasm::CallState::done) return unfinished(*instance);
    }
    return Ran{messages * calls_per_message, std::chrono::steady_clock::now() - begin};
  }

 private:
  Result<std::unique_ptr<wasm::Instance>> make(bool fiber) {
    if (!engine_) {
      AIRSSYS_TRY(engine_, wasm::wasmtime_engine({.max_instances = 4, .max_fibers = 4}, platform_, null_log()));
      AIRSSYS_TRY(const auto wasm, read_relay(std::filesystem::path(AIRSSYS_BENCH_GUESTS) / "keeper.wasm"));
      AIRSSYS_TRY(code_, engine_->compile("keeper", wasm, {}));
    }
    // Calls that may last longer than this are on fibers.
    const Duration timeout = fiber ? std::chrono::seconds(60) : std::chrono::milliseconds(100);
    return code_->instantiate(host_.functions, {.memory_bytes = 1 << 20,
                                                .table_elements = 1000,
                                                .tables = 4,
                                                .instances = 8,
                                                .memories = 2,
                                                .fuel_per_call = 100'000'000,
                                                .call_timeout = timeout,
                                                .message_bytes = 1 << 20});
  }

  Platform& platform_;
  WillingHost host_;
  std::unique_ptr<wasm::Engine> engine_;
  std::shared_ptr<const wasm::CompiledComponent> code_;
  std::array<std::unique_ptr<wasm::Instance>, 2> instances_;  // on the worker's stack, on a fiber
};

}  // namespace

void add_guest_rows(Platform& platform, Rows& rows) {
  static constexpr std::array<std::string_view, 4> names{"get", "set", "send", "call"};  // as the guest numbers them
  const auto guests = std::make_shared<Guests>(platform);
  for (std::uint8_t what = 0; what < names.size(); ++what)
    for (const bool fiber : {false, true})
      rows[fmt::format("guest.{}{}", names[what], fiber ? ".fiber" : "")] = [guests, what, fiber](std::uint64_t n) {
        return guests->run(what, fiber, n);
      };
}

}  // namespace airssys::bench
