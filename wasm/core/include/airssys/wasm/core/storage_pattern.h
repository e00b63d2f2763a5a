// Which namespaces of the host's storage a component may use (R4.6): `<owner>:<name>`, or `<owner>:*` for all of them. The owner
// is the component's own name or `shared`. `app:*` matches app:config, not app2:config and not shared:app.
//
// A resource has the same form without `*`: `app:default` is the private store of app that needs no name.
// A value; any thread.
#pragma once
#include <string>
#include <string_view>

#include "airssys/base/result.h"

namespace airssys::wasm {

class StoragePattern {
 public:
  static constexpr std::string_view shared = "shared";
  static constexpr std::string_view default_name = "default";
  static constexpr std::size_t max_name_bytes = 64;  // of letters, digits, '.', '_' and '-'

  // `<owner>:` is `<owner>:*`. Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<StoragePattern> parse(std::string_view text);
  // As parse, without `*`: what somebody asks for.
  [[nodiscard]] static Result<StoragePattern> exactly(std::string_view resource);

  // A resource in any other form matches nothing.
  [[nodiscard]] bool matches(std::string_view resource) const noexcept;
  [[nodiscard]] bool covers(const StoragePattern& other) const noexcept {
    return other.text_ == text_ || (has_wildcard() && other.owner() == owner());
  }
  // With the `*` that `<owner>:` leaves out.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view owner() const noexcept { return std::string_view(text_).substr(0, text_.find(':')); }
  [[nodiscard]] bool is_shared() const noexcept { return owner() == shared; }
  [[nodiscard]] bool has_wildcard() const noexcept { return text_.ends_with('*'); }

  friend bool operator==(const StoragePattern&, const StoragePattern&) = default;

 private:
  explicit StoragePattern(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace airssys::wasm
