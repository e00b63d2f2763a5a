// Going through a backend key by key: visitors that may fail, and work that tells how far it is.
#pragma once
#include <optional>
#include <string_view>
#include <utility>

#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/transfer.h"

namespace airssys::wasm {

// As StorageBackend::scan, with a `visit` of Result<>, whose failure ends it.
template <class Visit>
[[nodiscard]] Result<> scan_each(const StorageBackend& backend, Keyspace space, KeyRange range, Visit&& visit) {
  Result<> visited;
  AIRSSYS_TRY_VOID(backend.scan(space, range, [&](std::string_view key, std::string_view value) {
    visited = visit(key, value);
    return visited.has_value();
  }));
  return visited;
}

// Threads: one.
class Progress {
 public:
  explicit Progress(const TransferWatch& watch) noexcept : watch_(watch) {}
  // One more key. cancelled, when whoever watches says so.
  [[nodiscard]] Result<> step(std::uint64_t bytes) {
    ++keys_;
    bytes_ += bytes;
    if (!watch_ || (keys_ % step_keys != 0 && bytes_ - told_ < step_bytes)) return {};
    told_ = bytes_;
    if (watch_(keys_, bytes_)) return {};
    return fail(Code::cancelled, "interrupted");
  }

 private:
  static constexpr std::uint64_t step_keys = 256, step_bytes = 1 << 20;
  const TransferWatch& watch_;
  std::uint64_t keys_ = 0, bytes_ = 0, told_ = 0;
};

// Of keys that come in their order: the store of each, parsed once for each store.
class StoreCursor {
 public:
  // The store, and the key within it; none: of no store.
  [[nodiscard]] std::optional<std::pair<const StoreId*, std::string_view>> at(std::string_view physical) {
    if (!store_ || !physical.starts_with(prefix_)) {
      auto split = StoreId::split(physical);
      if (!split) return std::nullopt;
      store_ = std::move(split->first);
      prefix_ = store_->prefix();
    }
    return std::pair(&*store_, physical.substr(prefix_.size()));
  }

 private:
  std::optional<StoreId> store_;
  std::string prefix_;
};

}  // namespace airssys::wasm
