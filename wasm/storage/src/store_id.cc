#include "airssys/wasm/storage/store_id.h"

#include <fmt/format.h>

#include "airssys/base/text.h"
#include "airssys/wasm/core/storage_pattern.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view own_space = "component:";
constexpr std::string_view named_space = "named:";
constexpr std::string_view shared_space = "shared:";

std::string component_part(const ComponentAddress& component) {
  return fmt::format("{}/{}", component.namespace_part(), component.name());
}

}  // namespace

std::string storage_key_mistake(std::string_view key) {
  if (key.empty()) return "a key has at least one byte";
  if (key.size() > max_storage_key_bytes)
    return fmt::format("a key of {} bytes; the most is {}", key.size(), max_storage_key_bytes);
  if (utf8_prefix(key) != key.size()) return "a key is UTF-8";
  for (std::size_t at = 0; at < key.size(); ++at) {
    const auto byte = static_cast<unsigned char>(key[at]);
    // C0, DEL, and C1, which in UTF-8 begins with 0xC2.
    const bool c1 = byte == 0xc2 && at + 1 < key.size() && static_cast<unsigned char>(key[at + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f || c1) return fmt::format("a control character at byte {} of the key", at + 1);
  }
  return {};
}

StoreId StoreId::own_of(const ComponentAddress& component) { return StoreId(component_part(component)); }

Result<StoreId> StoreId::parse_resource(std::string_view resource, const ComponentAddress& component) {
  AIRSSYS_TRY(const StoragePattern named, StoragePattern::exactly(resource));
  if (named.is_shared()) return StoreId(named.text());
  const std::string_view name = std::string_view(named.text()).substr(named.owner().size() + 1);
  if (named.owner() != component.name())
    return fail(Code::invalid_argument,
                fmt::format("{}: is neither shared nor of this component; write shared:<name> or {}:<name>", quoted(resource),
                            component.name()));
  if (name == StoragePattern::default_name) return own_of(component);
  return StoreId(fmt::format("{}:{}", component_part(component), name));
}

Result<StoreId> StoreId::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text.starts_with(shared_space)) {
    AIRSSYS_TRY(const StoragePattern shared, StoragePattern::exactly(text));
    return StoreId(shared.text());
  }
  // Two parts: an address without its instance.
  const std::string_view component = text.substr(0, colon);
  const std::size_t slash = component.find('/');
  auto address = ComponentAddress::parse(component);
  if (!address || slash == component.npos || component.find('/', slash + 1) != component.npos)
    return fail(Code::invalid_argument,
                fmt::format("{}: is no store; write <namespace>/<component>, <namespace>/<component>:<name> or shared:<name>",
                            quoted(text)));
  if (colon == text.npos) return own_of(*address);
  return parse_resource(fmt::format("{}{}", address->name(), text.substr(colon)), *address);
}

std::optional<std::pair<StoreId, std::string_view>> StoreId::split(std::string_view physical) {
  const bool own = physical.starts_with(own_space);
  const bool named = physical.starts_with(named_space);
  if (!own && !named && !physical.starts_with(shared_space)) return std::nullopt;
  const std::size_t skipped = own ? own_space.size() : named ? named_space.size() : 0;
  std::size_t end = physical.find(':', skipped);
  if (!own && end != physical.npos) end = physical.find(':', end + 1);
  if (end == physical.npos) return std::nullopt;
  auto id = parse(physical.substr(skipped, end - skipped));
  // What has another prefix than its own was not written by us: "named:default/counter:default:".
  if (!id || id->prefix() != physical.substr(0, end + 1)) return std::nullopt;
  return std::pair(*std::move(id), physical.substr(end + 1));
}

std::string StoreId::resource() const {
  if (is_shared()) return text_;
  std::string name = text_.substr(text_.find('/') + 1);
  return name.contains(':') ? name : fmt::format("{}:{}", name, StoragePattern::default_name);
}

std::string StoreId::prefix() const {
  if (is_shared()) return text_ + ":";
  const bool named = text_.find(':') != text_.npos;
  return fmt::format("{}{}:", named ? named_space : own_space, text_);
}

std::string StoreId::named_prefix() const { return fmt::format("{}{}:", named_space, text_); }

StoreId StoreId::account() const {
  if (is_shared()) return *this;
  return StoreId(text_.substr(0, text_.find(':')));
}

}  // namespace airssys::wasm
