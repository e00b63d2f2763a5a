// A store that RocksDB keeps. A keyspace is a column family; both share one log, so that a sync is of both.
#pragma once
#include <cstdint>
#include <memory>

#include "airssys/base/log.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "store_directory.h"

namespace airssys::wasm {

[[nodiscard]] Result<std::unique_ptr<StorageBackend>> open_rocksdb(StoreDirectory directory, std::uint64_t cache_bytes,
                                                                   bool may_wait, LogSink& log);
// An empty one in a folder that does not exist.
[[nodiscard]] Result<> make_rocksdb(const std::filesystem::path& folder);

}  // namespace airssys::wasm
