// What a component may do, and the pure matching of it. Deny by default; the same text always means the same set.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {

// Which components a message may go to or come from (R4.7):
//
//   indexer             every instance of default/indexer
//   photos/indexer      every instance of photos/indexer
//   photos/indexer/2    that instance
//   worker-*            of namespace default, names that begin with `worker-`; not `workers`
//   photos/*            everything in namespace photos; photos/thumb-* and photos/indexer/a* likewise
//   *                   everything
//
// `*` stands once, last, for any number of characters of its part, none included.
class TargetPattern {
 public:
  // Otherwise invalid_argument: what is wrong, and at which byte.
  [[nodiscard]] static Result<TargetPattern> parse(std::string_view text);
  [[nodiscard]] static TargetPattern any() { return TargetPattern("*", "", true); }

  [[nodiscard]] bool matches(const ComponentAddress& address) const noexcept {
    return open_ ? address.text().starts_with(literal_) : address.text() == literal_;
  }
  // As it was written.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // Whether it names more than one component: shown to whoever reviews grants.
  [[nodiscard]] bool has_wildcard() const noexcept { return text_.ends_with('*'); }

  friend bool operator==(const TargetPattern&, const TargetPattern&) = default;

 private:
  TargetPattern(std::string_view text, std::string literal, bool open) : text_(text), literal_(std::move(literal)), open_(open) {}
  std::string text_;
  // The beginning of every full address that it matches, or, when not open, the only one. A full address has all three parts,
  // and a literal has its slashes, so the comparison cannot cross from one part into another.
  std::string literal_;
  bool open_;
};

// `[capabilities.messaging]`. A message passes when the sender's `send` and the receiver's `receive_from` both allow it.
struct MessagingGrants {
  std::vector<TargetPattern> send{};
  std::vector<TargetPattern> receive_from{TargetPattern::any()};

  [[nodiscard]] bool allows_send(const ComponentAddress& target) const noexcept;
  [[nodiscard]] bool allows_receive(const ComponentAddress& sender) const noexcept;
};

}  // namespace airssys::wasm
