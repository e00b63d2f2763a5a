#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/storage/export_format.h"
#include "airssys/wasm/storage/transfer.h"
#include "airssys/wasm/storage/usage_record.h"
#include "export_reader.h"
#include "scanning.h"
#include "sha256.h"
#include "transfer_journal.h"

namespace airssys::wasm {
namespace {

constexpr std::array<std::string_view, 3> mode_names{"merge", "replace", "fail-on-conflict"};
constexpr std::size_t max_stores = 100'000;  // of one file: each is known by name in memory

std::string physical_key(const ExportEntry& entry) { return entry.store.prefix() + entry.key; }

// What the lines have in common with those before them, which each reader of a file has to look at.
class Contents {
 public:
  // False: it is no entry.
  Result<bool> take(const ExportReader& reader, const ExportReader::Line& line) {
    const std::uint64_t number = ++lines_;
    if (trailer_) return reader.refuse(Code::corrupt, "nothing may follow the trailer");
    if (std::holds_alternative<ExportHeader>(line.content)) {
      if (number > 1) return reader.refuse(Code::corrupt, "a header can only be the first line");
      header_ = true;
      return false;
    }
    if (const auto* const trailer = std::get_if<ExportTrailer>(&line.content)) {
      AIRSSYS_TRY_VOID(compare(reader, *trailer));
      return false;
    }
    const auto& entry = std::get<ExportEntry>(line.content);
    ++keys;
    bytes += entry.key.size() + entry.value.size();
    hash_.add(line.raw.text());
    hash_.add("\n");
    return true;
  }
  // When there are no more. There are both, header and trailer, or neither (R6.12).
  Result<> end(const ExportReader& reader) const {
    if (!header_ || trailer_) return {};
    return reader.refuse(Code::corrupt,
                         "is the last line, and the file began with a header: its end with the trailer is missing");
  }
  [[nodiscard]] bool has_trailer() const noexcept { return trailer_; }
  // Once, at the end.
  [[nodiscard]] const std::string& sha256() {
    if (sha256_.empty()) sha256_ = hash_.hex();
    return sha256_;
  }

  std::uint64_t keys = 0, bytes = 0;

 private:
  Result<> compare(const ExportReader& reader, const ExportTrailer& trailer) {
    trailer_ = true;
    if (!header_) return reader.refuse(Code::corrupt, "a trailer, and the file began without a header: its beginning is missing");
    if (trailer.keys != keys || trailer.bytes != bytes)
      return reader.refuse(Code::corrupt, fmt::format("the trailer counts {} keys and {} bytes, the lines before it have {} and "
                                                      "{}; some are missing or were added",
                                                      trailer.keys, trailer.bytes, keys, bytes));
    if (trailer.sha256 == sha256()) return {};
    return reader.refuse(Code::corrupt, "the lines before the trailer are not those that it was made of: its sha256 differs");
  }

  std::uint64_t lines_ = 0;
  Sha256 hash_;
  std::string sha256_;
  bool header_ = false, trailer_ = false;
};

// One import: check() reads everything and changes nothing, apply() reads it once more.
class Import {
 public:
  // No backend: only the file is checked.
  Import(StorageBackend* backend, const Descriptor& file, std::string_view name, const ImportOptions& options)
      : backend_(backend),
        file_(file),
        name_(name),
        options_(options),
        progress_(options.watch) {}

  Result<> check() {
    ExportReader reader(file_, name_);
    Contents contents;
    AIRSSYS_TRY_VOID(for_each_entry(reader, contents, [&](const ExportEntry& entry) { return check(reader, entry); }));
    report_.keys = contents.keys;
    report_.bytes = contents.bytes;
    report_.stores = stores_.size();
    report_.trailer = contents.has_trailer();
    sha256_ = contents.sha256();
    if (backend_ && options_.mode == ImportMode::replace) AIRSSYS_TRY_VOID(count_removed());
    if (backend_ && options_.limit_of) AIRSSYS_TRY_VOID(check_limits());
    return {};
  }

