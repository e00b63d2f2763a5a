#include "airssys/wasm/actor/directory.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace airssys::wasm {
namespace {

// "default/cart/"
std::string_view without_key(const ComponentAddress& address) {
  return std::string_view(address.text()).substr(0, address.text().size() - address.instance().size());
}

}  // namespace

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

Result<> ComponentDirectory::add_keyed(const ComponentAddress& address, KeyedEntries& entries) {
  std::unique_lock lock(mutex_);
  if (!keyed_.try_emplace(std::string(without_key(address)), &entries).second)
    return fail(Code::already_exists,
                fmt::format("a component already lives at {}; stop it first, or use another name", without_key(address)));
  return {};
}

void ComponentDirectory::remove(const ComponentAddress& address) {
  std::unique_lock lock(mutex_);
  if (entries_.erase(address.text()) > 0) return;
  if (const auto found = keyed_.find(without_key(address)); found != keyed_.end()) keyed_.erase(found);
}

Result<std::shared_ptr<const DirectoryEntry>> ComponentDirectory::resolve(const ComponentAddress& address) const {
  if (auto entry = find(address)) return entry;
  if (KeyedEntries* const entries = keyed(address)) return entries->find(address, nullptr);
  return fail(Code::not_found, fmt::format("nobody lives at {}", address.text()));
}

Result<std::shared_ptr<const DirectoryEntry>> ComponentDirectory::successor(const DirectoryEntry& gone) const {
  if (KeyedEntries* const entries = keyed(gone.address)) return entries->find(gone.address, &gone);
  return fail(Code::not_found, fmt::format("nobody lives at {} any more", gone.address.text()));
}

KeyedEntries* ComponentDirectory::keyed(const ComponentAddress& address) const {
  std::shared_lock lock(mutex_);
  if (keyed_.empty()) return nullptr;
  const auto found = keyed_.find(without_key(address));
  return found == keyed_.end() ? nullptr : found->second;
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
