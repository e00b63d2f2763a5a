#include "airssys/wasm/storage/guest_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace airssys::wasm {
namespace {

// What the results of this thread's last call point into. Not of each object: ten thousand of them at rest would keep a page of a
// megabyte each.
struct Answer {
  std::string reason;
  std::string value;
  StorePage page;
};
thread_local Answer answer;

constexpr std::size_t kept_bytes = 64 << 10;  // of a thread's buffer between calls

StorageResult failed(StoreError error) noexcept {
  answer.reason = std::move(error.reason);
  return {.failure = error.failure, .reason = answer.reason, .quota = error.quota, .number = error.number};
}

StorageResult failed(StorageFailure failure, std::string reason) noexcept {
  return failed(StoreError{.failure = failure, .reason = std::move(reason)});
}

StorageResult refused(const Denial& denial) noexcept {
  const bool later = denial.code == Code::exhausted;
  return failed(later ? StorageFailure::unavailable : StorageFailure::permission_denied, denial.reason);
}

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Wait final : public PendingOperation {
 public:
  explicit Wait(std::shared_ptr<PendingWrite> pending) noexcept : pending_(std::move(pending)) {}
  bool poll(const CallWaker& waker) noexcept override { return pending_->poll(waker); }

 private:
  const std::shared_ptr<PendingWrite> pending_;
};

}  // namespace

GuestStorage::GuestStorage(ComponentAddress self, Store own_store, Storage& storage, PermissionGate& gate)
    : self_(std::move(self)),
      storage_(storage),
      gate_(gate) {
  auto resource = own_store.id().resource();
  opened_.push_back(std::make_unique<Opened>(std::move(own_store), std::move(resource)));
}

GuestStorage::~GuestStorage() = default;

const GuestStorage::Opened* GuestStorage::find(StoreHandle handle) const noexcept {
  return handle < opened_.size() ? opened_[handle].get() : nullptr;
}

template <Action action>
const GuestStorage::Opened* GuestStorage::may(StoreHandle handle, StorageResult& failure) noexcept {
  const Opened* const opened = find(handle);
  if (!opened) {
    failure = failed(StorageFailure::unavailable, "this store is not open");
    return nullptr;
  }
  const auto permit = gate_.check<action>(opened->resource);
  if (permit) return opened;
  failure = refused(*permit.error());
  return nullptr;
}

StorageResult GuestStorage::get(StoreHandle store, std::string_view key) noexcept {
  StorageResult failure;
  const Opened* const from = may<Action::storage_read>(store, failure);
  if (!from) return failure;
  if (answer.value.capacity() > kept_bytes) answer.value = {};
  auto found = from->store.get(key, answer.value);
  if (!found) return failed(std::move(found).error());
  if (!*found) return {};
  return {.found = true, .value = answer.value};
}

StorageResult GuestStorage::has(StoreHandle store, std::string_view key) noexcept {
  StorageResult failure;
  const Opened* const from = may<Action::storage_read>(store, failure);
  if (!from) return failure;
  auto found = from->store.has(key);
  if (!found) return failed(std::move(found).error());
  return {.found = *found};
}

StoragePage GuestStorage::scan(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                               std::uint32_t limit) noexcept {
  return page(store, prefix, cursor, limit, true);
}

StoragePage GuestStorage::keys(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                               std::uint32_t limit) noexcept {
  return page(store, prefix, cursor, limit, false);
}

StoragePage GuestStorage::page(StoreHandle store, std::string_view prefix, std::optional<std::string_view> cursor,
                               std::uint32_t limit, bool with_values) noexcept {
  StorageResult failure;
  const Opened* const from = may<Action::storage_read>(store, failure);
  if (!from) return {.result = failure};
  auto found = from->store.scan(prefix, cursor, limit, with_values, answer.page);
  if (!found) return {.result = failed(std::move(found).error())};
  StoragePage page{.entries = answer.page.entries()};
  if (answer.page.more()) page.next = page.entries.back().key;
  return page;
}

StorageUsage GuestStorage::usage() noexcept {
  StorageResult failure;
  const Opened* const of = may<Action::storage_read>(own, failure);
  if (!of) return {.result = failure};
  const AccountUsage used = of->store.usage();
  return {.used = used.bytes, .quota = of->store.limit(), .keys = used.keys};
}

StorageResult GuestStorage::open(std::string_view name) noexcept {
  auto id = StoreId::parse_resource(name, self_);
  if (!id) return failed(StorageFailure::invalid_key, id.error().message());
  std::string resource = id->resource();
  if (const auto permit = gate_.check<Action::storage_read>(resource); !permit) return refused(*permit.error());
  // The own store stays where it is: handles of the guest begin behind it.
  const auto free = std::find(opened_.begin() + 1, opened_.end(), nullptr);
  if (free == opened_.end() && opened_.size() > max_open_stores)
    return failed(StorageFailure::unavailable, fmt::format("{} stores are open, the most; close one", max_open_stores));
  auto store = storage_.store(*id);
  if (!store) return failed(StorageFailure::unavailable, store.error().message());
  auto opened = std::make_unique<Opened>(*std::move(store), std::move(resource));
  const auto handle = static_cast<std::uint64_t>(free - opened_.begin());
  if (free == opened_.end())
    opened_.push_back(std::move(opened));
  else
    *free = std::move(opened);
  return {.number = handle};
}

void GuestStorage::close(StoreHandle store) noexcept {
  if (store != own && store < opened_.size()) opened_[store].reset();
}

StorageResult GuestStorage::set(StoreHandle store, std::string_view key, std::span<const std::byte> value) noexcept {
  const StorageOperation operation{.key = key, .value = text_of(value)};
  return write(store, std::span(&operation, 1));
}

StorageResult GuestStorage::remove(StoreHandle store, std::string_view key) noexcept {
  const StorageOperation operation{.key = key, .value = std::nullopt};
  return write(store, std::span(&operation, 1));
}

StorageResult GuestStorage::apply(std::span<const StorageOperation> operations) noexcept { return write(own, operations); }

StorageResult GuestStorage::write(StoreHandle store, std::span<const StorageOperation> operations) noexcept {
  StorageResult failure;
  const Opened* const to = may<Action::storage_write>(store, failure);
  if (!to) return failure;
  if (storage_.writes_wait()) return begun(to->store.begin_write(operations));
  auto written = to->store.write(operations);
  if (!written) return failed(std::move(written).error());
  return {.found = *written > 0};
}

StorageResult GuestStorage::clear() noexcept {
  StorageResult failure;
  const Opened* const of = may<Action::storage_admin>(own, failure);
  if (!of) return failure;
  return begun(of->store.begin_clear());
}

StorageResult GuestStorage::begun(StoreResult<std::shared_ptr<PendingWrite>> pending) noexcept {
  if (!pending) return failed(std::move(pending).error());
  pending_ = *std::move(pending);
  return {.pending = true};
}

std::unique_ptr<PendingOperation> GuestStorage::wait() noexcept { return pending_ ? std::make_unique<Wait>(pending_) : nullptr; }

StorageResult GuestStorage::ended() noexcept {
  if (!pending_) return failed(StorageFailure::unavailable, "nothing was written");
  const StoreResult<std::uint64_t> result = pending_->result();
  pending_.reset();
  if (!result) return failed(result.error());
  return {.number = *result, .found = *result > 0};
}

}  // namespace airssys::wasm
