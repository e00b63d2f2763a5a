#include "components.h"

#include <mutex>

namespace airssys::wasm {

HostedComponent* Components::find(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

HostedComponent* Components::find(const ComponentAddress& address) const {
  HostedComponent* component = find(address.name());
  return component && component->address == address ? component : nullptr;
}

HostedComponent* Components::find_address(std::string_view text) const {
  const auto address = ComponentAddress::parse(text);
  return address ? find(*address) : nullptr;
}

HostedComponent* Components::add(std::unique_ptr<HostedComponent> component) {
  std::unique_lock lock(mutex_);
  HostedComponent& added = *component;
  if (!by_name_.try_emplace(std::string(added.address.name()), std::move(component)).second) return nullptr;
  in_order_.push_back(&added);
  return &added;
}

std::vector<HostedComponent*> Components::in_order() const {
  std::shared_lock lock(mutex_);
  return in_order_;
}

}  // namespace airssys::wasm
