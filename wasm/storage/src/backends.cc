#include "airssys/wasm/storage/backends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "memory_backend.h"
#include "moment_backend.h"
#include "rocksdb_backend.h"
#include "store_directory.h"
#ifndef AIRSSYS_NO_SLED
#include "sled_backend.h"
#endif

namespace airssys::wasm {

Result<BackendKind> parse_backend(std::string_view name) {
  const auto found = std::ranges::find(backend_names, name);
  if (found == backend_names.end())
    return fail(Code::invalid_configuration,
                fmt::format("{} is no storage backend; there are {}", airssys::quoted(name), fmt::join(backend_names, ", ")));
  return static_cast<BackendKind>(found - backend_names.begin());
}

Result<std::unique_ptr<StorageBackend>> open_backend(const BackendConfig& config) {
  const std::uint64_t cache = config.cache_bytes;
  switch (config.kind) {
    case BackendKind::memory:
      return std::make_unique<MomentBackend>(std::make_unique<MemoryBackend>(), config.kind, MomentBackend::MakeEmpty());
    case BackendKind::rocksdb: {
      AIRSSYS_TRY(StoreDirectory directory, StoreDirectory::open(config.directory, config.kind, make_rocksdb));
      return open_rocksdb(std::move(directory), cache, config.may_wait, config.log);
    }
    case BackendKind::sled: {
#ifdef AIRSSYS_NO_SLED
      return fail(Code::unavailable, "this build has no sled; choose rocksdb");
#else
      const auto make = [cache](const std::filesystem::path& folder) { return open_sled(folder, cache, std::nullopt); };
      const auto make_and_close = [&make](const std::filesystem::path& folder) -> Result<> {
        AIRSSYS_TRY_VOID(make(folder));
        return {};
      };
      AIRSSYS_TRY(StoreDirectory directory, StoreDirectory::open(config.directory, config.kind, make_and_close));
      const auto data = directory.data();
      AIRSSYS_TRY(auto store, open_sled(data, cache, std::move(directory)));
      return std::make_unique<MomentBackend>(std::move(store), config.kind, make);
#endif
    }
  }
  return fail(Code::internal, "no such storage backend");
}

}  // namespace airssys::wasm
