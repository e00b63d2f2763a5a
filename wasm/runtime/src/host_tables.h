// The callback tables that guests of the bridge end up in: each forwards to the HostFunctions of one instance.
#pragma once
#include <atomic>
#include <memory>

#include "airssys/wasm/bridge/bridge.h"
#include "airssys/wasm/core/host_functions.h"

namespace airssys::wasm {

// What the `host` pointer of the callbacks points at.
using HostPointer = const HostFunctions;

// Which functions of `storage` suspend a guest: WasmtimeConfig::synced_storage, CompileOptions::clears_storage.
struct StorageWaits {
  bool writes = false, clears = false;
};
[[nodiscard]] aw_host_tables host_tables(StorageWaits storage_waits) noexcept;

// A WakeTarget as the bridge sees it. Lives as long as anybody who may wake it.
struct BridgeWaker : aw_waker {
  std::atomic<std::uint32_t> references{1};
  WakeTarget& target;

  explicit BridgeWaker(WakeTarget& wakes) noexcept;
  ~BridgeWaker();
};

struct BridgeWakerRelease {
  void operator()(BridgeWaker* waker) const noexcept { waker->table->release(waker); }
};
using BridgeWakerRef = std::unique_ptr<BridgeWaker, BridgeWakerRelease>;

}  // namespace airssys::wasm
