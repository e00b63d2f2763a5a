#include <algorithm>
#include <variant>

#include "airssys/wasm/host/host.h"

namespace airssys::wasm {
namespace {

class Order {
 public:
  explicit Order(std::span<const Manifest* const> manifests) : manifests_(manifests), seen_(manifests.size()) {
    for (std::size_t i = 0; i < manifests_.size(); ++i) place(i);
  }
  std::vector<std::string> names;

 private:
  // As deep as there are components in a chain: the host's max_components bounds it.
  void place(std::size_t sender) {
    if (seen_[sender]) return;
    seen_[sender] = true;
    for (std::size_t other = 0; other < manifests_.size(); ++other)
      if (other != sender && sends(*manifests_[sender], *manifests_[other])) place(other);
    names.push_back(manifests_[sender]->package.name.text());
  }

  static bool sends(const Manifest& sender, const Manifest& receiver) {
    const ComponentAddress to = ComponentAddress::of(receiver.package.name);
    return std::ranges::any_of(sender.capabilities.set.of(Action::messaging_send), [&](const Capability& capability) {
      const auto& target = std::get<TargetPattern>(capability.pattern);
      return !target.has_wildcard() && target.matches(to);
    });
  }

  std::span<const Manifest* const> manifests_;
  std::vector<bool> seen_;
};

}  // namespace

std::vector<std::string> start_order(std::span<const Manifest* const> manifests) { return Order(manifests).names; }

}  // namespace airssys::wasm
