// storage compact, backup, restore, migrate.
#include <fmt/format.h>

#include "airssys/base/units.h"
#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/storage/maintenance.h"
#include "decision_record.h"
#include "json_text.h"
#include "storage_files.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::BackupManifest;

struct Compacted {
  std::string place;
  std::uint64_t before = 0, after = 0;
};

Result<Compacted> compact_by(std::string_view host, Narration& narration, const Context& context) {
  AIRSSYS_TRY(const std::string line, ask_host(host, wasm::AdminStorageCompact{}, "compacting", narration, context));
  AIRSSYS_TRY(const wasm::AdminStorageCompacted done, wasm::parse_admin_storage_compacted(line));
  return Compacted{.place = fmt::format("host {}", host), .before = done.before, .after = done.after};
}

Result<Compacted> compact_here(const StorageCompactOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  Compacted done{.place = directory.native(), .before = backend->bytes()};
  narration.progress("compacting");
  const auto compacted = backend->compact();
  narration.progress("");
  AIRSSYS_TRY_VOID(compacted);
  done.after = backend->bytes();
  return done;
}

struct BackedUp {
  std::uint64_t keys = 0;
  std::string sha256;
};

// The host writes where it may, and we put it where it belongs.
Result<BackedUp> back_up_by(std::string_view host, const StorageBackupOptions& options, Narration& narration,
                            const Context& context) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(options.to, error)))
    return fail(Code::already_exists, fmt::format("{}: is there already; name a new folder", options.to.native()));
  AIRSSYS_TRY(const fs::path made, path_for_host("-backup", context));
  AIRSSYS_TRY(const std::string line,
              ask_host(host, wasm::AdminStorageBackup{.to = made.native()}, "backing up", narration, context));
  AIRSSYS_TRY(wasm::AdminStorageDone done, wasm::parse_admin_storage_done(line));
  fs::rename(made, options.to, error);
  if (!error) return BackedUp{.keys = done.keys, .sha256 = std::move(done.sha256)};
  return fail(Code::io, fmt::format("{}: the backup is whole and stands in {}, but cannot be put there: {}; move it yourself",
                                    options.to.native(), made.native(), error.message()));
}

Result<BackedUp> back_up_here(const StorageBackupOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  StorageProgress progress("backing up", narration, context);
  AIRSSYS_TRY(BackupManifest made, wasm::back_up_storage(*backend, options.to, context.platform.wall_now(), progress.watch()));
  return BackedUp{.keys = made.guests.keys, .sha256 = std::move(made.guests.sha256)};
}

struct Restored {
  fs::path directory;
  BackupManifest manifest;
};

Result<Restored> perform_restore(const StorageRestoreOptions& options, const Settings& settings, Narration& narration,
                                 Context& context) {
  Restored done;
  AIRSSYS_TRY(done.directory, storage_directory(options.data, context));
  std::error_code error;
  if (fs::exists(fs::symlink_status(done.directory, error)))
    AIRSSYS_TRY_VOID(
        consent(options.yes,
                fmt::format("What is kept in {} now goes, for what {} holds.", done.directory.native(), options.backup.native()),
                "nothing was restored", context));
  AIRSSYS_TRY_VOID(record_decision("storage.restore", fmt::format("{} to {}", options.backup.native(), done.directory.native()),
                                   wasm::AuditDecision::allow, "the user", settings, context));
  StorageProgress progress("restoring", narration, context);
  AIRSSYS_TRY(done.manifest, wasm::restore_storage(options.backup, done.directory, progress.watch()));
  return done;
}

struct Migrated {
  fs::path directory;
  wasm::MigrationReport report;
};

Result<Migrated> perform_migrate(const StorageMigrateOptions& options, const Settings& settings, Narration& narration,
                                 Context& context) {
  Migrated done;
  AIRSSYS_TRY(done.directory, storage_directory(options.data, context));
  AIRSSYS_TRY(const auto kind, wasm::backend_of(done.directory));
  if (kind && options.from && *kind != *options.from)
    return fail(Code::invalid_configuration, fmt::format("{}: is kept by {}, not by {}", done.directory.native(),
                                                         backend_name(*kind), backend_name(*options.from)));
  AIRSSYS_TRY_VOID(record_decision("storage.migrate", fmt::format("{} to {}", done.directory.native(), backend_name(options.to)),
                                   wasm::AuditDecision::allow, "the user", settings, context));
  StorageProgress progress("copying", narration, context);
  AIRSSYS_TRY(done.report, wasm::migrate_storage(done.directory, options.to, progress.watch()));
  return done;
}

Json manifest_json(const BackupManifest& manifest) {
  return {{"created", wasm::format_rfc3339(manifest.created)},
          {"backend", backend_name(manifest.backend)},
          {"keys", manifest.guests.keys},
          {"sha256", manifest.guests.sha256}};
}

}  // namespace

Exit perform(const StorageCompactOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = here_or_there(
      options.target, [&] { return compact_here(options, narration, context); },
      [&](std::string_view host) { return compact_by(host, narration, context); });
  if (!done) return end_with(done.error(), admin_exit(done.error()), settings, context);
  if (settings.json)
    context.console.out(json_text({{"from", done->place}, {"before_bytes", done->before}, {"after_bytes", done->after}}));
  else
    context.console.out(
        fmt::format("{}: {}, before {}\n", printable(done->place), format_size(done->after), format_size(done->before)));
  return Exit::ok;
}

Exit perform(const StorageBackupOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = here_or_there(
      options.target, [&] { return back_up_here(options, narration, context); },
      [&](std::string_view host) { return back_up_by(host, options, narration, context); });
  if (!done) return end_with(done.error(), admin_exit(done.error()), settings, context);
  if (settings.json)
    context.console.out(json_text({{"backup", options.to.native()}, {"keys", done->keys}, {"sha256", done->sha256}}));
  else
    context.console.out(fmt::format("{}: {} keys, sha256 {}\n", printable(options.to.native()), done->keys, done->sha256));
  return Exit::ok;
}

Exit perform(const StorageRestoreOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = perform_restore(options, settings, narration, context);
  if (!done) return end_with(needs_stopped_host(done.error(), "restore"), settings, context);
  if (settings.json) {
    Json document{{"directory", done->directory.native()}, {"backup", options.backup.native()}};
    document.update(manifest_json(done->manifest));
    context.console.out(json_text(document));
  } else {
    context.console.out(fmt::format("{}: {} keys, as they were at {}\n", printable(done->directory.native()),
                                    done->manifest.guests.keys, wasm::format_rfc3339(done->manifest.created)));
  }
  return Exit::ok;
}

Exit perform(const StorageMigrateOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = perform_migrate(options, settings, narration, context);
  if (!done) return end_with(needs_stopped_host(done.error(), "migrate"), settings, context);
  const wasm::MigrationReport& report = done->report;
  if (settings.json)
    context.console.out(json_text({{"directory", done->directory.native()},
                                   {"from", backend_name(report.from)},
                                   {"to", backend_name(options.to)},
                                   {"keys", report.guests.keys},
                                   {"sha256", report.guests.sha256},
                                   {"kept", report.kept.native()}}));
  else
    context.console.out(fmt::format("{}: kept by {} now, {} keys, sha256 {}\nas it was: {}\n",
                                    printable(done->directory.native()), backend_name(options.to), report.guests.keys,
                                    report.guests.sha256, printable(report.kept.native())));
  return Exit::ok;
}

}  // namespace airssys::cli
