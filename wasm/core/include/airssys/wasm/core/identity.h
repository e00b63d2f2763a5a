// Who a component is (X.18): names and addresses. Both are values that hold only what was checked, so whoever has one need not
// check again: no part can contain `/`, `:`, `|` or a control byte, which storage keys and signatures rely on.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

// `[a-z][a-z0-9]*(-[a-z0-9]+)*`, 1 to 64 bytes: "word-counter".
class ComponentName {
 public:
  static constexpr std::size_t max_bytes = 64;

  // Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<ComponentName> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend auto operator<=>(const ComponentName&, const ComponentName&) = default;

 private:
  explicit ComponentName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Where messages go: `namespace/name/instance`. The namespace follows the grammar of names; an instance too, but may begin
// with a digit. Written short, `name` is `default/name/main` and `namespace/name` is `namespace/name/main`.
class ComponentAddress {
 public:
  static constexpr std::string_view default_namespace = "default";
  static constexpr std::string_view main_instance = "main";
  static constexpr std::size_t max_bytes = 3 * ComponentName::max_bytes + 2;

  // Otherwise invalid_argument: which part is wrong, how, and at which byte of the text.
  [[nodiscard]] static Result<ComponentAddress> parse(std::string_view text);
  // `default/<name>/main`.
  [[nodiscard]] static ComponentAddress of(const ComponentName& name);

  // The full form; two addresses are the same when this is.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // The shortest text that parses to this address.
  [[nodiscard]] std::string_view short_text() const noexcept;

  [[nodiscard]] std::string_view namespace_part() const noexcept { return std::string_view(text_).substr(0, namespace_size_); }
  [[nodiscard]] std::string_view name() const noexcept {
    return std::string_view(text_).substr(namespace_size_ + 1u, name_size_);
  }
  [[nodiscard]] std::string_view instance() const noexcept {
    return std::string_view(text_).substr(std::size_t{namespace_size_} + name_size_ + 2);
  }

  friend bool operator==(const ComponentAddress& a, const ComponentAddress& b) noexcept { return a.text_ == b.text_; }
  friend auto operator<=>(const ComponentAddress& a, const ComponentAddress& b) noexcept { return a.text_ <=> b.text_; }

 private:
  ComponentAddress(std::string_view namespace_part, std::string_view name, std::string_view instance);
  std::string text_;
  std::uint8_t namespace_size_;
  std::uint8_t name_size_;
};

}  // namespace airssys::wasm

template <>
struct std::hash<airssys::wasm::ComponentName> {
  std::size_t operator()(const airssys::wasm::ComponentName& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};
template <>
struct std::hash<airssys::wasm::ComponentAddress> {
  std::size_t operator()(const airssys::wasm::ComponentAddress& address) const noexcept {
    return std::hash<std::string>{}(address.text());
  }
};
