// What a component's description says, in the words of `inspect`.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/core/engine.h"

namespace airssys::cli {

// The smallest of the worlds of wit/core.wit that it fits, and what it has of the host besides: "airssys:core/component@1.0.0 +
// airssys:ext-filesystem/files@1.0.0". A component that fits none was refused by the engine.
[[nodiscard]] std::string world_of(const wasm::ComponentItems& items);
// "sync" or "fiber".
[[nodiscard]] std::string_view lane_of(const wasm::ComponentDescription& description) noexcept;

struct InterfaceGroup {
  std::string_view name;  // empty: the world itself
  std::vector<const wasm::InterfaceItem*> types, functions;
};
// In order of first appearance. Views into `items`.
[[nodiscard]] std::vector<InterfaceGroup> by_interface(std::span<const wasm::InterfaceItem> items);

// The type of `item` with the names of `named` types in the place of what they stand for, as its author wrote it: a
// component's own description has every type spelled out wherever it is used.
[[nodiscard]] std::string type_with_names(const wasm::InterfaceItem& item, std::span<const wasm::InterfaceItem> named);

}  // namespace airssys::cli
