#include "memory_backend.h"

#include <mutex>

namespace airssys::wasm {

Result<bool> MemoryBackend::get(Keyspace space, std::string_view key, std::string& value) const {
  const std::shared_lock lock(mutex_);
  const auto& map = spaces_[static_cast<std::size_t>(space)].map;
  const auto found = map.find(key);
  if (found == map.end()) return false;
  value = found->second;
  return true;
}

Result<std::optional<std::uint64_t>> MemoryBackend::size_of(Keyspace space, std::string_view key) const {
  const std::shared_lock lock(mutex_);
  const auto& map = spaces_[static_cast<std::size_t>(space)].map;
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional<std::uint64_t>(found->second.size());
}

Result<> MemoryBackend::write(Keyspace space, std::span<const StorageWrite> writes, Durability) {
  const std::lock_guard lock(mutex_);
  Entries& entries = spaces_[static_cast<std::size_t>(space)];
  for (const StorageWrite& write : writes) {
    const auto found = entries.map.find(write.key);
    if (found != entries.map.end()) entries.bytes -= write.key.size() + found->second.size();
    if (write.value) {
      entries.bytes += write.key.size() + write.value->size();
      if (found != entries.map.end())
        found->second = *write.value;
      else
        entries.map.emplace(write.key, *write.value);
    } else if (found != entries.map.end()) {
      entries.map.erase(found);
    }
  }
  return {};
}

Result<> MemoryBackend::scan(Keyspace space, KeyRange range, const Visit& visit) const {
  const std::shared_lock lock(mutex_);
  const auto& map = spaces_[static_cast<std::size_t>(space)].map;
  for (auto at = map.lower_bound(range.from); at != map.end() && (range.to.empty() || at->first < range.to); ++at)
    if (!visit(at->first, at->second)) break;
  return {};
}

Result<> MemoryBackend::back_up(const std::filesystem::path&) const {
  return fail(Code::unavailable, "what is in memory has no files");
}

std::uint64_t MemoryBackend::bytes() const {
  const std::shared_lock lock(mutex_);
  return spaces_[0].bytes + spaces_[1].bytes;
}

}  // namespace airssys::wasm
