// A store that RocksDB keeps. A keyspace is a column family; both share one log, so that a sync is of both.
#pragma once
#include <cstdint>
#include <memory>

#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/backends.h"
#include "store_directory.h"

namespace airssys::wasm {

[[nodiscard]] Result<std::unique_ptr<StorageBackend>> open_rocksdb(StoreDirectory directory, const BackendConfig& config);
// An empty one in a folder that does not exist.
[[nodiscard]] Result<> make_rocksdb(const std::filesystem::path& folder);

}  // namespace airssys::wasm
