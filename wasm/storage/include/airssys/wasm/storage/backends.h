// The three backends (R6.11), and the directory that one of them keeps its files in.
//
//   rocksdb   the default: what was written survives a kill of the process, and with Durability::disk one of the machine
//   sled      the same after Durability::disk or flush(); without, a kill loses what its memory still held
//   memory    of tests, and of hosts that keep nothing; its directory is not looked at
//
// After a full disk rocksdb writes again by itself, some seconds after there is room. sled refuses to write while less than
// 32 MiB are left; where a disk is full all the same it can neither read nor write until it is opened again. A sync that failed
// is not asked for again: the store has to be opened anew. ADR 36 has the figures of both.
//
// A directory (docs/formats/storage.md) belongs to one backend, which its file BACKEND names, and to one process at a time, which
// holds its file LOCK. It is made where there is none.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "airssys/base/log.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"

namespace airssys::wasm {

enum class BackendKind : std::uint8_t { rocksdb, sled, memory };
inline constexpr std::array<std::string_view, 3> backend_names{"rocksdb", "sled", "memory"};
[[nodiscard]] constexpr std::string_view backend_name(BackendKind kind) noexcept {
  return backend_names[static_cast<std::size_t>(kind)];
}
// invalid_configuration: none of the three; says which there are.
[[nodiscard]] Result<BackendKind> parse_backend(std::string_view name);

struct BackendConfig {
  BackendKind kind = BackendKind::rocksdb;
  std::filesystem::path directory = {};
  std::uint64_t cache_bytes = std::uint64_t{64} << 20;  // of what was read, in memory
  // A write that the disk does not keep up with waits, for seconds where it must, and is not refused as unavailable. For tools:
  // in a host it would hold up a worker.
  bool may_wait = false;
  LogSink& log = null_log();  // told what was found while it was opened
};

// Failures: unavailable, another process has the directory open, which the message and the field `process` name;
// invalid_configuration, it holds another backend's files, a later version's, or something else than a store; corrupt, its
// files are damaged, by name; io.
[[nodiscard]] Result<std::unique_ptr<StorageBackend>> open_backend(const BackendConfig& config);

// What the directory holds; none: nothing yet. Does not open it. Failures: as above, but for unavailable.
[[nodiscard]] Result<std::optional<BackendKind>> backend_of(const std::filesystem::path& directory);

}  // namespace airssys::wasm
