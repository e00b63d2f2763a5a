// What guests may call of `storage` in wit/core.wit. As host_functions.h, which includes this, says: an object of these belongs
// to one component, holds its authority, and is called by the thread that runs the guest, one call at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/core/pending_operation.h"

namespace airssys::wasm {

// The cases of `storage-error` in wit/core.wit, in its order, after `none`.
enum class StorageFailure : std::uint8_t {
  none,
  permission_denied,
  quota_exceeded,
  invalid_key,
  value_too_large,
  unavailable,
  io_error
};

// `quota`: bytes of keys and values (R6.7).
struct StorageQuota {
  std::uint64_t used = 0, limit = 0, requested = 0;
};

// Views: valid until the next call of any StorageFunctions on the same thread.
struct StorageResult {
  StorageFailure failure = StorageFailure::none;
  std::string_view reason = {};  // permission_denied, invalid_key, unavailable, io_error: why
  StorageQuota quota = {};  // quota_exceeded
  // value_too_large: the most that a value may have, in bytes. None, of open: which store it is; of clear: how many keys went.
  std::uint64_t number = 0;
  bool found = false;  // get, has, remove: whether the key was there
  std::string_view value = {};  // get: its bytes
  bool pending = false;  // a write that has begun: see StorageFunctions::wait
};

struct StorageEntryView {
  std::string_view key;
  std::string_view value;  // bytes; empty in a page of keys
};
// Views: as those of StorageResult.
struct StoragePage {
  StorageResult result = {};
  std::span<const StorageEntryView> entries = {};
  std::optional<std::string_view> next = std::nullopt;  // the cursor of the page that follows
};

struct StorageUsage {
  StorageResult result = {};
  std::uint64_t used = 0, quota = 0, keys = 0;
};

// One of `apply`: sets the key to the value, or deletes it where there is none.
struct StorageOperation {
  std::string_view key;
  std::optional<std::string_view> value;
};

class StorageFunctions {
 public:
  // 0 is the component's own store; the others are what open() answered, until close().
  using StoreHandle = std::uint32_t;
  static constexpr StoreHandle own = 0;

  virtual ~StorageFunctions() = default;

  virtual StorageResult get(StoreHandle store, std::string_view key) noexcept = 0;
  virtual StorageResult has(StoreHandle store, std::string_view key) noexcept = 0;
  virtual StoragePage scan(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                           std::uint32_t limit) noexcept = 0;
  virtual StoragePage keys(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                           std::uint32_t limit) noexcept = 0;
  virtual StorageUsage usage() noexcept = 0;
  virtual StorageResult open(std::string_view name) noexcept = 0;
  virtual void close(StoreHandle store) noexcept = 0;

  // Writes. Where the host synchronises each write with the disk they come back with `pending`, and clear() may on any host: then
  // wait() gives what to poll, once, and when that is done ended() says how it went. What was passed need not live until then.
  virtual StorageResult set(StoreHandle store, std::string_view key, std::span<const std::byte> value) noexcept = 0;
  virtual StorageResult remove(StoreHandle store, std::string_view key) noexcept = 0;
  virtual StorageResult apply(std::span<const StorageOperation> operations) noexcept = 0;
  virtual StorageResult clear() noexcept = 0;
  virtual std::unique_ptr<PendingOperation> wait() noexcept = 0;
  virtual StorageResult ended() noexcept = 0;
};

}  // namespace airssys::wasm
