#include "airssys/wasm/storage/backends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "memory_backend.h"
#include "moment_backend.h"
#include "rocksdb_backend.h"
#include "store_directory.h"

namespace airssys::wasm {

Result<BackendKind> parse_backend(std::string_view name) {
  const auto found = std::ranges::find(backend_names, name);
  if (found == backend_names.end())
    return fail(Code::invalid_configuration,
                fmt::format("{} is no storage backend; there are {}", airssys::quoted(name), fmt::join(backend_names, ", ")));
  return static_cast<BackendKind>(found - backend_names.begin());
}

Result<std::unique_ptr<StorageBackend>> open_backend(const BackendConfig& config) {
  if (config.kind == BackendKind::memory)
    return std::make_unique<MomentBackend>(std::make_unique<MemoryBackend>(), MomentBackend::MakeEmpty());
  if (config.kind == BackendKind::rocksdb) {
    AIRSSYS_TRY(StoreDirectory directory, StoreDirectory::open(config.directory, config.kind, make_rocksdb));
    return open_rocksdb(std::move(directory), config);
  }
  return fail(Code::unavailable, fmt::format("the storage backend {} is not there yet", backend_name(config.kind)));
}

}  // namespace airssys::wasm
