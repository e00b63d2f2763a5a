// Work on storage directories as a whole: backups, restoring them, another backend for one.
//
// Each makes what is new beside its place, as DIR.part, checks that it holds what it should, key by key, and only then puts it in
// its place by one rename: whoever is killed in between leaves the place as it was, and a DIR.part that the next one removes.
//
// A backup is a directory like any other (docs/formats/storage.md), with one file more, BACKUP (docs/formats/storage-backup.md).
//
// Threads: one for each directory. Failures besides those of open_backend: cancelled, when `watch` says so.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/transfer.h"

namespace airssys::wasm {

// What the file BACKUP says.
struct BackupManifest {
  WallTime created{};  // whole seconds
  BackendKind backend = BackendKind::rocksdb;
  StorageDigest guests, host;
  friend bool operator==(const BackupManifest&, const BackupManifest&) = default;
};
inline constexpr std::uint32_t storage_backup_version = 1;
// With its line feed; and the other way: corrupt, or version_mismatch, with `BACKUP:1: `.
[[nodiscard]] std::string backup_text(const BackupManifest& manifest);
[[nodiscard]] Result<BackupManifest> parse_backup(std::string_view text);

// What `backend` holds at one moment, in the folder `to`, while others go on writing; then reads the backup. already_exists: `to`
// is there; unavailable: the backend has no backups (memory).
[[nodiscard]] Result<BackupManifest> back_up_storage(const StorageBackend& backend, const std::filesystem::path& to, WallTime now,
                                                     const TransferWatch& watch);

// Puts a copy of a backup in the place of the storage directory, which nobody has open, and which need not be there; what was
// in it goes. The backup stays as it is. corrupt: it does not hold what BACKUP says. not_found: it is no backup.
[[nodiscard]] Result<BackupManifest> restore_storage(const std::filesystem::path& backup, const std::filesystem::path& directory,
                                                     const TransferWatch& watch);

struct MigrationReport {
  BackendKind from = BackendKind::rocksdb;
  StorageDigest guests;
  std::filesystem::path kept;  // where the directory is now that was there before: DIR.rocksdb
};
// Gives the storage directory another backend: copies it, compares both, and exchanges them. The old one stays, under another
// name. already_exists: it is of that backend already, or something has that name.
[[nodiscard]] Result<MigrationReport> migrate_storage(const std::filesystem::path& directory, BackendKind to,
                                                      const TransferWatch& watch);

}  // namespace airssys::wasm
