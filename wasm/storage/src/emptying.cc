#include "emptying.h"

#include <vector>

namespace airssys::wasm {
namespace {

constexpr std::size_t step_bytes = 4 << 20;  // that are read, and one value more

}  // namespace

StoreResult<bool> Emptying::step() {
  StorageContext& context = account_.context();
  std::vector<std::string> keys;
  std::size_t prefix_bytes = 0, read = 0;
  DeletionReport found;
  const auto scanned = context.backend->scan(Keyspace::guests, {from_, to_}, [&](std::string_view key, std::string_view value) {
    const auto store = stores_.at(key);
    const std::size_t prefix = store ? key.size() - store->second.size() : 0;
        // What one write deletes is of one store.
    if (keys.empty()) prefix_bytes = prefix;
    if (prefix != prefix_bytes || (!keys.empty() && !key.starts_with(keys.back().substr(0, prefix)))) return false;
    keys.emplace_back(key);
    read += key.size() + value.size();
    found.bytes += key.size() - prefix + value.size();
    return keys.size() < max_storage_batch && read < step_bytes;
  });
  if (!scanned) return std::unexpected(context.failed(scanned.error()));
  if (keys.empty()) return false;
  std::vector<StorageWrite> writes;
  writes.reserve(keys.size());
  for (const std::string& key : keys) writes.push_back({.key = key, .value = std::nullopt});
  const auto deleted = account_.write(writes, prefix_bytes);
  if (!deleted) return std::unexpected(deleted.error());
  deleted_.keys += *deleted;
  deleted_.bytes += found.bytes;
  from_ = keys.back() + '\0';
  return true;
}

}  // namespace airssys::wasm