  Result<> apply() {
    AIRSSYS_TRY_VOID(forget_usage(*backend_));
    AIRSSYS_TRY(ImportJournal journal, ImportJournal::begin(*backend_));
    auto done = write(journal);
    if (done) done = journal.commit();
    if (done) return {};
    if (const auto undone = journal.undo(); !undone)
      return std::unexpected(std::move(done).error().within(
          fmt::format("nothing of it stays: what was written is undone when the store is opened next, as it cannot be now ({})",
                      undone.error().message())));
    return done;
  }

  [[nodiscard]] const ImportReport& report() const noexcept { return report_; }

 private:
  template <class Take>
  Result<> for_each_entry(ExportReader& reader, Contents& contents, Take&& take) {
    for (;;) {
      AIRSSYS_TRY(const auto line, reader.next());
      if (!line) return contents.end(reader);
      AIRSSYS_TRY(const bool is_entry, contents.take(reader, *line));
      if (!is_entry) continue;
      const auto& entry = std::get<ExportEntry>(line->content);
      AIRSSYS_TRY_VOID(take(entry));
      AIRSSYS_TRY_VOID(progress_.step(entry.key.size() + entry.value.size()));
    }
  }

  std::unexpected<Error> doubled(const ExportReader& reader, const ExportEntry& entry) const {
    return reader.refuse(Code::corrupt,
                         fmt::format("the key {} of {} is in the file twice", airssys::quoted(entry.key), entry.store.text()));
  }

  // Where keys come in their order a doubled one is seen here, elsewhere when it is set.
  Result<> check(const ExportReader& reader, const ExportEntry& entry) {
    if (!stores_.contains(entry.store) && stores_.size() == max_stores)
      return reader.refuse(Code::exhausted, fmt::format("more than {} stores in one file; split it", max_stores));
    std::string& highest = stores_[entry.store];
    if (highest == entry.key) return doubled(reader, entry);
    highest = std::max(highest, entry.key);
    auto& growth = growth_[entry.store.account()];
    growth += static_cast<std::int64_t>(entry.key.size() + entry.value.size());
    if (!backend_) return {};
    AIRSSYS_TRY(const auto there, backend_->size_of(Keyspace::guests, physical_key(entry)));
    if (!there) return {};
    ++report_.overwritten;
    if (options_.mode == ImportMode::fail_on_conflict)
      return reader.refuse(Code::already_exists, fmt::format("{} has the key {} already; --mode merge overwrites it, --mode "
                                                             "replace empties the store first",
                                                             entry.store.text(), airssys::quoted(entry.key)));
    if (options_.mode == ImportMode::merge) growth -= static_cast<std::int64_t>(entry.key.size() + *there);
    return {};
  }

  template <class Visit>
  Result<> scan_store(const StoreId& id, Visit&& visit) {
    const std::string from = id.prefix(), to = end_of_prefix(from);
    return scan_each(*backend_, Keyspace::guests, {from, to}, [&](std::string_view key, std::string_view value) -> Result<> {
      AIRSSYS_TRY_VOID(visit(key, value));
      return progress_.step(key.size() + value.size());
    });
  }

  Result<> count_removed() {
    std::uint64_t before = 0;
    for (const auto& [id, highest] : stores_) {
      auto& growth = growth_[id.account()];
      const std::size_t prefix = id.prefix().size();
      AIRSSYS_TRY_VOID(scan_store(id, [&](std::string_view key, std::string_view value) -> Result<> {
        ++before;
        growth -= static_cast<std::int64_t>(key.size() - prefix + value.size());
        return {};
      }));
    }
    // Of a file with a doubled key too many are overwritten; it is refused later.
    report_.removed = before - std::min(before, report_.overwritten);
    return {};
  }

