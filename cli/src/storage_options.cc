#include "storage_options.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "airssys/base/text.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

struct Raw {
  std::string data, host, component, output, file, backend, mode, to, from;
  std::vector<std::string> limits;
  bool dry_run = false, ignore_quota = false, yes = false;

  [[nodiscard]] StorageTarget target() const { return {.data = data, .host = host}; }
};
using Shared = std::shared_ptr<Raw>;

Result<wasm::BackendKind> backend_named(std::string_view option, const std::string& name) {
  auto kind = wasm::parse_backend(name);
  if (!kind) return usage(fmt::format("{}: {}", option, kind.error().message()));
  if (*kind == wasm::BackendKind::memory) return usage(fmt::format("{}: memory has no directory; write rocksdb or sled", option));
  return kind;
}

Result<> selectable(const CLI::App& app, const std::string& component) {
  const auto selection = wasm::StorageSelection::parse(component);
  if (selection) return {};
  return usage(fmt::format("{}: --component: {}", app.get_name(), selection.error().message()));
}

Result<Command> take_export(const Raw& raw, const CLI::App& app) {
  if (!raw.component.empty()) AIRSSYS_TRY_VOID(selectable(app, raw.component));
  const bool to_output = raw.output.empty() || raw.output == "-";
  return StorageExportOptions{.target = raw.target(), .component = raw.component, .output = to_output ? "" : raw.output};
}

Result<Command> take_import(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.file, "FILE"));
  StorageImportOptions options{.target = raw.target(), .file = raw.file, .backend = {}, .limits = {}};
  options.dry_run = raw.dry_run;
  options.ignore_quota = raw.ignore_quota;
  options.yes = raw.yes;
  if (!raw.backend.empty()) {
    AIRSSYS_TRY(options.backend, backend_named("--backend", raw.backend));
  }
  if (!raw.mode.empty()) {
    const auto mode = wasm::parse_import_mode(raw.mode);
    if (!mode) return usage(fmt::format("--mode {}: write merge, replace or fail-on-conflict", airssys::quoted(raw.mode)));
    options.mode = *mode;
  }
  AIRSSYS_TRY(options.limits, parse_storage_limits(raw.limits));
  return options;
}

Result<Command> take_list(const Raw& raw) {
  StorageListOptions options{.target = raw.target(), .limits = {}};
  AIRSSYS_TRY(options.limits, parse_storage_limits(raw.limits));
  return options;
}

Result<Command> take_delete(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.component, "--component NAME"));
  AIRSSYS_TRY_VOID(selectable(app, raw.component));
  return StorageDeleteOptions{.target = raw.target(), .component = raw.component, .yes = raw.yes};
}

Result<Command> take_verify(const Raw& raw) {
  if (!raw.file.empty() && !(raw.data.empty() && raw.host.empty()))
    return usage("verify: a FILE and a directory do not go together");
  return StorageVerifyOptions{.target = raw.target(), .file = raw.file};
}

Result<Command> take_backup(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.to, "DIR"));
  return StorageBackupOptions{.target = raw.target(), .to = raw.to};
}

Result<Command> take_restore(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.from, "BACKUP"));
  return StorageRestoreOptions{.data = raw.data, .backup = raw.from, .yes = raw.yes};
}

Result<Command> take_migrate(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.to, "--to BACKEND"));
  StorageMigrateOptions options{.data = raw.data, .from = {}};
  AIRSSYS_TRY(options.to, backend_named("--to", raw.to));
  if (!raw.from.empty()) {
    AIRSSYS_TRY(options.from, backend_named("--from", raw.from));
  }
  return options;
}

