// Which components a message may go to or come from (R4.7):
//
//   indexer             every instance of default/indexer
//   photos/indexer      every instance of photos/indexer
//   photos/indexer/2    that instance
//   worker-*            of namespace default, names that begin with `worker-`; not `workers`
//   photos/*            everything in namespace photos; photos/thumb-* and photos/indexer/a* likewise
//   *                   everything
//
// `*` stands once, last, for any number of characters of its part, none included. A value; any thread.
#pragma once
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {

class TargetPattern {
 public:
  // Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<TargetPattern> parse(std::string_view text);
  [[nodiscard]] static TargetPattern any() { return TargetPattern("*", "", true); }
  // That instance alone.
  [[nodiscard]] static TargetPattern exactly(const ComponentAddress& address) {
    return TargetPattern(address.text(), address.text(), false);
  }

  [[nodiscard]] bool matches(const ComponentAddress& address) const noexcept {
    return open_ ? address.text().starts_with(literal_) : address.text() == literal_;
  }
  // Whether this matches every address that `other` matches.
  [[nodiscard]] bool covers(const TargetPattern& other) const noexcept {
    return open_ ? other.literal_.starts_with(literal_) : !other.open_ && other.literal_ == literal_;
  }
  // As it was written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // Whether it names more than one component: shown to whoever reviews grants.
  [[nodiscard]] bool has_wildcard() const noexcept { return text_.ends_with('*'); }
  // Whether it names every component.
  [[nodiscard]] bool is_any() const noexcept { return open_ && literal_.empty(); }

  friend bool operator==(const TargetPattern&, const TargetPattern&) = default;

 private:
  TargetPattern(std::string_view text, std::string literal, bool open) : text_(text), literal_(std::move(literal)), open_(open) {}
  std::string text_;
  // The beginning of every full address that it matches, or, when not open, the only one. A full address has all three parts,
  // and a literal has its slashes, so the comparison cannot cross from one part into another.
  std::string literal_;
  bool open_;
};

}  // namespace airssys::wasm
