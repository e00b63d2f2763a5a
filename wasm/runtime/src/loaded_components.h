// The components that were loaded last, ready to be instantiated: the first of two levels of caching (R1.7), in front of the
// files of CompileCache. A component that is added again, or of which there are many instances, is the same object.
//
// Bounded by number; the one that was asked for longest ago goes first. What instances still use lives on without it.
// Threads: any.
#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "wasmtime_component.h"

namespace airssys::wasm {

class LoadedComponents {
 public:
  using Component = std::shared_ptr<const WasmtimeComponent>;

  // 0: nothing is kept.
  explicit LoadedComponents(std::size_t most) : most_(most) {}

  // Null: not there.
  [[nodiscard]] Component find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    by_age_.splice(by_age_.begin(), by_age_, found->second);
    return found->second->second;
  }

  // Whoever came first with this key stays.
  void add(const std::string& key, const Component& component) {
    const std::lock_guard lock(mutex_);
    if (most_ == 0 || by_key_.contains(key)) return;
    by_age_.emplace_front(key, component);
    by_key_.emplace(key, by_age_.begin());
    if (by_age_.size() <= most_) return;
    by_key_.erase(by_age_.back().first);
    by_age_.pop_back();
  }

 private:
  using ByAge = std::list<std::pair<std::string, Component>>;
  const std::size_t most_;
  std::mutex mutex_;
  ByAge by_age_;  // the last asked for first
  std::unordered_map<std::string, ByAge::iterator> by_key_;
};

}  // namespace airssys::wasm
