// A store that sled keeps, below a MomentBackend: its scan may show what is written meanwhile, and it makes no backups itself.
// A keyspace is a tree.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "store_directory.h"

namespace airssys::wasm {

// The files in `folder`, which is made when it is not there. `directory`: what has to stay locked meanwhile.
[[nodiscard]] Result<std::unique_ptr<StorageBackend>> open_sled(const std::filesystem::path& folder, std::uint64_t cache_bytes,
                                                                std::optional<StoreDirectory> directory);

}  // namespace airssys::wasm
