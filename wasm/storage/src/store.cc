#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "airssys/wasm/storage/storage.h"
#include "clear_queue.h"
#include "commit_queue.h"
#include "storage_account.h"

namespace airssys::wasm {
namespace {

std::unexpected<StoreError> invalid_key(std::string why) {
  return std::unexpected(StoreError{.failure = StorageFailure::invalid_key, .reason = std::move(why)});
}

StoreResult<std::string> physical_key(std::string_view prefix, std::string_view key) {
  if (std::string mistake = storage_key_mistake(key); !mistake.empty()) return invalid_key(std::move(mistake));
  return std::string(prefix).append(key);
}

StoreResult<std::uint64_t> checked(std::span<const StorageOperation> operations) {
  if (operations.size() > max_storage_batch)
    return invalid_key(fmt::format("{} operations; one batch has at most {}", operations.size(), max_storage_batch));
  for (const StorageOperation& one : operations) {
    if (std::string mistake = storage_key_mistake(one.key); !mistake.empty()) return invalid_key(std::move(mistake));
    if (one.value && one.value->size() > max_storage_value_bytes)
      return std::unexpected(StoreError{.failure = StorageFailure::value_too_large, .number = max_storage_value_bytes});
  }
  return 0;
}

// Records how long it lived.
class Timed {
 public:
  Timed(Histogram& histogram, Platform& platform) : histogram_(histogram), platform_(platform), begin_(platform.now()) {}
  ~Timed() { histogram_.record(platform_.now() - begin_); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Histogram& histogram_;
  Platform& platform_;
  const Instant begin_;
};

constexpr std::size_t kept_bytes = 256 << 10, kept_entries = 1000;  // of a page between two scans

}  // namespace

void StorePage::clear() {
  entries_.clear();
  used_ = 0;
  more_ = false;
  if (text_.size() > kept_bytes) text_ = {};
  if (entries_.capacity() > kept_entries) entries_ = {};
}

void StorePage::add(std::string_view key, std::string_view value) {
  if (const std::size_t size = key.size() + value.size(); text_.size() - used_ < size) {
    std::vector<char> larger(std::max(2 * text_.size(), used_ + size));
    std::string_view(text_.data(), used_).copy(larger.data(), used_);
    text_.swap(larger);
    used_ = 0;
    for (StorageEntryView& entry : entries_) {
      const auto again = [this](std::string_view bytes) {
        const std::string_view moved(text_.data() + used_, bytes.size());
        used_ += bytes.size();
        return moved;
      };
      entry.key = again(entry.key);
      entry.value = again(entry.value);
    }
  }
  const std::string_view kept = keep(key);
  entries_.push_back({.key = kept, .value = keep(value)});
}

std::string_view StorePage::keep(std::string_view bytes) noexcept {
  char* const begin = text_.data() + used_;
  bytes.copy(begin, bytes.size());
  used_ += bytes.size();
  return {begin, bytes.size()};
}

Store::Store(StoreId id, std::shared_ptr<StorageAccount> account)
    : id_(std::move(id)),
      prefix_(id_.prefix()),
      account_(std::move(account)) {}

StoreResult<bool> Store::get(std::string_view key, std::string& value) const {
  auto physical = physical_key(prefix_, key);
  if (!physical) return std::unexpected(std::move(physical).error());
  StorageContext& context = account_->context();
  const Timed timed(context.gets, context.platform);
  auto found = context.backend->get(Keyspace::guests, *physical, value);
  if (!found) return std::unexpected(context.failed(found.error()));
  account_->count_read(1, *found ? key.size() + value.size() : 0);
  return *found;
}

StoreResult<bool> Store::has(std::string_view key) const {
  auto physical = physical_key(prefix_, key);
  if (!physical) return std::unexpected(std::move(physical).error());
  StorageContext& context = account_->context();
  auto found = context.backend->size_of(Keyspace::guests, *physical);
  if (!found) return std::unexpected(context.failed(found.error()));
  account_->count_read(1, 0);
  return found->has_value();
}

std::expected<void, StoreError> Store::scan(std::string_view prefix, std::optional<std::string_view> cursor, std::uint32_t limit,
                                            bool with_values, StorePage& page) const {
  const std::string range = prefix_ + std::string(prefix);
  std::string from = range;
  // The least key after the cursor has one more byte, the smallest.
  if (cursor) from = std::max(from, std::string(prefix_).append(*cursor).append(1, '\0'));
  const std::size_t most = std::min<std::size_t>(limit == 0 ? max_storage_page_entries : limit, max_storage_page_entries);
  StorageContext& context = account_->context();
  page.clear();
  std::size_t bytes = 0;
  const auto scanned =
      context.backend->scan(Keyspace::guests, {from, end_of_prefix(range)}, [&](std::string_view key, std::string_view value) {
        key.remove_prefix(prefix_.size());
        if (!with_values) value = {};
        const std::size_t size = key.size() + value.size();
        page.more_ = page.entries_.size() == most || (!page.entries_.empty() && bytes + size > max_storage_page_bytes);
        if (page.more_) return false;
        page.add(key, value);
        bytes += size;
        return true;
      });
  if (!scanned) return std::unexpected(context.failed(scanned.error()));
  account_->count_read(page.entries_.size(), bytes);
  return {};
}

StoreResult<std::uint64_t> Store::write(std::span<const StorageOperation> operations) const {
  if (auto mistake = checked(operations); !mistake) return mistake;
  StorageContext& context = account_->context();
  const Timed timed(context.sets, context.platform);
  if (operations.size() == 1) {
    const std::string key = prefix_ + std::string(operations.front().key);
    const StorageWrite write{.key = key, .value = operations.front().value};
    return account_->write(std::span(&write, 1), prefix_.size());
  }
  std::vector<std::string> keys;
  std::vector<StorageWrite> writes;
  keys.reserve(operations.size());
  for (const StorageOperation& one : operations)
    writes.push_back({.key = keys.emplace_back(prefix_ + std::string(one.key)), .value = one.value});
  return account_->write(writes, prefix_.size());
}

StoreResult<std::shared_ptr<PendingWrite>> Store::begin_write(std::span<const StorageOperation> operations) const {
  if (auto mistake = checked(operations); !mistake) return std::unexpected(std::move(mistake).error());
  return account_->context().queue->add(account_, prefix_, operations);
}

StoreResult<std::shared_ptr<PendingWrite>> Store::begin_clear() const {
  return account_->context().clears->add(account_, prefix_);
}

AccountUsage Store::usage() const { return account_->usage(); }
std::uint64_t Store::limit() const { return account_->limit(); }

}  // namespace airssys::wasm
