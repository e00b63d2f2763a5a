#include "world.h"

#include <algorithm>

namespace airssys::cli {
namespace {

// How the description of a type begins; what follows is its structure.
constexpr std::string_view type_prefix = "type = ";

bool is_type(const wasm::InterfaceItem& item) { return item.type.starts_with(type_prefix); }

std::string_view structure_of(const wasm::InterfaceItem& item) {
  return std::string_view(item.type).substr(is_type(item) ? type_prefix.size() : 0);
}

}  // namespace

std::string world_of(const wasm::ComponentItems& items) {
  constexpr std::string_view waiting = "airssys:core/waiting@";
  const auto begins = [](std::string_view with) {
    return [with](const wasm::InterfaceItem& item) { return item.interface.starts_with(with); };
  };
  const bool minimal = std::ranges::any_of(items.exports, begins("airssys:core/lifecycle-min@"));
  const bool sleeps = std::ranges::any_of(items.imports, begins(waiting));
  std::string world = "airssys:core/";
  world += minimal ? "component-min@1.0.0" : sleeps ? "waiting-component@1.0.0" : "component@1.0.0";
  for (const wasm::InterfaceItem& item : items.imports) {
    const bool besides = item.interface.starts_with("airssys:ext-") || (minimal && item.interface.starts_with(waiting));
    if (besides && !is_type(item) && !world.contains(item.interface)) world += " + " + item.interface;
  }
  return world;
}

std::string_view lane_of(const wasm::ComponentDescription& description) noexcept { return description.waits ? "fiber" : "sync"; }

std::vector<InterfaceGroup> by_interface(std::span<const wasm::InterfaceItem> items) {
  std::vector<InterfaceGroup> groups;
  for (const wasm::InterfaceItem& item : items) {
    auto group = std::ranges::find(groups, std::string_view(item.interface), &InterfaceGroup::name);
    if (group == groups.end()) group = groups.insert(groups.end(), {item.interface, {}, {}});
    (is_type(item) ? group->types : group->functions).push_back(&item);
  }
  return groups;
}

std::string type_with_names(const wasm::InterfaceItem& item, std::span<const wasm::InterfaceItem> named) {
  // The largest first, because it may contain others. A name for `u32` or `string` explains nothing.
  std::vector<const wasm::InterfaceItem*> types;
  for (const wasm::InterfaceItem& candidate : named)
    if (is_type(candidate) && candidate.type.ends_with('}')) types.push_back(&candidate);
  std::ranges::stable_sort(types, std::greater<>(), [](const wasm::InterfaceItem* type) { return type->type.size(); });
  std::string text = item.type;
  for (const wasm::InterfaceItem* type : types) {
    const std::string_view structure = structure_of(*type);
    for (auto at = text.find(structure); at != std::string::npos; at = text.find(structure, at + type->name.size()))
      text.replace(at, structure.size(), type->name);
  }
  return text;
}

}  // namespace airssys::cli
