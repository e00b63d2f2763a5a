#include "airssys/wasm/core/identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "name_grammar.h"

namespace airssys::wasm {

Result<ComponentName> ComponentName::parse(std::string_view text) {
  AIRSSYS_TRY_VOID(check_part({.what = "component name", .whole = text, .part = text}));
  return ComponentName(std::string(text));
}

ComponentAddress::ComponentAddress(std::string_view namespace_part, std::string_view name, std::string_view instance)
    : text_(fmt::format("{}/{}/{}", namespace_part, name, instance)),
      namespace_size_(static_cast<std::uint8_t>(namespace_part.size())),
      name_size_(static_cast<std::uint8_t>(name.size())) {}

ComponentAddress ComponentAddress::of(const ComponentName& name) { return {default_namespace, name.text(), main_instance}; }

Result<ComponentAddress> ComponentAddress::parse(std::string_view text) {
  AIRSSYS_TRY(const AddressParts parts, split_address(text, "component address"));
  const std::string_view space = parts.count == 1 ? default_namespace : parts.namespace_part;
  const std::string_view instance = parts.count == 3 ? parts.instance : main_instance;
  AIRSSYS_TRY_VOID(check_part({.what = "namespace", .whole = text, .part = space}));
  AIRSSYS_TRY_VOID(check_part({.what = "component name", .whole = text, .part = parts.name}));
  AIRSSYS_TRY_VOID(check_part({.what = "instance", .whole = text, .part = instance, .first = FirstByte::letter_or_digit}));
  return ComponentAddress(space, parts.name, instance);
}

std::string_view ComponentAddress::short_text() const noexcept {
  if (instance() != main_instance) return text_;
  return namespace_part() == default_namespace ? name()
                                               : std::string_view(text_).substr(0, text_.size() - main_instance.size() - 1);
}

}  // namespace airssys::wasm
