#include "rocksdb_backend.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "shared_flush.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mib = std::size_t{1} << 20;
// In memory, of each keyspace, until it is written as a sorted file; three of them at most, then writes are refused.
constexpr std::size_t write_buffer_bytes = 32 * mib;
constexpr std::array<std::string_view, keyspace_count> families{"default", "host"};  // guests, host: RocksDB demands a `default`

enum class Open : std::uint8_t {
  as_new,
  strictly,  // what is damaged in the log is an error, but for a torn end: that was acknowledged to nobody
  up_to_damage,  // of the log
};

rocksdb::Slice slice(std::string_view text) noexcept { return {text.data(), text.size()}; }
std::string_view text(const rocksdb::Slice& slice) noexcept { return {slice.data(), slice.size()}; }

// Of a guest's key what says whose it is. RocksDB looks for the place of a key in memory from where the last one that begins so
// went, and not from the top: among tens of thousands a third of what a write costs. It keeps 250 bytes for each in a buffer.
class AccountOfKey final : public rocksdb::SliceTransform {
 public:
  [[nodiscard]] const char* Name() const override { return "airssys.account"; }
  [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return slice(text(key).substr(0, end(key)));
  }
  [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override { return end(key) != std::string_view::npos; }

 private:
  // component:NAMESPACE/NAME: or shared:NAMESPACE:
  static std::size_t end(const rocksdb::Slice& key) noexcept {
    const auto kind = text(key).find(':');
    return kind == std::string_view::npos ? kind : text(key).find(':', kind + 1);
  }
};

rocksdb::DBOptions database_options(Open how) {
  rocksdb::DBOptions options;
  const bool create = how == Open::as_new;
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  options.error_if_exists = create;
  // Bounds: descriptors, the log that a start has to read again, and what RocksDB says about itself.
  options.max_open_files = 256;
  options.max_total_wal_size = 64 * mib;
  options.max_manifest_file_size = 16 * mib;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = mib;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.wal_recovery_mode = how == Open::up_to_damage ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                                        : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;  // a whole log that is gone
  options.bytes_per_sync = mib;  // compactions do not leave the disk hundreds of megabytes at once
  return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Indexes and filters count against the cache, and stay in it longest.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.memtable_whole_key_filtering = true;
  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<AccountOfKey>();
  // Writes go on at full speed or are refused; none is slept in.
  options.level0_slowdown_writes_trigger = options.level0_stop_writes_trigger = 36;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

Code code_of(const rocksdb::Status& status) noexcept {
  if (status.IsCorruption()) return Code::corrupt;
  if (status.IsIncomplete() || status.IsBusy() || status.IsTimedOut() || status.IsTryAgain() || status.IsShutdownInProgress())
    return Code::unavailable;
  if (status.IsIOError() || status.IsNoSpace()) return Code::io;
  return Code::internal;
}

std::string_view advice(const rocksdb::Status& status, Code code) noexcept {
  if (status.IsNoSpace()) return "; make room on that disk, then writing goes on within seconds";
  if (code == Code::corrupt) return "; restore a backup";
  if (status.severity() >= rocksdb::Status::kFatalError) return "; the store takes no more writes until it is opened again";
  if (status.IsIncomplete()) return ": more is written than the disk takes; try again later";
  return "";
}

std::unexpected<Error> failure(const rocksdb::Status& status, std::string_view doing) {
  const Code code = code_of(status);
  return fail(code, fmt::format("rocksdb: {}: {}{}", doing, status.ToString(), advice(status, code)));
}

Result<> check(const rocksdb::Status& status, std::string_view doing) {
  if (!status.ok()) return failure(status, doing);
  return {};
}

std::unexpected<Error> flush_failure(const fs::path& path, int why) {
  return fail(Code::io, fmt::format("rocksdb: flush: {}: {}", path.native(), std::strerror(why)));
}

struct Opened {
  std::unique_ptr<rocksdb::DB> db;
  std::array<std::unique_ptr<rocksdb::ColumnFamilyHandle>, keyspace_count> families;
};

Result<Opened> open_database(const fs::path& folder, std::uint64_t cache_bytes, Open how) {
  const auto cache = rocksdb::NewLRUCache(cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  for (const std::string_view name : families) wanted.emplace_back(std::string(name), family_options(cache));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(database_options(how), folder.native(), wanted, &handles, &db);
  // Of a store that is there: one of its files is not.
  if (how != Open::as_new && (status.IsPathNotFound() || status.IsInvalidArgument()))
    return fail(Code::corrupt, fmt::format("rocksdb: open: {}; restore a backup", status.ToString()));
  if (!status.ok()) return failure(status, "open");
  Opened opened{.db = std::unique_ptr<rocksdb::DB>(db), .families = {}};
  for (std::size_t i = 0; i < keyspace_count; ++i) opened.families[i].reset(handles[i]);
  return opened;
}

class RocksdbBackend final : public StorageBackend {
 public:
  RocksdbBackend(StoreDirectory directory, Opened opened, bool may_wait)
      : directory_(std::move(directory)),
        db_(std::move(opened.db)),
        families_(std::move(opened.families)) {
    writing_.no_slowdown = !may_wait;
  }
  ~RocksdbBackend() override {
    // Who wants to know whether that went well calls flush().
    static_cast<void>(flush());
    for (auto& family : families_) family.reset();
    static_cast<void>(db_->Close());
  }

  [[nodiscard]] std::string_view name() const noexcept override { return backend_name(BackendKind::rocksdb); }
  [[nodiscard]] bool survives_kill() const noexcept override { return true; }

  [[nodiscard]] Result<bool> get(Keyspace space, std::string_view key, std::string& value) const override {
    const auto status = db_->Get({}, family(space), slice(key), &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return failure(status, "get");
    return true;
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> size_of(Keyspace space, std::string_view key) const override {
    rocksdb::PinnableSlice value;
    const auto status = db_->Get({}, family(space), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return failure(status, "get");
    return value.size();
  }
  [[nodiscard]] Result<> write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) override;
  [[nodiscard]] Result<> scan(Keyspace space, KeyRange range, const Visit& visit) const override;
  [[nodiscard]] Result<> flush() override {
    return flush_([this] { return sync_logs(); });
  }
  [[nodiscard]] Result<> compact() override;
  [[nodiscard]] Result<> back_up(const fs::path& to) const override;
  [[nodiscard]] std::uint64_t bytes() const override { return bytes_below(directory_.data()); }

 private:
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Keyspace space) const noexcept {
    return families_[static_cast<std::size_t>(space)].get();
  }
  Result<> sync_logs();
  Result<> sync_all_logs();
  Result<> sync_file(const fs::path& path, int (*call)(int));
  Result<> sync(const Descriptor& opened, const fs::path& path, int (*call)(int));

  const StoreDirectory directory_;
  const std::unique_ptr<rocksdb::DB> db_;
  std::array<std::unique_ptr<rocksdb::ColumnFamilyHandle>, keyspace_count> families_;
  rocksdb::WriteOptions writing_{};

  SharedFlush flush_;
  // Of one flush at a time.
  bool sync_failed_ = false;
  std::map<fs::path, std::uint64_t> synced_logs_{};  // how much of each is on the disk, and its name
  // The one that grew last, kept open; also in synced_logs_. 0: none.
  std::uint64_t log_number_ = 0;
  fs::path log_path_{};
  Descriptor log_{};
};

Result<> RocksdbBackend::write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) {
  std::size_t bytes = 0;
  for (const StorageWrite& one : writes) bytes += one.key.size() + (one.value ? one.value->size() : 0) + 16;
  rocksdb::WriteBatch batch(bytes + 16);
  for (const StorageWrite& one : writes) {
    const auto added =
        one.value ? batch.Put(family(space), slice(one.key), slice(*one.value)) : batch.Delete(family(space), slice(one.key));
    AIRSSYS_TRY_VOID(check(added, "write"));
  }
  AIRSSYS_TRY_VOID(check(db_->Write(writing_, &batch), "write"));
  return durability == Durability::disk ? flush() : Result<>();
}

// By the files themselves, and not by RocksDB: its SyncWAL() of a log that could not be written ends the process where the
// library was built with assertions, as Debian's is, and a write that asks for a sync holds up those that ask for none. What a
// log had when it is gone stands in sorted files, which RocksDB synchronises before it removes the log.
Result<> RocksdbBackend::sync_logs() {
  if (sync_failed_)
    return fail(Code::io,
                "rocksdb: flush: a sync failed before, and the disk may have lost what it was of; open the store again");
  std::unique_ptr<rocksdb::LogFile> now;
  const std::uint64_t number = db_->GetCurrentWalFile(&now).ok() ? now->LogNumber() : 0;
  // Where RocksDB writes to the log of last time, no other has grown since.
  if (number != 0 && number == log_number_) {
    std::uint64_t& synced = synced_logs_[log_path_];
    const std::uint64_t size = now->SizeFileBytes();
    // They only grow. To sync what has not grown costs the disk as much.
    if (size == synced) return {};
    AIRSSYS_TRY_VOID(sync(log_, log_path_, ::fdatasync));
    synced = size;
    return {};
  }
  AIRSSYS_TRY_VOID(sync_all_logs());
  log_number_ = 0;
  if (number == 0) return {};
  // Its name begins with a slash.
  log_path_ = directory_.data() / fs::path(now->PathName()).relative_path();
  log_ = Descriptor(::open(log_path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (log_ && synced_logs_.contains(log_path_)) log_number_ = number;
  return {};
}

Result<> RocksdbBackend::sync_all_logs() {
  std::map<fs::path, std::uint64_t> logs;
  std::error_code error;
  for (fs::directory_iterator at(directory_.data(), error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (at->path().extension() != ".log") continue;
    if (const auto size = at->file_size(gone); !gone) logs.emplace(at->path(), size);
  }
  if (error) return flush_failure(directory_.data(), error.value());
  bool more_logs = false;
  for (const auto& [log, size] : logs) {
    const auto synced = synced_logs_.find(log);
    if (synced != synced_logs_.end() && synced->second == size) continue;
    more_logs |= synced == synced_logs_.end();
    AIRSSYS_TRY_VOID(sync_file(log, ::fdatasync));
  }
  if (more_logs) AIRSSYS_TRY_VOID(sync_file(directory_.data(), ::fsync));
  synced_logs_ = std::move(logs);
  return {};
}

Result<> RocksdbBackend::sync_file(const fs::path& path, int (*call)(int)) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened && errno == ENOENT) return {};
  if (!opened) return flush_failure(path, errno);
  return sync(opened, path, call);
}

Result<> RocksdbBackend::sync(const Descriptor& opened, const fs::path& path, int (*call)(int)) {
  if (call(opened.get()) == 0) return {};
  sync_failed_ = true;  // asked again, the kernel would say that all is well
  return flush_failure(path, errno);
}

Result<> RocksdbBackend::scan(Keyspace space, KeyRange range, const Visit& visit) const {
  if (!range.to.empty() && range.to <= range.from) return {};
  const rocksdb::Slice end = slice(range.to);
  rocksdb::ReadOptions reading;
  if (!range.to.empty()) reading.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(reading, family(space)));
  for (at->Seek(slice(range.from)); at->Valid(); at->Next())
    if (!visit(text(at->key()), text(at->value()))) return {};
  return check(at->status(), "scan");
}

Result<> RocksdbBackend::compact() {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  for (const auto& family : families_)
    AIRSSYS_TRY_VOID(check(db_->CompactRange(options, family.get(), nullptr, nullptr), "compact"));
  return {};
}

Result<> RocksdbBackend::back_up(const fs::path& to) const {
  return make_backup(to, BackendKind::rocksdb, [&](const fs::path& folder) -> Result<> {
    rocksdb::Checkpoint* made = nullptr;
    AIRSSYS_TRY_VOID(check(rocksdb::Checkpoint::Create(db_.get(), &made), "back up"));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    // Sorted files are linked, not copied, where it is the same file system. What only the log has is copied with the log.
    return check(checkpoint->CreateCheckpoint(folder.native(), UINT64_MAX), "back up");
  });
}

}  // namespace

Result<std::unique_ptr<StorageBackend>> open_rocksdb(StoreDirectory directory, std::uint64_t cache_bytes, bool may_wait,
                                                     LogSink& log) {
  auto opened = open_database(directory.data(), cache_bytes, Open::strictly);
  if (!opened && opened.error().code() == Code::corrupt) {
    auto without = open_database(directory.data(), cache_bytes, Open::up_to_damage);
    if (!without) return std::unexpected(std::move(opened).error());
    airssys::log(log, LogLevel::warn, "storage",
                 "{}; it was opened with what its log has up to there: where the machine lost power, the rest is what was not "
                 "synced, and else the disk is damaged",
                 opened.error().message());
    opened = std::move(without);
  }
  if (!opened) return std::unexpected(std::move(opened).error());
  return std::make_unique<RocksdbBackend>(std::move(directory), *std::move(opened), may_wait);
}

Result<> make_rocksdb(const fs::path& folder) {
  AIRSSYS_TRY(Opened opened, open_database(folder, mib, Open::as_new));
  for (auto& family : opened.families) family.reset();
  return check(opened.db->Close(), "make");
}

}  // namespace airssys::wasm
