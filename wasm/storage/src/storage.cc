#include "airssys/wasm/storage/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "account_deletions.h"
#include "airssys/wasm/storage/transfer.h"
#include "clear_queue.h"
#include "commit_queue.h"
#include "storage_account.h"

namespace airssys::wasm {
namespace {

constexpr std::array<std::string_view, 3> mode_names{"always", "interval", "manual"};

}  // namespace

std::string_view flush_mode_name(FlushMode mode) noexcept { return mode_names[static_cast<std::size_t>(mode)]; }

std::optional<FlushMode> flush_mode(std::string_view name) noexcept {
  const auto found = std::ranges::find(mode_names, name);
  if (found == mode_names.end()) return std::nullopt;
  return static_cast<FlushMode>(found - mode_names.begin());
}

// The accounts, and what runs beside them.
class Storage::Books {
 public:
  Books(std::unique_ptr<StorageBackend> backend, StorageConfig config, Platform& platform, LogSink& log)
      : context{.backend = std::move(backend), .config = std::move(config), .platform = platform, .log_sink = log} {}
  ~Books() {
    checker_.reset();
    flusher_.reset();
    clears_.reset();
    queue_.reset();
    if (open_) close();
  }

  Result<> open() {
    AIRSSYS_TRY(const RecoveredTransfer left, recover_transfer(*context.backend));
    if (left.kind != RecoveredTransfer::Kind::nothing)
      log(context.log_sink, LogLevel::warn, "storage", "{} that was interrupted: {} keys",
          left.kind == RecoveredTransfer::Kind::import_undone ? "undid an import" : "finished a deletion", left.keys);
    AIRSSYS_TRY(auto recorded, recorded_usage(*context.backend));
    if (!recorded) {
      const Instant begin = context.platform.now();
      AIRSSYS_TRY(recorded, scan_usage(*context.backend));
      if (!recorded->empty())
        log(context.log_sink, LogLevel::info, "storage",
            "counted the stores of {} accounts in {} ms: the last host did not close them", recorded->size(),
            duration_cast<std::chrono::milliseconds>(context.platform.now() - begin).count());
    }
    AIRSSYS_TRY_VOID(forget_usage(*context.backend));
    for (const auto& [id, used] : *recorded) make_account(id, used);
    open_ = true;
    clears_ = std::make_unique<ClearQueue>(context);
    context.clears = clears_.get();
    const StorageConfig& config = context.config;
    if (config.flush == FlushMode::always) {
      queue_ = std::make_unique<CommitQueue>(context);
      context.queue = queue_.get();
    } else if (config.flush == FlushMode::interval) {
      flusher_ = context.platform.start_ticker("storage-flush", config.flush_interval, [this] { flush_when_dirty(); });
    }
    if (config.check_interval > Duration::zero())
      checker_ = context.platform.start_ticker("storage-check", config.check_interval, [this] {
        if (const auto checked = check(); !checked)
          log(context.log_sink, LogLevel::warn, "storage", "could not check what is used: {}", checked.error().message());
      });
    return {};
  }

  std::shared_ptr<StorageAccount> account(const StoreId& id) {
    const std::scoped_lock lock(mutex_);
    const auto found = accounts_.find(id);
    return found == accounts_.end() ? make_account(id, {}) : found->second;
  }

