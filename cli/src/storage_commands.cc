// storage export, import, list, delete, verify.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "airssys/base/units.h"
#include "airssys/wasm/storage/storage.h"
#include "airssys/wasm/storage/usage_record.h"
#include "decision_record.h"
#include "json_text.h"
#include "storage_files.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::ImportMode;
using wasm::StorageSelection;

using Limits = std::map<std::string, std::uint64_t, std::less<>>;

std::string plural(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

Result<StorageSelection> selection_of(const std::string& component) {
  return component.empty() ? StorageSelection() : StorageSelection::parse(component);
}

std::uint64_t limit_of(const wasm::StoreId& account, const Limits& limits) {
  const auto own = limits.find(account.text());
  return own == limits.end() ? wasm::StorageConfig().default_max : own->second;
}

// ---- export

Result<wasm::ExportReport> export_to_output(const wasm::StorageBackend& backend, const StorageSelection& what,
                                            const wasm::TransferWatch& watch, Context& context) {
  constexpr std::size_t piece_bytes = 64 * 1024;
  std::string piece;
  const auto put = [&] {
    context.console.out(piece);
    piece.clear();
    return context.console.broken() ? fail(Code::cancelled, "nobody reads standard output any more") : Result<>();
  };
  AIRSSYS_TRY(auto report, wasm::export_storage(
                               backend, what, context.platform.wall_now(),
                               [&](std::string_view lines) {
                                 piece += lines;
                                 return piece.size() < piece_bytes ? Result<>() : put();
                               },
                               watch));
  AIRSSYS_TRY_VOID(put());
  return report;
}

// Takes it where it belongs, also to another file system: whole, or not at all.
Result<> move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (!error) return {};
  const fs::path beside = to.native() + ".part";
  error.clear();
  fs::copy_file(from, beside, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(beside, to, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(beside, ignored);
  return fail(Code::io, fmt::format("{}: cannot be written: {}", to.native(), error.message()));
}

Result<> print_file(const fs::path& file, Context& context) {
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 65536> piece;
  while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0) {
    context.console.out({piece.data(), static_cast<std::size_t>(stream.gcount())});
    if (context.console.broken() || context.interrupt.requested()) return fail(Code::cancelled, "interrupted");
  }
  if (stream.bad()) return fail(Code::io, fmt::format("{}: cannot be read", file.native()));
  return {};
}

// The host writes where it may, and we put it where it belongs.
Result<wasm::ExportReport> export_by(std::string_view host, const StorageExportOptions& options, Narration& narration,
                                     Context& context) {
  AIRSSYS_TRY(const fs::path file, path_for_host(".jsonl", context));
  AIRSSYS_TRY(const std::string line,
              ask_host(host, wasm::AdminStorageExport{.component = options.component, .file = file.native()}, "exporting",
                       narration, context));
  AIRSSYS_TRY(const wasm::AdminStorageDone done, wasm::parse_admin_storage_done(line));
  const auto moved = options.output.empty() ? print_file(file, context) : move_file(file, options.output);
  std::error_code ignored;
  fs::remove(file, ignored);
  AIRSSYS_TRY_VOID(moved);
  return wasm::ExportReport{.keys = done.keys, .bytes = done.bytes, .sha256 = done.sha256};
}

Result<wasm::ExportReport> export_here(const StorageExportOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY(const StorageSelection what, selection_of(options.component));
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  StorageProgress progress("exporting", narration, context);
  if (options.output.empty()) return export_to_output(*backend, what, progress.watch(), context);
  return wasm::export_to_file(*backend, what, context.platform.wall_now(), options.output, progress.watch());
}

Result<wasm::ExportReport> perform_export(const StorageExportOptions& options, Narration& narration, Context& context) {
  return here_or_there(
      options.target, [&] { return export_here(options, narration, context); },
      [&](std::string_view host) { return export_by(host, options, narration, context); });
}

// ---- import

struct Imported {
  fs::path directory;
  wasm::ImportReport report;
};

Result<Imported> perform_import(const StorageImportOptions& options, const Settings& settings, Narration& narration,
                                Context& context) {
  Imported done;
  AIRSSYS_TRY(done.directory, storage_directory(options.target.data, context));
  const std::string name = options.file == "-" ? "standard input" : options.file.native();
  AIRSSYS_TRY(const Descriptor file, open_export(options.file, context));
  // A dry run makes no directory.
  AIRSSYS_TRY(const auto there, wasm::backend_of(done.directory));
  const bool nowhere = options.dry_run && !there;
  AIRSSYS_TRY(const auto backend, nowhere ? wasm::open_backend({.kind = wasm::BackendKind::memory, .directory = {}})
                                          : open_or_make_store(done.directory, options.backend, narration));
  StorageProgress progress("importing", narration, context);
  wasm::ImportOptions how{.mode = options.mode, .dry_run = true, .limit_of = {}, .watch = progress.watch()};
  if (!options.ignore_quota)
    how.limit_of = [&options](const wasm::StoreId& account) { return limit_of(account, options.limits); };
  const bool asks = options.mode == ImportMode::replace && !options.yes && !options.dry_run;
  if (asks || options.dry_run) {
    AIRSSYS_TRY(done.report, wasm::import_storage(*backend, file, name, how));
  }
  if (options.dry_run) return done;
  if (asks && done.report.removed + done.report.overwritten > 0) {
    narration.progress("");
    AIRSSYS_TRY_VOID(consent(false,
                             fmt::format("{} in {} go, and {} of the file take their place.",
                                         plural(done.report.removed + done.report.overwritten, "key"),
                                         plural(done.report.stores, "store"), done.report.keys),
                             "nothing was imported", context));
  }
  AIRSSYS_TRY_VOID(record_decision("storage.import", fmt::format("{} into {}", name, done.directory.native()),
                                   wasm::AuditDecision::allow, import_mode_name(options.mode), settings, context));
  how.dry_run = false;
  AIRSSYS_TRY(done.report, wasm::import_storage(*backend, file, name, how));
  return done;
}

std::string import_text(const Imported& done, const StorageImportOptions& options) {
  const wasm::ImportReport& report = done.report;
  std::string out = fmt::format("{} {} ({}) of {}", options.dry_run ? "would import" : "imported", plural(report.keys, "key"),
                                format_size(report.bytes), plural(report.stores, "store"));
  if (report.overwritten > 0) out += fmt::format(", {} of them over others", report.overwritten);
  if (report.removed > 0) out += fmt::format("; {} {}", plural(report.removed, "other"), options.dry_run ? "would go" : "went");
  return out + "\n";
}

// ---- list

struct ListedAccount {
  std::string component;
  wasm::AccountUsage used;
  std::uint64_t limit = 0;

  [[nodiscard]] std::uint64_t percent() const {
    return limit == 0 ? 0 : static_cast<std::uint64_t>(100.0 * static_cast<double>(used.bytes) / static_cast<double>(limit));
  }
  // R6.14
  [[nodiscard]] bool nearly_full() const { return limit > 0 && percent() >= 90; }
};

struct Listing {
  std::string place;  // a directory, or a host
  std::string backend;
  std::uint64_t bytes = 0;  // on disk
  std::vector<ListedAccount> accounts;
};

Result<Listing> list_here(const StorageListOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  narration.progress("counting");
  AIRSSYS_TRY(auto usage, wasm::recorded_usage(*backend));
  if (!usage) {
    AIRSSYS_TRY(usage, wasm::scan_usage(*backend));
  }
  narration.progress("");
  Listing listing{
      .place = directory.native(), .backend = std::string(backend->name()), .bytes = backend->bytes(), .accounts = {}};
  for (const auto& [account, used] : *usage)
    listing.accounts.push_back({.component = account.text(), .used = used, .limit = limit_of(account, options.limits)});
  return listing;
}

Result<Listing> list_of(std::string_view host, Narration& narration, const Context& context) {
  AIRSSYS_TRY(const std::string line, ask_host(host, wasm::AdminStorageList{}, "listing", narration, context));
  AIRSSYS_TRY(const wasm::AdminStorageAccounts accounts, wasm::parse_admin_storage_accounts(line));
  Listing listing{
      .place = fmt::format("host {}", host), .backend = accounts.backend, .bytes = accounts.disk_bytes, .accounts = {}};
  for (const wasm::AdminStorageAccount& one : accounts.accounts)
    listing.accounts.push_back({.component = one.component, .used = {one.bytes, one.keys}, .limit = one.quota});
  if (accounts.dropped > 0) narration.warning(fmt::format("{} more had no room", accounts.dropped));
  return listing;
}

std::string list_text(const Listing& listing, Paint paint) {
  std::size_t widest = std::string_view("component").size();
  for (const ListedAccount& one : listing.accounts) widest = std::max(widest, one.component.size());
  std::string out = paint(Colour::bold, fmt::format("{:<{}}  {:>10}  {:>10}  {:>10}  {:>4}", "component", widest, "keys", "size",
                                                    "quota", "%")) +
                    "\n";
  for (const ListedAccount& one : listing.accounts) {
    out += fmt::format("{:<{}}  {:>10}  {:>10}  {:>10}  {:>4}", one.component, widest, one.used.keys, format_size(one.used.bytes),
                       format_size(one.limit), one.percent());
    if (one.nearly_full()) out += "  " + paint(Colour::red, one.used.bytes >= one.limit ? "full" : "nearly full");
    out += "\n";
  }
  return out + fmt::format("{}: {}, {} on disk\n", printable(listing.place), listing.backend, format_size(listing.bytes));
}

Json list_json(const Listing& listing) {
  Json components = Json::array();
  for (const ListedAccount& one : listing.accounts)
    components.push_back({{"component", one.component},
                          {"keys", one.used.keys},
                          {"bytes", one.used.bytes},
                          {"quota", one.limit},
                          {"percent", one.percent()},
                          {"warning", one.nearly_full()}});
  return {{"from", listing.place}, {"backend", listing.backend}, {"disk_bytes", listing.bytes}, {"components", components}};
}

// ---- delete

struct Deleted {
  std::string place;
  std::uint64_t keys = 0, bytes = 0;
};

Result<Deleted> delete_here(const StorageDeleteOptions& options, const Settings& settings, Narration& narration,
                            Context& context) {
  AIRSSYS_TRY(const StorageSelection what, StorageSelection::parse(options.component));
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  if (!options.yes) {
    std::uint64_t keys = 0;
    for (const auto& [from, to] : what.ranges())
      AIRSSYS_TRY_VOID(backend->scan(wasm::Keyspace::guests, {from, to}, [&](std::string_view, std::string_view) {
        ++keys;
        return !context.interrupt.requested();
      }));
    AIRSSYS_TRY_VOID(
        consent(false, fmt::format("{} of {} in {} go for good.", plural(keys, "key"), options.component, directory.native()),
                "nothing was deleted", context));
  }
  AIRSSYS_TRY_VOID(record_decision("storage.delete", fmt::format("{} in {}", options.component, directory.native()),
                                   wasm::AuditDecision::allow, "the user", settings, context));
  StorageProgress progress("deleting", narration, context);
  AIRSSYS_TRY(const wasm::DeletionReport report, wasm::delete_stores(*backend, what, progress.watch()));
  return Deleted{.place = directory.native(), .keys = report.keys, .bytes = report.bytes};
}

// The host records it.
Result<Deleted> delete_by(std::string_view host, const StorageDeleteOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY_VOID(consent(options.yes, fmt::format("What {} keeps goes for good, while it runs.", options.component),
                           "nothing was deleted", context));
  AIRSSYS_TRY(const std::string line,
              ask_host(host, wasm::AdminStorageDelete{options.component}, "deleting", narration, context));
  AIRSSYS_TRY(const wasm::AdminStorageDone done, wasm::parse_admin_storage_done(line));
  return Deleted{.place = fmt::format("host {}", host), .keys = done.keys, .bytes = done.bytes};
}

// ---- verify

struct Verified {
  std::string place, backend, sha256;
  std::uint64_t stores = 0, keys = 0, bytes = 0;
  std::vector<std::string> problems;
  std::uint64_t more_problems = 0;
  bool recorded = false;  // what the host counted was compared
  [[nodiscard]] bool intact() const { return problems.empty(); }
};

Result<Verified> verify_by(std::string_view host, Narration& narration, const Context& context) {
  AIRSSYS_TRY(const std::string line, ask_host(host, wasm::AdminStorageVerify{}, "verifying", narration, context));
  AIRSSYS_TRY(wasm::AdminStorageVerified read, wasm::parse_admin_storage_verified(line));
  return Verified{.place = fmt::format("host {}", host),
                  .backend = std::move(read.backend),
                  .sha256 = std::move(read.sha256),
                  .stores = read.stores,
                  .keys = read.keys,
                  .bytes = read.bytes,
                  .problems = std::move(read.problems),
                  .more_problems = read.more_problems,
                  .recorded = true};
}

Result<Verified> verify_here(const StorageVerifyOptions& options, Narration& narration, Context& context) {
  AIRSSYS_TRY(const fs::path directory, storage_directory(options.target.data, context));
  AIRSSYS_TRY(const auto backend, open_store(directory, narration));
  StorageProgress progress("verifying", narration, context);
  AIRSSYS_TRY(auto report, wasm::verify_storage(*backend, progress.watch()));
  Verified verified{.place = directory.native(),
                    .backend = std::string(backend->name()),
                    .sha256 = report.digest.sha256,
                    .stores = report.stores.size(),
                    .keys = report.digest.keys,
                    .bytes = 0,
                    .problems = std::move(report.problems),
                    .more_problems = report.more_problems,
                    .recorded = report.recorded};
  for (const auto& store : report.stores) verified.bytes += store.bytes;
  return verified;
}

std::string verify_text(const Verified& verified, Paint paint) {
  const std::string verdict = verified.intact() ? paint(Colour::green, "intact") : paint(Colour::red, "not as it should be");
  std::string out = fmt::format("{}: {}\n", printable(verified.place), verdict);
  for (const std::string& problem : verified.problems) out += fmt::format("  {}\n", printable(problem));
  if (verified.more_problems > 0) out += fmt::format("  and {} more\n", verified.more_problems);
  return out + fmt::format("  {}, {}, {} in {}{}\n  sha256 {}\n", verified.backend, plural(verified.keys, "key"),
                           format_size(verified.bytes), plural(verified.stores, "store"),
                           verified.recorded && verified.intact() ? ", as the host counted" : "", verified.sha256);
}

Json verify_json(const Verified& verified) {
  return {{"from", verified.place},        {"backend", verified.backend},
          {"intact", verified.intact()},   {"stores", verified.stores},
          {"keys", verified.keys},         {"bytes", verified.bytes},
          {"sha256", verified.sha256},     {"counted", verified.recorded},
          {"problems", verified.problems}, {"more_problems", verified.more_problems}};
}

Exit verify_file(const StorageVerifyOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto checked = [&]() -> Result<wasm::ImportReport> {
    AIRSSYS_TRY(const Descriptor file, open_export(options.file, context));
    StorageProgress progress("verifying", narration, context);
    return wasm::check_export(file, options.file.native(), progress.watch());
  }();
  if (!checked) {
    const Code code = checked.error().code();
    const bool damaged = code == Code::corrupt || code == Code::version_mismatch;
    return end_with(checked.error(), damaged ? Exit::validation : exit_code(code), settings, context);
  }
  if (settings.json)
    context.console.out(json_text({{"file", options.file.native()},
                                   {"intact", true},
                                   {"keys", checked->keys},
                                   {"bytes", checked->bytes},
                                   {"stores", checked->stores},
                                   {"trailer", checked->trailer}}));
  else
    context.console.out(fmt::format("{}: {}\n  {}, {} in {}{}\n", printable(options.file.native()),
                                    settings.out(Colour::green, "intact"), plural(checked->keys, "key"),
                                    format_size(checked->bytes), plural(checked->stores, "store"),
                                    checked->trailer ? "" : ", without a trailer that would show whether lines are missing"));
  return Exit::ok;
}

}  // namespace

