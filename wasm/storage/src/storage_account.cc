#include "storage_account.h"

#include <fmt/format.h>

#include <bit>
#include <cstdlib>
#include <utility>

#include "airssys/base/units.h"

namespace airssys::wasm {
namespace {

constexpr std::int64_t notable_drift = 1 << 20;  // R6.8
constexpr unsigned warnings[]{95, 80};  // percent, R6.9

}  // namespace

StoreError StorageContext::failed(const Error& error) {
  failures.add();
  const bool later = error.code() == Code::unavailable;
  // A guest that goes on trying does not fill the log: the first, the second, the fourth, …
  if (const std::uint64_t count = failures.value(); std::has_single_bit(count))
    log(log_sink, LogLevel::error, "storage", "{} ({} such so far)", error.message(), count);
  // What the backend says has paths of the host in it.
  return {.failure = later ? StorageFailure::unavailable : StorageFailure::io_error,
          .reason = later ? "the host's storage takes no more right now; try again later"
                          : "the host's storage failed; the host's log says how"};
}

StorageAccount::StorageAccount(StoreId id, AccountUsage used, StorageContext& context)
    : id_(std::move(id)),
      context_(context),
      bytes_(used.bytes),
      keys_(used.keys),
      limit_(context.config.default_max) {}

AccountUsage StorageAccount::usage() const noexcept {
  return {.bytes = bytes_.load(std::memory_order_relaxed), .keys = keys_.load(std::memory_order_relaxed)};
}

void StorageAccount::count_read(std::uint64_t entries, std::uint64_t bytes) noexcept {
  reads_.add(entries);
  bytes_read_.add(bytes);
}

AccountReport StorageAccount::report() const {
  return {.id = id_,
          .used = usage(),
          .limit = limit(),
          .reads = reads_.value(),
          .writes = sets_.value(),
          .deletes = deletes_.value(),
          .bytes_read = bytes_read_.value(),
          .bytes_written = bytes_written_.value(),
          .over_quota = over_quota_.value(),
          .drift = drift_.load(std::memory_order_relaxed)};
}

StoreResult<std::uint64_t> StorageAccount::write(std::span<const StorageWrite> writes, std::size_t prefix_bytes) {
  const auto held = lock();
  auto planned = plan(writes, prefix_bytes, nullptr);
  if (!planned) return std::unexpected(std::move(planned).error());
  if (auto done = context_.backend->write(Keyspace::guests, writes, Durability::process); !done) {
    undo(*planned);
    return std::unexpected(context_.failed(done.error()));
  }
  context_.dirty.store(true, std::memory_order_release);
  written(*planned, writes);
  return planned->found;
}

StoreResult<PlannedWrite> StorageAccount::plan(std::span<const StorageWrite> writes, std::size_t prefix_bytes,
                                               PlannedSizes* before_it) {
  PlannedWrite planned;
  PlannedSizes own;
  const auto planned_size = [&](std::string_view key) -> const std::optional<std::uint64_t>* {
    if (const auto found = own.find(key); found != own.end()) return &found->second;
    if (!before_it) return nullptr;
    const auto found = before_it->find(key);
    return found == before_it->end() ? nullptr : &found->second;
  };
  // Only several can name a key twice.
  const bool remember = before_it || writes.size() > 1;
  for (const StorageWrite& write : writes) {
    if (refuses_sets_ && write.value)
      return std::unexpected(StoreError{.failure = StorageFailure::unavailable,
                                        .reason = "the host is deleting what this store keeps; try again later"});
    const std::uint64_t key_bytes = write.key.size() - prefix_bytes;
    std::optional<std::uint64_t> before;
    if (const auto* const known = remember ? planned_size(write.key) : nullptr) {
      before = *known;
    } else if (const auto cached = context_.value_sizes.find(write.key)) {
      before = *cached;
    } else {
      auto size = context_.backend->size_of(Keyspace::guests, write.key);
      if (!size) return std::unexpected(context_.failed(size.error()));
      before = *size;
    }
    const auto charge = [key_bytes](std::optional<std::uint64_t> size) { return size ? key_bytes + *size : 0; };
    const auto after = write.value ? std::optional<std::uint64_t>(write.value->size()) : std::nullopt;
    planned.bytes += static_cast<std::int64_t>(charge(after)) - static_cast<std::int64_t>(charge(before));
    planned.keys += static_cast<std::int64_t>(after.has_value()) - static_cast<std::int64_t>(before.has_value());
    planned.bytes_written += charge(after);
    ++(after ? planned.sets : planned.deletes);
    if (!after && before) ++planned.found;
    if (remember) own.insert_or_assign(write.key, after);
  }
  const std::uint64_t used = bytes_.load(std::memory_order_relaxed);
  if (planned.bytes > 0 && used + static_cast<std::uint64_t>(planned.bytes) > limit()) {
    over_quota_.add();
    return std::unexpected(
        StoreError{.failure = StorageFailure::quota_exceeded,
                   .quota = {.used = used, .limit = limit(), .requested = static_cast<std::uint64_t>(planned.bytes)}});
  }
  change(planned.bytes, planned.keys);
  if (before_it)
    for (const auto& [key, size] : own) before_it->insert_or_assign(key, size);
  return planned;
}

void StorageAccount::change(std::int64_t bytes, std::int64_t keys) noexcept {
  bytes_.store(bytes_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(bytes), std::memory_order_relaxed);
  keys_.store(keys_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(keys), std::memory_order_relaxed);
}

void StorageAccount::undo(const PlannedWrite& planned) noexcept { change(-planned.bytes, -planned.keys); }

void StorageAccount::written(const PlannedWrite& planned, std::span<const StorageWrite> writes) {
  for (const StorageWrite& write : writes)
    context_.value_sizes.put(write.key, write.value ? std::optional<std::uint64_t>(write.value->size()) : std::nullopt);
  if (planned.sets > 0) sets_.add(planned.sets);
  if (planned.deletes > 0) deletes_.add(planned.deletes);
  bytes_written_.add(planned.bytes_written);
  if (planned.bytes != 0) warn_when_nearly_full();
}

void StorageAccount::warn_when_nearly_full() {
  const std::uint64_t used = bytes_.load(std::memory_order_relaxed), most = limit();
  unsigned reached = 0;
  for (const unsigned percent : warnings)
    if (reached == 0 && used > 0 && used * 100 >= most * percent) reached = percent;
  if (reached > warned_)
    log(context_.log_sink, LogLevel::warn, "storage", "{} uses {} of {}, more than {} %; at the limit its writes are refused",
        id_.text(), format_size(used), format_size(most), reached);
  warned_ = reached;
}

Result<> StorageAccount::check() {
  AccountUsage found;
  auto held = lock();
  const AccountUsage tracked = usage();
  const std::string own = id_.prefix();
  // Its named stores, which stand elsewhere; of a shared one there are none.
  const std::string named = id_.named_prefix();
  const auto name_of = [&](std::string_view key) { return key.find(':', named.size()) + 1; };
  Result<> inner;
  bool both = id_.is_shared();
  const auto scan_named = [&] {
    both = true;
    inner = context_.backend->scan(Keyspace::guests, {named, end_of_prefix(named)},
                                   [&](std::string_view key, std::string_view value) {
                                     if (held) held.unlock();
                                     found.bytes += key.size() - name_of(key) + value.size();
                                     ++found.keys;
                                     return true;
                                   });
  };
  // Both scans begin under the lock, the second inside the first: they show the same moment as `tracked`.
  AIRSSYS_TRY_VOID(
      context_.backend->scan(Keyspace::guests, {own, end_of_prefix(own)}, [&](std::string_view key, std::string_view value) {
        if (!both) scan_named();
        if (held) held.unlock();
        found.bytes += key.size() - own.size() + value.size();
        ++found.keys;
        return inner.has_value();
      }));
  if (!both) scan_named();
  AIRSSYS_TRY_VOID(std::move(inner));
  const auto drift = static_cast<std::int64_t>(found.bytes) - static_cast<std::int64_t>(tracked.bytes);
  const auto keys = static_cast<std::int64_t>(found.keys) - static_cast<std::int64_t>(tracked.keys);
  if (!held) held.lock();
  change(drift, keys);
  held.unlock();
  drift_.store(drift, std::memory_order_relaxed);
  if (std::abs(drift) > notable_drift) {
    context_.drifts.add();
    log(context_.log_sink, LogLevel::warn, "storage", "{} was counted as {} bytes and has {}; it is counted on from there",
        id_.text(), tracked.bytes, found.bytes);
  }
  return {};
}

}  // namespace airssys::wasm
