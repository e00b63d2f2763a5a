#include "transfer_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "airssys/base/text.h"
#include "airssys/wasm/storage/usage_record.h"
#include "scanning.h"

namespace airssys::wasm {
namespace {

constexpr std::string_view state_key = "transfer";
constexpr std::string_view undo_prefix = "transfer/undo/";
constexpr std::string_view import_state = "1 import", delete_state = "1 delete";
constexpr char was_absent = '-', had_value = '+';

std::string undo_key(std::string_view physical) { return std::string(undo_prefix).append(physical); }

Result<> write_state(StorageBackend& backend, std::optional<std::string_view> state) {
  const std::array writes{StorageWrite{state_key, state}};
  return backend.write(Keyspace::host, writes, Durability::disk);
}

// Once nothing refers to it any more.
Result<> clear_journal(StorageBackend& backend) {
  PendingWrites going(backend, Keyspace::host, Durability::process);
  const std::string end = end_of_prefix(undo_prefix);
  AIRSSYS_TRY_VOID(scan_each(backend, Keyspace::host, {undo_prefix, end},
                             [&](std::string_view key, std::string_view) { return going.add(key, std::nullopt); }));
  return going.write();
}

// With the state it is decided: what of the journal cannot be removed now, the next recover_transfer() removes.
Result<> end_import(StorageBackend& backend) {
  AIRSSYS_TRY_VOID(backend.flush());
  AIRSSYS_TRY_VOID(write_state(backend, std::nullopt));
  [[maybe_unused]] const Result<> cleared = clear_journal(backend);
  return {};
}

Result<std::uint64_t> undo_import(StorageBackend& backend) {
  std::uint64_t keys = 0;
  PendingWrites back(backend, Keyspace::guests, Durability::process);
  const std::string end = end_of_prefix(undo_prefix);
  AIRSSYS_TRY_VOID(
      scan_each(backend, Keyspace::host, {undo_prefix, end}, [&](std::string_view key, std::string_view line) -> Result<> {
        key.remove_prefix(undo_prefix.size());
        ++keys;
        if (!line.empty() && line.front() == had_value) return back.add(key, line.substr(1));
        if (line.size() == 1 && line.front() == was_absent) return back.add(key, std::nullopt);
        return fail(Code::corrupt, fmt::format("the journal of an import says nothing readable about {}", airssys::quoted(key)));
      }));
  AIRSSYS_TRY_VOID(back.write());
  AIRSSYS_TRY_VOID(end_import(backend));
  return keys;
}

}  // namespace

Result<> PendingWrites::add(std::string_view key, std::optional<std::string_view> value) {
  keys_.emplace_back(key, value);
  bytes_ += key.size() + value.value_or("").size();
  return keys_.size() < max_pending_keys && bytes_ < max_pending_bytes ? Result<>() : write();
}

Result<> PendingWrites::write() {
  if (keys_.empty()) return {};
  std::vector<StorageWrite> writes;
  writes.reserve(keys_.size());
  for (const auto& [key, value] : keys_) writes.push_back({key, value});
  AIRSSYS_TRY_VOID(backend_.write(space_, writes, durability_));
  keys_.clear();
  bytes_ = 0;
  return {};
}

Result<ImportJournal> ImportJournal::begin(StorageBackend& backend) {
  AIRSSYS_TRY_VOID(write_state(backend, import_state));
  return ImportJournal(backend);
}

Result<bool> ImportJournal::set(std::string_view physical, const Bytes& value) {
  if (pending_.contains(physical)) return false;
  AIRSSYS_TRY(const auto recorded, backend_->size_of(Keyspace::host, undo_key(physical)));
  Change change{.value = value, .undo = {}};
  if (recorded) {
    // It was removed by this import, or set.
    AIRSSYS_TRY(const auto there, backend_->size_of(Keyspace::guests, physical));
    if (there) return false;
  } else {
    std::string before;
    AIRSSYS_TRY(const bool found, backend_->get(Keyspace::guests, physical, before));
    change.undo = found ? had_value + before : std::string(1, was_absent);
  }
  AIRSSYS_TRY_VOID(add(physical, std::move(change)));
  return true;
}

Result<> ImportJournal::remove(std::string_view physical, std::string_view before) {
  return add(physical, {.value = {}, .undo = had_value + std::string(before)});
}

Result<> ImportJournal::add(std::string_view physical, Change change) {
  bytes_ += 2 * physical.size() + (change.value ? change.value->size() : 0) + (change.undo ? change.undo->size() : 0);
  pending_.emplace(physical, std::move(change));
  return pending_.size() < max_pending_keys && bytes_ < max_pending_bytes ? Result<>() : write();
}

Result<> ImportJournal::write() {
  std::vector<std::string> undo_keys;
  std::vector<StorageWrite> lines, changes;
  undo_keys.reserve(pending_.size());  // what `lines` points to stays where it is
  for (const auto& [physical, change] : pending_) {
    changes.push_back({physical, change.value ? std::optional(change.value->text()) : std::nullopt});
    if (change.undo) lines.push_back({undo_keys.emplace_back(undo_key(physical)), *change.undo});
  }
  if (!lines.empty()) AIRSSYS_TRY_VOID(backend_->write(Keyspace::host, lines, Durability::disk));
  if (!changes.empty()) AIRSSYS_TRY_VOID(backend_->write(Keyspace::guests, changes, Durability::process));
  pending_.clear();
  bytes_ = 0;
  return {};
}

Result<> ImportJournal::commit() {
  AIRSSYS_TRY_VOID(write());
  return end_import(*backend_);
}

Result<> ImportJournal::undo() {
  pending_.clear();
  AIRSSYS_TRY_VOID(undo_import(*backend_));
  return {};
}

Result<std::string> begin_deletion(StorageBackend& backend, const StorageSelection& what) {
  std::string line(delete_state);
  for (const auto& [from, to] : what.ranges()) line += fmt::format("\n{}\n{}", from, to);
  AIRSSYS_TRY_VOID(write_state(backend, line));
  return line;
}

Result<DeletionReport> finish_deletion(StorageBackend& backend, std::string_view line, const TransferWatch& watch) {
  DeletionReport report;
  PendingWrites going(backend, Keyspace::guests, Durability::process);
  StoreCursor stores;
  line.remove_prefix(delete_state.size());
  const auto next = [&] {
    line.remove_prefix(std::min<std::size_t>(line.size(), 1));
    const std::string_view word = line.substr(0, line.find('\n'));
    line.remove_prefix(word.size());
    return word;
  };
  while (!line.empty()) {
    const std::string_view from = next(), to = next();
    AIRSSYS_TRY_VOID(scan_each(backend, Keyspace::guests, {from, to}, [&](std::string_view physical, std::string_view value) {
      const auto found = stores.at(physical);
      ++report.keys;
      report.bytes += (found ? found->second : physical).size() + value.size();
      // Nobody can end it now.
      if (watch) [[maybe_unused]]
        const bool ignored = watch(report.keys, report.bytes);
      return going.add(physical, std::nullopt);
    }));
  }
  AIRSSYS_TRY_VOID(going.write());
  AIRSSYS_TRY_VOID(end_deletion(backend));
  return report;
}

Result<> end_deletion(StorageBackend& backend) {
  AIRSSYS_TRY_VOID(backend.flush());
  return write_state(backend, std::nullopt);
}

Result<DeletionReport> delete_stores(StorageBackend& backend, const StorageSelection& what, const TransferWatch& watch) {
  AIRSSYS_TRY_VOID(recover_transfer(backend));
  AIRSSYS_TRY_VOID(forget_usage(backend));
  AIRSSYS_TRY(const std::string line, begin_deletion(backend, what));
  return finish_deletion(backend, line, watch);
}

Result<RecoveredTransfer> recover_transfer(StorageBackend& backend) {
  std::string state;
  AIRSSYS_TRY(const bool left, backend.get(Keyspace::host, state_key, state));
  if (!left) {
    AIRSSYS_TRY_VOID(clear_journal(backend));
    return RecoveredTransfer{};
  }
  // A host that could not end its deletion has written down what it counted.
  AIRSSYS_TRY_VOID(forget_usage(backend));
  if (state == import_state) {
    AIRSSYS_TRY(const std::uint64_t keys, undo_import(backend));
    return RecoveredTransfer{.kind = RecoveredTransfer::Kind::import_undone, .keys = keys};
  }
  if (state.starts_with(delete_state)) {
    AIRSSYS_TRY(const DeletionReport report, finish_deletion(backend, state, {}));
    return RecoveredTransfer{.kind = RecoveredTransfer::Kind::deletion_finished, .keys = report.keys};
  }
  return fail(Code::version_mismatch, fmt::format("another version of this program left {} unfinished; open it with that one",
                                                  airssys::quoted(state.substr(0, state.find('\n')))));
}

}  // namespace airssys::wasm
