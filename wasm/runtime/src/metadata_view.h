// ComponentMetadata across the bridge, both ways.
#pragma once
#include <vector>

#include "airssys/wasm/bridge/bridge.h"
#include "airssys/wasm/core/component_metadata.h"

namespace airssys::wasm {

// Shows a value to the bridge; keeps the lists of what it shows. Valid as long as that value.
struct MetadataView {
  aw_component_metadata lowered{};
  void show(const ComponentMetadata& metadata);

 private:
  std::vector<aw_str> operations_, tags_;
  std::vector<aw_capability> permissions_;
  std::vector<aw_log_field> custom_;
};

[[nodiscard]] ComponentMetadata metadata_of(const aw_component_metadata& lowered);

}  // namespace airssys::wasm
