#include "world.h"

#include <algorithm>

namespace airssys::cli {

std::string_view world_of(const wasm::ComponentDescription& description) noexcept {
  return description.waits ? "airssys:core/waiting-component@1.0.0" : "airssys:core/component@1.0.0";
}

std::string_view lane_of(const wasm::ComponentDescription& description) noexcept { return description.waits ? "fiber" : "sync"; }

std::vector<InterfaceGroup> by_interface(std::span<const wasm::InterfaceItem> items) {
  std::vector<InterfaceGroup> groups;
  for (const wasm::InterfaceItem& item : items) {
    auto group = std::ranges::find(groups, std::string_view(item.interface), &InterfaceGroup::name);
    if (group == groups.end()) group = groups.insert(groups.end(), {item.interface, {}});
    group->items.push_back(&item);
  }
  return groups;
}

}  // namespace airssys::cli