  Result<std::shared_ptr<StorageAccount>> shared_account(const StoreId& id) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = accounts_.find(id); found != accounts_.end()) return found->second;
    if (shared_ >= context.config.max_shared_stores)
      return fail(Code::exhausted, fmt::format("{}: the host has {} shared stores, the most that it has", id.text(), shared_));
    return make_account(id, {});
  }

  std::uint64_t limit_of(const StoreId& id, std::optional<std::uint64_t> wanted, bool trusted) const {
    const StorageConfig& config = context.config;
    if (const auto own = config.limits.find(id.text()); own != config.limits.end()) return own->second;
    return std::min(wanted.value_or(config.default_max), trusted ? config.trusted_max : config.default_max);
  }

  std::vector<std::shared_ptr<StorageAccount>> accounts() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::shared_ptr<StorageAccount>> all;
    all.reserve(accounts_.size());
    for (const auto& [id, account] : accounts_) all.push_back(account);
    return all;
  }

  Result<> flush() {
    const bool dirty = context.dirty.exchange(false, std::memory_order_acq_rel);
    auto flushed = context.backend->flush();
    if (!flushed) {
      context.dirty.store(dirty, std::memory_order_release);
      context.failures.add();
    }
    return flushed;
  }

  Result<> check() {
    for (const auto& account : accounts()) AIRSSYS_TRY_VOID(account->check());
    return {};
  }

  StorageContext context;
  AccountDeletions deletions;

 private:
  // Locked, or before anybody else has this.
  std::shared_ptr<StorageAccount> make_account(const StoreId& id, AccountUsage used) {
    auto made = std::make_shared<StorageAccount>(id, used, context);
    made->set_limit(limit_of(id, std::nullopt, false));
    if (id.is_shared()) ++shared_;
    accounts_.emplace(id, made);
    return made;
  }

  void flush_when_dirty() {
    if (!context.dirty.load(std::memory_order_acquire)) return;
    const auto flushed = flush();
    // Once, not ten times a second: until the next that succeeds.
    if (!flushed && !failing_)
      log(context.log_sink, LogLevel::error, "storage", "what was written is not on disk yet: {}", flushed.error().message());
    failing_ = !flushed;
  }

  void close() {
    UsageOfAccounts usage;
    for (const auto& [id, account] : accounts_)
      if (const AccountUsage used = account->usage(); used.keys > 0) usage.emplace(id, used);
    // On disk with all that was written before it.
    if (const auto recorded = record_usage(*context.backend, usage); !recorded)
      log(context.log_sink, LogLevel::error, "storage", "closed without its last synchronisation: {}",
          recorded.error().message());
  }

  mutable std::mutex mutex_;
  std::map<StoreId, std::shared_ptr<StorageAccount>> accounts_;  // guarded
  std::size_t shared_ = 0;  // guarded
  bool open_ = false;
  bool failing_ = false;  // of the flusher's thread
  std::unique_ptr<ClearQueue> clears_;
  std::unique_ptr<CommitQueue> queue_;
  std::unique_ptr<Thread> flusher_, checker_;
};

Storage::Storage(std::unique_ptr<Books> books) : books_(std::move(books)) {}
Storage::~Storage() = default;

Result<std::unique_ptr<Storage>> Storage::open(StorageConfig config, Platform& platform, LogSink& log) {
  AIRSSYS_TRY(auto backend, open_backend({.kind = config.backend.kind,
                                          .directory = config.backend.directory,
                                          .cache_bytes = config.backend.cache_bytes,
                                          // Where threads of its own write, what waits for it is bounded.
                                          .may_wait = config.backend.may_wait || config.flush == FlushMode::always,
                                          .log = log}));
  return open(std::move(backend), std::move(config), platform, log);
}

Result<std::unique_ptr<Storage>> Storage::open(std::unique_ptr<StorageBackend> backend, StorageConfig config, Platform& platform,
                                               LogSink& log) {
  auto books = std::make_unique<Books>(std::move(backend), std::move(config), platform, log);
  AIRSSYS_TRY_VOID(books->open());
  return std::make_unique<Storage>(std::move(books));
}

Store Storage::own_store(const ComponentAddress& component, std::optional<std::uint64_t> wanted, bool trusted) {
  StoreId id = StoreId::own_of(component);
  auto account = books_->account(id);
  account->set_limit(books_->limit_of(id, wanted, trusted));
  return {std::move(id), std::move(account)};
}

Result<Store> Storage::store(const StoreId& id) {
  if (!id.is_shared()) return Store(id, books_->account(id.account()));
  AIRSSYS_TRY(auto account, books_->shared_account(id));
  return Store(id, std::move(account));
}

Result<DeletionReport> Storage::erase(const StorageSelection& what, Durability durability) {
  if (!what.store()) return fail(Code::invalid_argument, "a deletion names a component or a store");
  AIRSSYS_TRY(const Store charged, store(*what.store()));
  return books_->deletions.erase(charged.account_, what, durability);
}

Result<> Storage::flush() { return books_->flush(); }
Result<> Storage::check() { return books_->check(); }
StorageBackend& Storage::backend() noexcept { return *books_->context.backend; }
bool Storage::writes_wait() const noexcept { return books_->context.queue != nullptr; }

StorageReport Storage::report() const {
  const StorageContext& context = books_->context;
  StorageReport report{.backend = context.backend->name(),
                       .bytes = context.backend->bytes(),
                       .failures = context.failures.value(),
                       .drifts = context.drifts.value(),
                       .syncs = context.syncs.value(),
                       .synced_writes = context.synced_writes.value(),
                       .get_p50 = context.gets.quantile(0.5),
                       .get_p99 = context.gets.quantile(0.99),
                       .set_p50 = context.sets.quantile(0.5),
                       .set_p99 = context.sets.quantile(0.99),
                       .accounts = {}};
  for (const auto& account : books_->accounts()) report.accounts.push_back(account->report());
  return report;
}

}  // namespace airssys::wasm
