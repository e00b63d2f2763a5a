// Code over the bridge: linked, checked against the world; instances are made of it.
#pragma once
#include <memory>

#include "airssys/base/time.h"
#include "airssys/wasm/bridge/handles.h"
#include "airssys/wasm/core/engine.h"
#include "host_tables.h"

namespace airssys::wasm {

class WasmtimeComponent final : public CompiledComponent {
 public:
  // Links `component`. Of another world: invalid_component, naming every mismatch. `tick` is the engine's epoch,
  // `storage_waits` when writes do.
  [[nodiscard]] static Result<std::shared_ptr<const WasmtimeComponent>> link(BridgeComponent component, EngineClass of,
                                                                             Duration tick, StorageWaits storage_waits);

  WasmtimeComponent(BridgeComponent component, BridgePreinstance preinstance, ComponentDescription description, Duration tick);
  const ComponentDescription& description() const noexcept override { return description_; }
  ComponentItems items() const override;
  Result<std::unique_ptr<Instance>> instantiate(const HostFunctions& functions, const ResourceLimits& limits) const override;

 private:
  BridgeComponent component_;
  BridgePreinstance preinstance_;
  ComponentDescription description_;
  Duration tick_;
};

// What the bridge refuses as no component, with what to do about it.
[[nodiscard]] Result<> advise(Result<> done, std::string_view advice);

}  // namespace airssys::wasm
