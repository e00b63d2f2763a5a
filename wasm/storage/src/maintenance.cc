#include "airssys/wasm/storage/maintenance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "airssys/base/text.h"
#include "airssys/wasm/core/rfc3339.h"
#include "flat_json.h"
#include "new_file.h"
#include "store_directory.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> known{"version", "created",   "backend",    "keys",       "bytes",
                                                "sha256",  "host_keys", "host_bytes", "host_sha256"};
constexpr std::size_t max_backup_file_bytes = 4096;

std::string shown(const fs::path& path) { return printable(path.native(), path.native().size()); }

std::unexpected<Error> failed(const fs::path& path, std::string_view doing, int error) {
  return fail(Code::io, fmt::format("{}: {}: {}", shown(path), doing, std::generic_category().message(error)));
}

fs::path beside(const fs::path& directory, std::string_view suffix) {
  const fs::path named = directory.has_filename() ? directory : directory.parent_path();
  return named.native() + std::string(suffix);
}

// The folder DIR.part, which is not there when this begins, and goes with this unless it was put in its place.
class Part {
 public:
  // What a killed process left is removed; unavailable: another one is at it.
  static Result<Part> make(const fs::path& directory) {
    fs::path path = beside(directory, ".part");
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) {
      AIRSSYS_TRY(const Descriptor held, lock_directory(path));
      fs::remove_all(path, error);
      if (error) return failed(path, "what an earlier attempt left cannot be removed", error.value());
    }
    return Part(std::move(path));
  }
  Part(Part&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Part& operator=(Part&&) = delete;
  ~Part() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

  // Nobody removes it.
  [[nodiscard]] fs::path release() noexcept { return std::exchange(path_, {}); }

  // Where nothing is.
  Result<> move_to(const fs::path& place) {
    const fs::path to = beside(place, "");
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
      if (errno == EEXIST) return fail(Code::already_exists, fmt::format("{}: is there already; name a new folder", shown(to)));
      return failed(to, "cannot be put there", errno);
    }
    path_.clear();
    return sync_folder(to);
  }
  // What is there comes here.
  Result<> exchange_with(const fs::path& place) {
    const fs::path to = beside(place, "");
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return sync_folder(to);
    if (errno == EINVAL || errno == ENOSYS)
      return fail(Code::io, fmt::format("{}: this file system cannot exchange two folders; rename it yourself and do this again",
                                        shown(to)));
    return failed(to, "cannot be exchanged", errno);
  }

 private:
  explicit Part(fs::path path) : path_(std::move(path)) {}
  static Result<> sync_folder(const fs::path& place) {
    const fs::path parent = place.has_parent_path() ? place.parent_path() : fs::path(".");
    const Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) return failed(parent, "cannot be synchronised", errno);
    return {};
  }
  fs::path path_;
};

struct Digests {
  StorageDigest guests, host;
};
Result<Digests> digests_of(const fs::path& directory, BackendKind kind, const TransferWatch& watch) {
  AIRSSYS_TRY(const auto backend, open_backend({.kind = kind, .directory = directory, .may_wait = true}));
  Digests digests;
  AIRSSYS_TRY(digests.guests, digest_storage(*backend, Keyspace::guests, watch));
  AIRSSYS_TRY(digests.host, digest_storage(*backend, Keyspace::host, watch));
  return digests;
}

Result<BackupManifest> read_backup_file(const fs::path& backup) {
  const fs::path file = backup / "BACKUP";
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return fail(Code::not_found, fmt::format("{}: is no backup, it has no file BACKUP; name a folder that "
                                             "`airssys-wasm storage backup` made",
                                             shown(backup)));
  std::string text(max_backup_file_bytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto manifest = parse_backup(text);
  if (!manifest) return std::unexpected(std::move(manifest).error().within(shown(backup)));
  return manifest;
}

// Regular files and folders, all that a store has; each is on the disk then.
Result<> copy_folder(const fs::path& from, const fs::path& to, const TransferWatch& watch) {
  std::error_code error;
  fs::create_directory(to, from, error);  // with its mode
  std::uint64_t bytes = 0;
  for (fs::recursive_directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    const fs::path target = to / fs::relative(at->path(), from, error);
    if (error) break;
    if (at->is_directory(error)) {
      fs::create_directory(target, at->path(), error);
    } else if (at->is_regular_file(error) && at->path().filename() != "LOCK") {
      fs::copy_file(at->path(), target, error);
      const Descriptor copied(::open(target.c_str(), O_RDONLY | O_CLOEXEC));
      if (!error && (!copied || ::fsync(copied.get()) != 0)) error = {errno, std::generic_category()};
      std::error_code gone;
      bytes += fs::file_size(target, gone);
    }
    if (error) return failed(target, "cannot be copied", error.value());
    if (watch && !watch(0, bytes)) return fail(Code::cancelled, "interrupted");
  }
  if (error) return failed(from, "cannot be copied", error.value());
  return {};
}

Result<> same(const StorageDigest& is, const StorageDigest& said, std::string_view what) {
  if (is == said) return {};
  return fail(Code::corrupt,
              fmt::format("holds {} {} keys with sha256 {}, and BACKUP says {} with {}; it is damaged, take another", is.keys,
                          what, is.sha256, said.keys, said.sha256));
}

}  // namespace

