#include "airssys/wasm/actor/directory.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace airssys::wasm {

void KnownMetadata::set(ComponentMetadata metadata) {
  auto kept = std::make_shared<const ComponentMetadata>(std::move(metadata));
  std::lock_guard lock(mutex_);
  metadata_.swap(kept);
}

std::shared_ptr<const ComponentMetadata> KnownMetadata::get() const {
  std::lock_guard lock(mutex_);
  return metadata_;
}

Result<> ComponentDirectory::add(std::shared_ptr<const DirectoryEntry> entry) {
  std::unique_lock lock(mutex_);
  const std::string& address = entry->address.text();
  if (!entries_.try_emplace(address, entry).second)
    return fail(Code::already_exists,
                fmt::format("a component already lives at {}; stop it first, or use another name", address));
  return {};
}

void ComponentDirectory::remove(const ComponentAddress& address) {
  std::unique_lock lock(mutex_);
  entries_.erase(address.text());
}

std::shared_ptr<const DirectoryEntry> ComponentDirectory::find(const ComponentAddress& address) const {
  std::shared_lock lock(mutex_);
  const auto found = entries_.find(address.text());
  return found == entries_.end() ? nullptr : found->second;
}

std::vector<ComponentAddress> ComponentDirectory::addresses() const {
  std::shared_lock lock(mutex_);
  std::vector<ComponentAddress> found;
  found.reserve(entries_.size());
  for (const auto& [text, entry] : entries_) found.push_back(entry->address);
  return found;
}

}  // namespace airssys::wasm