Exit perform(const StorageExportOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  if (options.output.empty() && settings.json)
    return end_with(Error(Code::invalid_argument,
                          "export: standard output has the export itself; write it to a file with "
                          "--output, and --json says what is in it"),
                    settings, context);
  const auto done = perform_export(options, narration, context);
  if (!done) return end_with(done.error(), admin_exit(done.error()), settings, context);
  const std::string file = options.output.native();
  if (settings.json)
    context.console.out(json_text({{"file", file}, {"keys", done->keys}, {"bytes", done->bytes}, {"sha256", done->sha256}}));
  else if (!file.empty())
    context.console.out(fmt::format("{}: {}, {}\n", printable(file), plural(done->keys, "key"), format_size(done->bytes)));
  if (done->keys == 0) narration.hint("there was nothing to export");
  return Exit::ok;
}

Exit perform(const StorageImportOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = perform_import(options, settings, narration, context);
  if (!done) return end_with(needs_stopped_host(done.error(), "import"), settings, context);
  const wasm::ImportReport& report = done->report;
  if (settings.json)
    context.console.out(json_text({{"directory", done->directory.native()},
                                   {"mode", import_mode_name(options.mode)},
                                   {"dry_run", options.dry_run},
                                   {"keys", report.keys},
                                   {"bytes", report.bytes},
                                   {"stores", report.stores},
                                   {"overwritten", report.overwritten},
                                   {"removed", report.removed},
                                   {"trailer", report.trailer}}));
  else
    context.console.out(import_text(*done, options));
  if (!report.trailer) narration.hint("the file has no trailer, which would show whether lines are missing at its end");
  return Exit::ok;
}

