// RocksDB called as a program of its own would: what a backend adds to it is the difference.
#pragma once
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "entries.h"

namespace airssys::bench {

class RawRocksdb {
 public:
  // The options of wasm/storage/src/rocksdb_backend.cc that cost or save time.
  static Result<std::unique_ptr<RawRocksdb>> open(const std::filesystem::path& folder, std::uint64_t cache_bytes) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(cache_bytes);
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.format_version = 5;
    rocksdb::Options options;
    options.create_if_missing = true;
    options.max_open_files = 256;
    options.max_total_wal_size = 64 << 20;
    options.bytes_per_sync = 1 << 20;
    options.compression = rocksdb::kLZ4Compression;
    options.write_buffer_size = 32 << 20;
    options.max_write_buffer_number = 3;
    options.level_compaction_dynamic_level_bytes = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
    options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(RandomEntries::prefix.size() - 1));
    options.level0_slowdown_writes_trigger = options.level0_stop_writes_trigger = 36;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* db = nullptr;
    AIRSSYS_TRY_VOID(check(rocksdb::DB::Open(options, folder.native(), &db)));
    auto opened = std::make_unique<RawRocksdb>();
    opened->db_.reset(db);
    return opened;
  }

  Result<> get(std::string_view key, std::string& value) { return check(db_->Get({}, slice(key), &value)); }
  Result<> set(std::string_view key, std::string_view value) { return check(db_->Put({}, slice(key), slice(value))); }
  Result<> set_synced(std::string_view key, std::string_view value) {
    rocksdb::WriteOptions options;
    options.sync = true;
    return check(db_->Put(options, slice(key), slice(value)));
  }
  Result<> scan(std::string_view from, int count) {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
    std::size_t bytes = 0;
    for (at->Seek(slice(from)); at->Valid() && count-- > 0; at->Next()) bytes += at->key().size() + at->value().size();
    if (bytes == 0) return fail(Code::not_found, "nothing to scan");
    return check(at->status());
  }
  Result<> compact() { return check(db_->CompactRange({}, nullptr, nullptr)); }

 private:
  static rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
  static Result<> check(const rocksdb::Status& status) {
    if (!status.ok()) return fail(Code::io, status.ToString());
    return {};
  }
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace airssys::bench
