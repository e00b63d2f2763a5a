// The host of guests that call nothing of it.
#pragma once
#include <algorithm>
#include <memory>

#include "airssys/wasm/core/host_functions.h"

namespace airssys::bench {

class IdleHost final : wasm::MessagingFunctions, wasm::ServicesFunctions, wasm::WaitingFunctions, wasm::CapabilitiesFunctions {
 public:
  const wasm::HostFunctions functions{.messaging = *this, .services = *this, .waiting = *this, .capabilities = *this};

 private:
  wasm::SendResult send_message(std::string_view, std::span<const std::byte>) noexcept override {
    return {wasm::SendFailure::target_not_found, 0, {}};
  }
  std::string_view self_id() noexcept override { return "default/sink/0"; }
  wasm::MessageMetadata current_metadata() noexcept override { return {}; }
  void log(LogLevel, std::string_view, std::span<const LogField>) noexcept override {}
  WallTime current_time() noexcept override { return {}; }
  Instant monotonic_now() noexcept override { return {}; }
  void fill_random(std::span<std::byte> bytes) noexcept override { std::ranges::fill(bytes, std::byte{0x5a}); }
  std::vector<std::string> list_components() noexcept override { return {}; }
  wasm::MetadataResult component_metadata(std::string_view) noexcept override { return {wasm::ServicesFailure::not_found}; }
  wasm::HostCallResult call_host_function(std::string_view, std::span<const std::byte>) noexcept override {
    return {wasm::ServicesFailure::permission_denied};
  }
  bool is_granted(std::string_view, std::string_view, std::string_view) noexcept override { return false; }
  std::span<const wasm::GrantedCapability> granted() noexcept override { return {}; }
  std::unique_ptr<wasm::PendingOperation> sleep(Duration) noexcept override { return nullptr; }
};

}  // namespace airssys::bench