Exit perform(const StorageListOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto listing = here_or_there(
      options.target, [&] { return list_here(options, narration, context); },
      [&](std::string_view host) { return list_of(host, narration, context); });
  if (!listing) return end_with(listing.error(), admin_exit(listing.error()), settings, context);
  context.console.out(settings.json ? json_text(list_json(*listing)) : list_text(*listing, settings.out));
  return Exit::ok;
}

Exit perform(const StorageDeleteOptions& options, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  const auto done = here_or_there(
      options.target, [&] { return delete_here(options, settings, narration, context); },
      [&](std::string_view host) { return delete_by(host, options, narration, context); });
  if (!done) return end_with(done.error(), admin_exit(done.error()), settings, context);
  if (settings.json)
    context.console.out(
        json_text({{"from", done->place}, {"component", options.component}, {"keys", done->keys}, {"bytes", done->bytes}}));
  else
    context.console.out(
        fmt::format("{}: {}, {} deleted\n", printable(options.component), plural(done->keys, "key"), format_size(done->bytes)));
  return Exit::ok;
}

Exit perform(const StorageVerifyOptions& options, const Settings& settings, Context& context) {
  if (!options.file.empty()) return verify_file(options, settings, context);
  Narration narration = narration_of(settings, context.console);
  const auto verified = here_or_there(
      options.target, [&] { return verify_here(options, narration, context); },
      [&](std::string_view host) { return verify_by(host, narration, context); });
  if (!verified) return end_with(verified.error(), admin_exit(verified.error()), settings, context);
  context.console.out(settings.json ? json_text(verify_json(*verified)) : verify_text(*verified, settings.out));
  return verified->intact() ? Exit::ok : Exit::validation;
}

}  // namespace airssys::cli
