// FixedGate: a PermissionGate for tests of what asks one. It allows what its set says, which may change, and counts what was
// asked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/wasm/core/security.h"

namespace airssys::wasm::testing {

class FixedGate final : public PermissionGate {
 public:
  FixedGate() = default;
  explicit FixedGate(CapabilitySet granted) : granted_(std::move(granted)) {}
  // As "messaging.send indexer".
  FixedGate& grant(Action action, std::string_view pattern) {
    auto capability = Capability::parse(action, pattern);
    if (capability) static_cast<void>(granted_.grant(*std::move(capability)));
    ++generation_;
    return *this;
  }
  void revoke_all() {
    granted_ = {};
    ++generation_;
  }
  // From now on every call is refused so.
  void refuse_all(Denial denial) { fixed_ = std::move(denial); }

  Again again(const AnyPermit& permit) noexcept override {
    if (!fixed_.reason.empty()) return Again::no;
    if (decision_of(permit) != generation_) return Again::changed;
    ++uses;
    return Again::yes;
  }
  const Denial& last_denial() const noexcept override { return fixed_.reason.empty() ? denial_ : fixed_; }
  std::uint64_t generation() const noexcept override { return generation_; }
  bool would_allow(Action action, std::string_view resource) const noexcept override {
    return granted_.find(action, resource) != nullptr;
  }
  void record_refusal(Action action, std::string_view resource, std::string_view) noexcept override {
    refusals.push_back(std::string(action_name(action)) + " " + std::string(resource));
  }

  std::uint64_t uses = 0;  // of permits
  std::vector<std::string> refusals{};  // "messaging.send default/b/main", its own and those it was told

 private:
  std::expected<AnyPermit, const Denial*> decide(Action action, std::string_view resource) noexcept override {
    if (!fixed_.reason.empty()) return std::unexpected(&fixed_);
    if (would_allow(action, resource)) return permit_of(generation_);
    record_refusal(action, resource, "");
    denial_ = {Code::denied, std::string(action_name(action)) + " '" + std::string(resource) + "' is not granted"};
    return std::unexpected(&denial_);
  }

  CapabilitySet granted_;
  std::uint64_t generation_ = 1;
  Denial denial_, fixed_;
};

}  // namespace airssys::wasm::testing