void add_data(CLI::App& app, const Shared& raw) {
  app.add_option("--data", raw->data, "The storage directory (default: data in the home folder)")->type_name("DIR");
}
void add_target(CLI::App& app, const Shared& raw) {
  add_data(app, raw);
  app.add_option("--host", raw->host, "The stores of a host that runs (one that has the directory open is found without)")
      ->type_name("NAME|PID");
}
void add_limits(CLI::App& app, const Shared& raw) {
  app.add_option("--storage-limit", raw->limits, "What one may keep, as for `run`: counter=1GB (default 50MB each). Repeatable")
      ->type_name("NAME=SIZE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}
void add_component(CLI::App& app, const Shared& raw, std::string_view what) {
  app.add_option("--component", raw->component,
                 fmt::format("{}: counter, with all its stores; counter:settings or shared:team, one store", what))
      ->type_name("NAME");
}
void add_yes(CLI::App& app, const Shared& raw) { app.add_flag("--yes,-y", raw->yes, "Do not ask"); }

void declare_contents(CommandLine& line, CLI::App& group) {
  auto raw = std::make_shared<Raw>();
  CLI::App& exported = line.add(group, "export", "Write what components keep as JSON Lines",
                                [raw](const CLI::App& self) { return take_export(*raw, self); });
  add_component(exported, raw, "Whose (default: all)");
  exported.add_option("--output,-o", raw->output, "Into this file (default: standard output)")->type_name("FILE");
  add_target(exported, raw);
  exported.footer("Example:\n  airssys-wasm storage export --component counter -o counter.jsonl");

  raw = std::make_shared<Raw>();
  CLI::App& imported = line.add(group, "import", "Read what `export` wrote: all of it, or nothing",
                                [raw](const CLI::App& self) { return take_import(*raw, self); });
  imported.add_option("FILE", raw->file, "The file; -: standard input")->type_name("");
  imported
      .add_option("--mode", raw->mode,
                  "merge (default) overwrites keys that are there, replace empties the stores that the file names first, "
                  "fail-on-conflict refuses")
      ->type_name("MODE");
  imported.add_flag("--dry-run", raw->dry_run, "Only say what it would do");
  imported.add_flag("--ignore-quota", raw->ignore_quota, "Also more than a component may keep");
  add_limits(imported, raw);
  imported.add_option("--backend", raw->backend, "Of a directory that is not there yet: rocksdb (default) or sled")
      ->type_name("BACKEND");
  add_data(imported, raw);
  add_yes(imported, raw);
  imported.footer(
      "The host that has the directory open has to be stopped.\n\n"
      "Example:\n  airssys-wasm storage import counter.jsonl --dry-run");

  raw = std::make_shared<Raw>();
  CLI::App& list = line.add(group, "list", "List who keeps how much", [raw](const CLI::App&) { return take_list(*raw); });
  add_limits(list, raw);
  add_target(list, raw);
  list.footer("Example:\n  airssys-wasm storage list");

  raw = std::make_shared<Raw>();
  CLI::App& deleted =
      line.add(group, "delete", "Delete what a component keeps", [raw](const CLI::App& self) { return take_delete(*raw, self); });
  add_component(deleted, raw, "Whose");
  add_target(deleted, raw);
  add_yes(deleted, raw);
  deleted.footer("Example:\n  airssys-wasm storage delete --component counter");
}

void declare_directories(CommandLine& line, CLI::App& group) {
  auto raw = std::make_shared<Raw>();
  CLI::App& verify = line.add(group, "verify", "Read everything, and say whether it is as it should be",
                              [raw](const CLI::App&) { return take_verify(*raw); });
  verify.add_option("FILE", raw->file, "An export, instead of the directory")->type_name("");
  add_target(verify, raw);
  verify.footer("Ends with 7 when something is wrong.\n\nExample:\n  airssys-wasm storage verify");

  raw = std::make_shared<Raw>();
  CLI::App& compact = line.add(group, "compact", "Give back the room of what was overwritten and deleted",
                               [raw](const CLI::App&) -> Result<Command> { return StorageCompactOptions{raw->target()}; });
  add_target(compact, raw);
  compact.footer("Example:\n  airssys-wasm storage compact");

  raw = std::make_shared<Raw>();
  CLI::App& backup = line.add(group, "backup", "Copy everything as it is at one moment",
                              [raw](const CLI::App& self) { return take_backup(*raw, self); });
  backup.add_option("DIR", raw->to, "Where to; not there yet")->type_name("");
  add_target(backup, raw);
  backup.footer("Example:\n  airssys-wasm storage backup ~/backups/monday");

  raw = std::make_shared<Raw>();
  CLI::App& restore = line.add(group, "restore", "Put a backup in the place of the storage directory",
                               [raw](const CLI::App& self) { return take_restore(*raw, self); });
  restore.add_option("BACKUP", raw->from, "What `backup` made; it stays as it is")->type_name("");
  add_data(restore, raw);
  add_yes(restore, raw);
  restore.footer(
      "The host that has the directory open has to be stopped.\n\n"
      "Example:\n  airssys-wasm storage restore ~/backups/monday");

  raw = std::make_shared<Raw>();
  CLI::App& migrate = line.add(group, "migrate", "Give the storage directory another backend; the old one stays beside it",
                               [raw](const CLI::App& self) { return take_migrate(*raw, self); });
  migrate.add_option("--to", raw->to, "rocksdb or sled")->type_name("BACKEND");
  migrate.add_option("--from", raw->from, "Refuse when it is another than this one")->type_name("BACKEND");
  add_data(migrate, raw);
  migrate.footer(
      "The host that has the directory open has to be stopped.\n\n"
      "Example:\n  airssys-wasm storage migrate --to sled");
}

}  // namespace

void declare_storage(CommandLine& line) {
  CLI::App& group = line.add_group("storage", "Look at what components keep, move it, back it up");
  declare_contents(line, group);
  declare_directories(line, group);
}

}  // namespace airssys::cli