std::string backup_text(const BackupManifest& manifest) {
  return fmt::format(
      "{{\"version\":{},\"created\":\"{}\",\"backend\":\"{}\",\"keys\":{},\"bytes\":{},\"sha256\":\"{}\",\"host_keys\":{},"
      "\"host_bytes\":{},\"host_sha256\":\"{}\"}}\n",
      storage_backup_version, format_rfc3339(manifest.created), backend_name(manifest.backend), manifest.guests.keys,
      manifest.guests.bytes, manifest.guests.sha256, manifest.host.keys, manifest.host.bytes, manifest.host.sha256);
}

Result<BackupManifest> parse_backup(std::string_view text) {
  const auto read = [&]() -> Result<BackupManifest> {
    if (text.size() >= max_backup_file_bytes) return fail(Code::corrupt, "longer than any may be");
    AIRSSYS_TRY(FlatJson fields, FlatJson::parse(text, known));
    const std::uint64_t version = fields.number("version");
    AIRSSYS_TRY_VOID(fields.good());
    if (version != storage_backup_version)
      return fail(Code::version_mismatch,
                  fmt::format("a backup of version {}; this program reads version {}", version, storage_backup_version));
    BackupManifest manifest;
    manifest.created = fields.time("created");
    const auto kind = parse_backend(fields.text("backend"));
    if (kind) manifest.backend = *kind;
    if (!kind || *kind == BackendKind::memory) fields.say("'backend' is none that has backups");
    manifest.guests = {fields.number("keys"), fields.number("bytes"), fields.sha256("sha256")};
    manifest.host = {fields.number("host_keys"), fields.number("host_bytes"), fields.sha256("host_sha256")};
    AIRSSYS_TRY_VOID(fields.done());
    return manifest;
  };
  auto manifest = read();
  if (!manifest) return std::unexpected(std::move(manifest).error().within("BACKUP:1"));
  return manifest;
}

Result<BackupManifest> back_up_storage(const StorageBackend& backend, const fs::path& to, WallTime now,
                                       const TransferWatch& watch) {
  BackupManifest manifest{.created = floor<std::chrono::seconds>(now), .backend = {}, .guests = {}, .host = {}};
  AIRSSYS_TRY(manifest.backend, parse_backend(backend.name()));
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error)))
    return fail(Code::already_exists, fmt::format("{}: is there already; name a new folder", shown(to)));
  AIRSSYS_TRY(Part part, Part::make(to));
  AIRSSYS_TRY_VOID(backend.back_up(part.path()));
  AIRSSYS_TRY(const Digests digests, digests_of(part.path(), manifest.backend, watch));
  manifest.guests = digests.guests;
  manifest.host = digests.host;
  AIRSSYS_TRY(NewFile file, NewFile::create(part.path() / "BACKUP"));
  AIRSSYS_TRY_VOID(file.append(backup_text(manifest)));
  AIRSSYS_TRY_VOID(file.commit());
  AIRSSYS_TRY_VOID(part.move_to(to));
  return manifest;
}

Result<BackupManifest> restore_storage(const fs::path& backup, const fs::path& directory, const TransferWatch& watch) {
  AIRSSYS_TRY(const BackupManifest manifest, read_backup_file(backup));
  std::error_code error;
  const bool there = fs::exists(fs::symlink_status(directory, error));
  Descriptor held;
  if (there) {
    AIRSSYS_TRY(held, lock_directory(directory));
  }
  AIRSSYS_TRY(Part part, Part::make(directory));
  AIRSSYS_TRY_VOID(copy_folder(backup, part.path(), watch));
  fs::remove(part.path() / "BACKUP", error);
  AIRSSYS_TRY(const Digests digests, digests_of(part.path(), manifest.backend, watch));
  for (auto same_as_said : {same(digests.guests, manifest.guests, "guests'"), same(digests.host, manifest.host, "host's")})
    if (!same_as_said) return std::unexpected(std::move(same_as_said).error().within(shown(backup)));
  AIRSSYS_TRY_VOID(there ? part.exchange_with(directory) : part.move_to(directory));
  return manifest;
}

Result<MigrationReport> migrate_storage(const fs::path& directory, BackendKind to, const TransferWatch& watch) {
  AIRSSYS_TRY(const auto from, backend_of(directory));
  if (!from) return fail(Code::not_found, fmt::format("{}: holds no store; name a storage directory", shown(directory)));
  if (*from == to)
    return fail(Code::already_exists, fmt::format("{}: is kept by {} already", shown(directory), backend_name(to)));
  MigrationReport report{.from = *from, .guests = {}, .kept = beside(directory, fmt::format(".{}", backend_name(*from)))};
  std::error_code error;
  if (fs::exists(fs::symlink_status(report.kept, error)))
    return fail(Code::already_exists, fmt::format("{}: is there already, and the directory as it is now would be kept there; "
                                                  "remove it, or give it another name",
                                                  shown(report.kept)));
  AIRSSYS_TRY(auto source, open_backend({.kind = *from, .directory = directory, .may_wait = true}));
  AIRSSYS_TRY_VOID(recover_transfer(*source));
  AIRSSYS_TRY(Part part, Part::make(directory));
  {
    AIRSSYS_TRY(const auto target, open_backend({.kind = to, .directory = part.path(), .may_wait = true}));
    AIRSSYS_TRY(report.guests, copy_storage(*source, *target, watch));
  }
  source.reset();
  AIRSSYS_TRY(const Descriptor held, lock_directory(directory));
  AIRSSYS_TRY_VOID(part.exchange_with(directory));
  if (auto moved = part.move_to(report.kept); !moved) {
    // It stays where it is now.
    return std::unexpected(std::move(moved).error().within(fmt::format(
        "{} is kept by {} now, and what it was before is {}", shown(directory), backend_name(to), shown(part.release()))));
  }
  return report;
}

}  // namespace airssys::wasm
