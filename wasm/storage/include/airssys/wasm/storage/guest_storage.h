// `airssys:core/storage` for one instance of a component: who may, and then its Store.
//
// The gate is asked first (capability, rate, audit): storage.read to read, storage.write to write,
// storage.admin to clear; of its own store as `<component>:default`, of an open one by its name. Stores stay open until the
// guest closes them or this ends; each call asks the gate anew, so that what was revoked in between is refused. A clear that is
// under way when this ends leaves the rest.
//
// A refusal because of the rate is `unavailable`, as what the host has no room for: later it may do.
// Threads: as HostFunctions: one call at a time. What results point to is valid until the next call of any GuestStorage on the
// same thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/storage_functions.h"
#include "airssys/wasm/storage/storage.h"

namespace airssys::wasm {

class GuestStorage final : public StorageFunctions {
 public:
  static constexpr std::size_t max_open_stores = 64;

  // All outlive this. `own` is that of `self`.
  GuestStorage(ComponentAddress self, Store own, Storage& storage, PermissionGate& gate);
  ~GuestStorage() override;

  StorageResult get(StoreHandle store, std::string_view key) noexcept override;
  StorageResult has(StoreHandle store, std::string_view key) noexcept override;
  StoragePage scan(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                   std::uint32_t limit) noexcept override;
  StoragePage keys(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                   std::uint32_t limit) noexcept override;
  StorageUsage usage() noexcept override;
  StorageResult open(std::string_view name) noexcept override;
  void close(StoreHandle store) noexcept override;
  StorageResult set(StoreHandle store, std::string_view key, std::span<const std::byte> value) noexcept override;
  StorageResult remove(StoreHandle store, std::string_view key) noexcept override;
  StorageResult apply(std::span<const StorageOperation> operations) noexcept override;
  StorageResult clear() noexcept override;
  std::unique_ptr<PendingOperation> wait() noexcept override;
  StorageResult ended() noexcept override;

 private:
  // What a handle stands for.
  struct Opened {
    Store store;
    std::string resource;  // as the gate knows it
  };
  const Opened* find(StoreHandle handle) const noexcept;
  // Null, with `failure`: there is no such store, or it may not be used so.
  template <Action action>
  const Opened* may(StoreHandle handle, StorageResult& failure) noexcept;
  StoragePage page(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor, std::uint32_t limit,
                   bool with_values) noexcept;
  StorageResult write(StoreHandle store, std::span<const StorageOperation> operations) noexcept;
  StorageResult begun(StoreResult<std::shared_ptr<PendingWrite>> pending) noexcept;

  const ComponentAddress self_;
  Storage& storage_;
  PermissionGate& gate_;
  std::vector<std::unique_ptr<Opened>> opened_;  // by handle; null: closed
  std::shared_ptr<PendingWrite> pending_;
};

}  // namespace airssys::wasm
