// Which store a key belongs to, and what it is called below (R6.5): a physical key is its prefix and then the guest's key.
//
//   default/counter           the own store of a component       component:default/counter:<key>
//   default/counter:settings  one more of its own, by name       named:default/counter:settings:<key>
//   shared:team               one that several are granted       shared:team:<key>
//
// No part can hold a ':' (StoragePattern, ComponentName), so no store's prefix begins another's. The instance is not a part: all
// incarnations and versions of a component have the same stores (X.22).
// A value; any thread.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "airssys/base/result.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {

inline constexpr std::size_t max_storage_key_bytes = 256;  // R6.2
inline constexpr std::size_t max_storage_value_bytes = 1 << 20;
inline constexpr std::size_t max_storage_batch = 100;  // operations, R6.4
inline constexpr std::size_t max_storage_page_entries = 10'000;
inline constexpr std::size_t max_storage_page_bytes = 1 << 20;

// Empty when a guest may use it (R6.2): UTF-8, 1 to 256 bytes, no control character. Otherwise what is wrong, for the guest.
[[nodiscard]] std::string storage_key_mistake(std::string_view key);

class StoreId {
 public:
  // The own store of whoever lives there, whichever instance that is.
  [[nodiscard]] static StoreId own_of(const ComponentAddress& component);
  // `resource` as StoragePattern::exactly takes it: "shared:team", or "counter:settings" of the component `counter` itself, where
  // "counter:default" is its own store. invalid_argument: neither of the two.
  [[nodiscard]] static Result<StoreId> parse_resource(std::string_view resource, const ComponentAddress& component);
  // As text() writes it.
  [[nodiscard]] static Result<StoreId> parse(std::string_view text);
  // Which store and which key of it a physical key is; none: no store's.
  [[nodiscard]] static std::optional<std::pair<StoreId, std::string_view>> split(std::string_view physical);

  // As parse_resource() takes it: "counter:default", "counter:settings", "shared:team".
  [[nodiscard]] std::string resource() const;
  // "default/counter", "default/counter:settings", "shared:team".
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // Of its physical keys, with the last ':'.
  [[nodiscard]] std::string prefix() const;
  // What the physical keys of all named stores of this component begin with; of its own store only.
  [[nodiscard]] std::string named_prefix() const;
  [[nodiscard]] bool is_shared() const noexcept { return text_.starts_with("shared:"); }
  // Of the component that its bytes are charged to, as own_of(): a named store counts as its component's. A shared one is itself.
  [[nodiscard]] StoreId account() const;

  friend auto operator<=>(const StoreId&, const StoreId&) = default;

 private:
  explicit StoreId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace airssys::wasm