  Result<std::uint64_t> used_by(const StoreId& account, const std::optional<UsageOfAccounts>& recorded) {
    std::uint64_t used = 0;
    if (recorded) {
      const auto found = recorded->find(account);
      return found == recorded->end() ? 0 : found->second.bytes;
    }
    StoreCursor stores;
    const StorageSelection all = StorageSelection::of_account(account);
    for (const auto& [from, to] : all.ranges())
      AIRSSYS_TRY_VOID(
          scan_each(*backend_, Keyspace::guests, {from, to}, [&](std::string_view physical, std::string_view value) -> Result<> {
            const auto found = stores.at(physical);
            used += (found ? found->second : physical).size() + value.size();
            return progress_.step(physical.size() + value.size());
          }));
    return used;
  }

  Result<> check_limits() {
    AIRSSYS_TRY(const auto recorded, recorded_usage(*backend_));
    for (const auto& [account, growth] : growth_) {
      if (growth <= 0) continue;
      AIRSSYS_TRY(const std::uint64_t used, used_by(account, recorded));
      const std::uint64_t limit = options_.limit_of(account), wanted = used + static_cast<std::uint64_t>(growth);
      if (wanted > limit)
        return fail(Code::exhausted,
                    fmt::format("{}: {} would hold {} ({} bytes) and may hold {}; --storage-limit gives it more, and "
                                "--ignore-quota lets it in",
                                printable(name_, name_.size()), account.text(), format_size(wanted), wanted, format_size(limit)));
    }
    return {};
  }

  Result<> write(ImportJournal& journal) {
    // What the file does not bring back is gone then.
    if (options_.mode == ImportMode::replace) {
      for (const auto& [id, highest] : stores_)
        AIRSSYS_TRY_VOID(
            scan_store(id, [&](std::string_view key, std::string_view value) -> Result<> { return journal.remove(key, value); }));
      AIRSSYS_TRY_VOID(journal.write());
    }
    ExportReader reader(file_, name_);
    Contents contents;
    AIRSSYS_TRY_VOID(for_each_entry(reader, contents, [&](const ExportEntry& entry) -> Result<> {
      AIRSSYS_TRY(const bool is_new, journal.set(physical_key(entry), entry.value));
      if (!is_new) return doubled(reader, entry);
      return {};
    }));
    if (contents.sha256() == sha256_ && contents.keys == report_.keys) return {};
    return fail(Code::corrupt,
                fmt::format("{}: has changed while it was read; nothing of it was taken", printable(name_, name_.size())));
  }

  StorageBackend* const backend_;
  const Descriptor& file_;
  const std::string name_;
  const ImportOptions& options_;
  Progress progress_;
  ImportReport report_;
  std::string sha256_;
  std::map<StoreId, std::string> stores_;  // that the file names, each with its highest key so far
  std::map<StoreId, std::int64_t> growth_;  // of accounts, in bytes
};

}  // namespace

std::string_view import_mode_name(ImportMode mode) noexcept { return mode_names[static_cast<std::size_t>(mode)]; }

std::optional<ImportMode> parse_import_mode(std::string_view text) noexcept {
  const auto found = std::ranges::find(mode_names, text);
  if (found == mode_names.end()) return std::nullopt;
  return static_cast<ImportMode>(found - mode_names.begin());
}

Result<ImportReport> import_storage(StorageBackend& backend, const Descriptor& file, std::string_view name,
                                    const ImportOptions& options) {
  AIRSSYS_TRY_VOID(recover_transfer(backend));
  Import import(&backend, file, name, options);
  AIRSSYS_TRY_VOID(import.check());
  if (!options.dry_run) AIRSSYS_TRY_VOID(import.apply());
  return import.report();
}

Result<ImportReport> check_export(const Descriptor& file, std::string_view name, const TransferWatch& watch) {
  const ImportOptions options{.mode = {}, .dry_run = true, .limit_of = {}, .watch = watch};
  Import import(nullptr, file, name, options);
  AIRSSYS_TRY_VOID(import.check());
  return import.report();
}

}  // namespace airssys::wasm
