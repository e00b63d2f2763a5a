// What `storage …` is told.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/transfer.h"

namespace airssys::cli {

// Where the stores are that a command is about.
struct StorageTarget {
  std::filesystem::path data;  // empty: in the home folder
  std::string host;            // not empty: those of a host that runs, by its name or process
};

struct StorageExportOptions {
  StorageTarget target;
  std::string component;         // as StorageSelection::parse; empty: all
  std::filesystem::path output;  // empty: standard output
};

struct StorageImportOptions {
  StorageTarget target;
  std::filesystem::path file;  // "-": standard input
  std::optional<wasm::BackendKind> backend;  // of a directory that is not there yet
  wasm::ImportMode mode = wasm::ImportMode::merge;
  bool dry_run = false, ignore_quota = false, yes = false;
  std::map<std::string, std::uint64_t, std::less<>> limits;  // as StorageConfig::limits
};

struct StorageListOptions {
  StorageTarget target;
  std::map<std::string, std::uint64_t, std::less<>> limits;
};

struct StorageDeleteOptions {
  StorageTarget target;
  std::string component;  // as StorageSelection::parse
  bool yes = false;
};

struct StorageVerifyOptions {
  StorageTarget target;
  std::filesystem::path file;  // an export; empty: the directory
};

struct StorageCompactOptions {
  StorageTarget target;
};

struct StorageBackupOptions {
  StorageTarget target;
  std::filesystem::path to;
};

struct StorageRestoreOptions {
  std::filesystem::path data, backup;
  bool yes = false;
};

struct StorageMigrateOptions {
  std::filesystem::path data;
  std::optional<wasm::BackendKind> from;  // none: whatever it is
  wasm::BackendKind to = wasm::BackendKind::rocksdb;
};

}  // namespace airssys::cli
