#include "components.h"

#include <mutex>

namespace airssys::wasm {

HostedActor* Components::find(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

HostedActor* Components::find(const ComponentAddress& address) const {
  HostedActor* component = find(address.name());
  if (!component) return nullptr;
  const bool same_but_for_the_key = component->has_keys() && component->address.namespace_part() == address.namespace_part();
  return component->address == address || same_but_for_the_key ? component : nullptr;
}

HostedActor* Components::find_address(std::string_view text) const {
  const auto address = ComponentAddress::parse(text);
  return address ? find(*address) : nullptr;
}

HostedActor* Components::add(std::unique_ptr<HostedActor> component) {
  std::unique_lock lock(mutex_);
  HostedActor& added = *component;
  if (!by_name_.try_emplace(std::string(added.address.name()), std::move(component)).second) return nullptr;
  in_order_.push_back(&added);
  return &added;
}

std::vector<HostedActor*> Components::in_order() const {
  std::shared_lock lock(mutex_);
  return in_order_;
}

std::size_t Components::size() const {
  std::shared_lock lock(mutex_);
  return in_order_.size();
}

}  // namespace airssys::wasm
