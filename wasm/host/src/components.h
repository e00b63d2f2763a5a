// The components of a host, and the actors beside them, by name.
#pragma once
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hosted_actor.h"

namespace airssys::wasm {

// Threads: any. Looked up by senders and by the supervisor's events while others are added.
class Components {
 public:
  // Null when there is none.
  HostedActor* find(std::string_view name) const;
  HostedActor* find(const ComponentAddress& address) const;
  // By an address's text, which is also the name of its actor.
  HostedActor* find_address(std::string_view text) const;
  // Null when the name is taken.
  HostedActor* add(std::unique_ptr<HostedActor> component);
  std::vector<HostedActor*> in_order() const;
  std::size_t size() const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<HostedActor>, std::less<>> by_name_;
  std::vector<HostedActor*> in_order_;
};

}  // namespace airssys::wasm
