// Storage in maps that answers at once, without grants and quotas: for tests and measurements of what is above it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "airssys/wasm/core/storage_functions.h"

namespace airssys::wasm::testing {

class MapStorage : public StorageFunctions {
 public:
  using Entries = std::map<std::string, std::string, std::less<>>;
  std::map<StoreHandle, Entries> stores;  // those that were opened are empty at first, and go with close()

  StorageResult get(StoreHandle store, std::string_view key) noexcept override {
    const auto found = stores[store].find(key);
    if (found == stores[store].end()) return {};
    return {.found = true, .value = found->second};
  }
  StorageResult has(StoreHandle store, std::string_view key) noexcept override { return {.found = stores[store].contains(key)}; }
  StoragePage scan(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                   std::uint32_t limit) noexcept override {
    page_.clear();
    const Entries& entries = stores[store];
    auto at = cursor && *cursor >= prefix ? entries.upper_bound(*cursor) : entries.lower_bound(prefix);
    for (; at != entries.end() && at->first.starts_with(prefix) && page_.size() < limit; ++at)
      page_.push_back({at->first, at->second});
    const bool more = at != entries.end() && at->first.starts_with(prefix) && !page_.empty();
    return {.result = {}, .entries = page_, .next = more ? std::optional(page_.back().key) : std::nullopt};
  }
  StoragePage keys(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                   std::uint32_t limit) noexcept override {
    StoragePage found = scan(store, prefix, cursor, limit);
    for (StorageEntryView& entry : page_) entry.value = {};
    return found;
  }
  StorageUsage usage() noexcept override {
    StorageUsage usage{.result = {}, .used = 0, .quota = 1 << 20, .keys = stores[own].size()};
    for (const auto& [key, value] : stores[own]) usage.used += key.size() + value.size();
    return usage;
  }
  StorageResult open(std::string_view) noexcept override {
    stores[++opened_];
    return {.number = opened_};
  }
  void close(StoreHandle store) noexcept override { stores.erase(store); }
  StorageResult set(StoreHandle store, std::string_view key, std::span<const std::byte> value) noexcept override {
    const std::string_view bytes(reinterpret_cast<const char*>(value.data()), value.size());
    Entries& entries = stores[store];
    if (const auto found = entries.find(key); found != entries.end())
      found->second = bytes;
    else
      entries.emplace(key, bytes);
    return {};
  }
  StorageResult remove(StoreHandle store, std::string_view key) noexcept override {
    const auto found = stores[store].find(key);
    if (found == stores[store].end()) return {};
    stores[store].erase(found);
    return {.found = true};
  }
  StorageResult apply(std::span<const StorageOperation> operations) noexcept override {
    for (const auto& [key, value] : operations) value ? set(own, key, std::as_bytes(std::span(*value))) : remove(own, key);
    return {};
  }
  StorageResult clear() noexcept override { return {.number = std::exchange(stores[own], {}).size()}; }
  std::unique_ptr<PendingOperation> wait() noexcept override { return nullptr; }
  StorageResult ended() noexcept override { return {}; }

 private:
  StoreHandle opened_ = own;
  std::vector<StorageEntryView> page_;
};

}  // namespace airssys::wasm::testing
