// Host functions where nobody lives and nothing is granted, one class for each interface: for tests and measurements of something
// else, which override what they need.
#pragma once
#include <algorithm>

#include "airssys/wasm/core/host_functions.h"

namespace airssys::wasm::testing {

class IdleMessaging : public MessagingFunctions {
 public:
  SendResult send_message(std::string_view, std::span<const std::byte>) noexcept override {
    return {SendFailure::target_not_found};
  }
  SendResult send_request(std::string_view, std::span<const std::byte>, std::uint64_t, MessageId&) noexcept override {
    return {SendFailure::target_not_found};
  }
  SendResult cancel_request(MessageId) noexcept override { return {SendFailure::unknown_request}; }
  void broadcast(std::span<const std::string_view> targets, std::span<const std::byte> payload, void* to,
                 EachSent each) noexcept override {
    for (const std::string_view target : targets) each(to, send_message(target, payload));
  }
  SendResult publish(std::string_view, std::span<const std::byte>) noexcept override { return {}; }
  SendResult subscribe(std::string_view) noexcept override { return {}; }
  SendResult unsubscribe(std::uint64_t) noexcept override { return {SendFailure::unknown_request}; }
  std::span<const std::uint64_t> codecs_of_receiver() noexcept override { return {}; }
  std::string_view self_id() noexcept override { return "default/nobody/main"; }
  MessageMetadata current_metadata() noexcept override { return {}; }
};

class IdleStorage : public StorageFunctions {
 public:
  StorageResult get(StoreHandle, std::string_view) noexcept override { return none; }
  StorageResult has(StoreHandle, std::string_view) noexcept override { return none; }
  StoragePage scan(StoreHandle, std::string_view, std::optional<std::string_view>, std::uint32_t) noexcept override {
    return {none};
  }
  StoragePage keys(StoreHandle, std::string_view, std::optional<std::string_view>, std::uint32_t) noexcept override {
    return {none};
  }
  StorageUsage usage() noexcept override { return {none}; }
  StorageResult open(std::string_view) noexcept override { return none; }
  void close(StoreHandle) noexcept override {}
  StorageResult set(StoreHandle, std::string_view, std::span<const std::byte>) noexcept override { return none; }
  StorageResult remove(StoreHandle, std::string_view) noexcept override { return none; }
  StorageResult apply(std::span<const StorageOperation>) noexcept override { return none; }
  StorageResult clear() noexcept override { return none; }
  std::unique_ptr<PendingOperation> wait() noexcept override { return nullptr; }
  StorageResult ended() noexcept override { return none; }

 private:
  static constexpr StorageResult none{.failure = StorageFailure::unavailable, .reason = "there is no storage here"};
};

class IdleServices : public ServicesFunctions {
 public:
  void log(LogLevel, std::string_view, std::span<const LogField>) noexcept override {}
  WallTime current_time() noexcept override { return {}; }
  Instant monotonic_now() noexcept override { return {}; }
  void fill_random(std::span<std::byte> bytes) noexcept override { std::ranges::fill(bytes, std::byte{0x5a}); }
  std::vector<std::string> list_components() noexcept override { return {}; }
  MetadataResult component_metadata(std::string_view) noexcept override { return {ServicesFailure::not_found}; }
  HostCallResult call_host_function(std::string_view, std::span<const std::byte>) noexcept override {
    return {ServicesFailure::permission_denied};
  }
};

class IdleWaiting : public WaitingFunctions {
 public:
  std::unique_ptr<PendingOperation> sleep(Duration) noexcept override { return nullptr; }
};

class IdleCapabilities : public CapabilitiesFunctions {
 public:
  bool is_granted(std::string_view, std::string_view, std::string_view) noexcept override { return false; }
  std::span<const GrantedCapability> granted() noexcept override { return {}; }
};

}  // namespace airssys::wasm::testing
