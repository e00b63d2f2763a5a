// What tests of an Engine share: a host that records and can be told what to answer, a waker that counts, limits.
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/testing/idle_functions.h"

namespace airssys::wasm::testing {

// Wakes nobody; counts who holds it.
struct CountedWaker final : WakeTarget {
  int references = 0;
  int wakes = 0;
  void retain() noexcept override { ++references; }
  void release() noexcept override { --references; }
  void wake() noexcept override { ++wakes; }
};

// The host functions of one component. A sleep ends when `sleep_over` is set.
class RecordingHost final : IdleMessaging, IdleStorage, ServicesFunctions, WaitingFunctions, CapabilitiesFunctions {
 public:
  std::vector<std::pair<std::string, std::string>> sent;
  SendResult answer;
  std::function<void()> during_send = [] {};
  std::vector<std::string> logged;
  Instant now = Instant(std::chrono::nanoseconds(9));
  Duration clock_step = Duration::zero();  // by which each reading of the monotonic clock moves it
  bool may_sleep = true;
  bool sleep_over = false;
  int sleeping = 0;  // operations that live
  const HostFunctions functions{.messaging = *this, .storage = *this, .services = *this, .waiting = *this, .capabilities = *this};

 private:
  class Sleep final : public PendingOperation {
   public:
    explicit Sleep(RecordingHost& host) : host_(host) { ++host_.sleeping; }
    ~Sleep() override { --host_.sleeping; }
    bool poll(const CallWaker& waker) noexcept override {
      kept_.assign(1, waker);
      return host_.sleep_over;
    }

   private:
    RecordingHost& host_;
    std::vector<CallWaker> kept_;
  };

  SendResult send_message(std::string_view target, std::span<const std::byte> payload) noexcept override {
    sent.emplace_back(target, std::string(reinterpret_cast<const char*>(payload.data()), payload.size()));
    during_send();
    return answer;
  }
  std::string_view self_id() noexcept override { return "test/puppet/1"; }
  void log(LogLevel, std::string_view text, std::span<const LogField> fields) noexcept override {
    logged.emplace_back(text);
    for (const auto& [name, value] : fields) logged.back().append(" ").append(name).append("=").append(value);
  }
  WallTime current_time() noexcept override { return WallTime(std::chrono::seconds(7)); }
  Instant monotonic_now() noexcept override { return std::exchange(now, now + clock_step); }
  void fill_random(std::span<std::byte> bytes) noexcept override { std::ranges::fill(bytes, std::byte{0x5a}); }
  std::vector<std::string> list_components() noexcept override { return {"test/puppet/1"}; }
  MetadataResult component_metadata(std::string_view) noexcept override { return {ServicesFailure::not_found}; }
  HostCallResult call_host_function(std::string_view, std::span<const std::byte>) noexcept override {
    return {ServicesFailure::permission_denied};
  }
  bool is_granted(std::string_view, std::string_view, std::string_view) noexcept override { return false; }
  std::span<const GrantedCapability> granted() noexcept override { return {}; }
  std::unique_ptr<PendingOperation> sleep(Duration) noexcept override {
    return may_sleep ? std::make_unique<Sleep>(*this) : nullptr;
  }
};

// Calls may last a minute, so their instances are on the fiber lane, whatever they import.
constexpr ResourceLimits roomy_limits{.memory_bytes = 1 << 20,
                                      .table_elements = 1000,
                                      .tables = 4,
                                      .instances = 8,
                                      .memories = 2,
                                      .fuel_per_call = 1'000'000,
                                      .call_timeout = std::chrono::seconds(60),
                                      .message_bytes = 1 << 20};

// Goes on with a call that gave way to others, as far as it does not wait for something of the host.
inline CallState go_on(Instance& instance, CountedWaker& waker, CallState state) {
  while (state == CallState::pending && std::exchange(waker.wakes, 0) > 0) state = instance.resume(waker);
  return state;
}

inline Message message_of(std::string_view payload) {
  return {.sender = Bytes::copy_of("test/sender/1"),
          .payload = Bytes::copy_of(payload),
          .id = {1, 2},
          .sent_at = WallTime(Duration(3))};
}

}  // namespace airssys::wasm::testing
