#include "account_deletions.h"

#include <fmt/format.h>

#include <utility>

#include "emptying.h"
#include "transfer_journal.h"

namespace airssys::wasm {
namespace {

Result<bool> has_any(const StorageBackend& backend, const StorageSelection& what) {
  bool any = false;
  for (const auto& [from, to] : what.ranges())
    AIRSSYS_TRY_VOID(backend.scan(Keyspace::guests, {from, to}, [&](std::string_view, std::string_view) {
      any = true;
      return false;
    }));
  return any;
}

std::expected<void, StoreError> empty(StorageAccount& account, const StorageSelection& what, DeletionReport& report) {
  for (const auto& [from, to] : what.ranges()) {
    Emptying emptying(account, from, to);
    StoreResult<bool> more = true;
    while (more && *more) more = emptying.step();
    report.keys += emptying.deleted().keys;
    report.bytes += emptying.deleted().bytes;
    if (!more) return std::unexpected(std::move(more).error());
  }
  return {};
}

}  // namespace

Result<DeletionReport> AccountDeletions::erase(std::shared_ptr<StorageAccount> account, const StorageSelection& what,
                                               Durability durability) {
  const std::scoped_lock lock(mutex_);
  StorageBackend& backend = *account->context().backend;
  AIRSSYS_TRY_VOID(end());  // of one before, whose end failed
  AIRSSYS_TRY(const bool any, has_any(backend, what));
  if (!any) return DeletionReport{};

  account->refuse_sets(true);
  begun_ = account;
  Result<> begun;
  if (durability == Durability::disk) {
    if (const auto line = begin_deletion(backend, what); !line) begun = std::unexpected(line.error());
  }
  DeletionReport report;
  std::expected<void, StoreError> emptied;
  if (begun) emptied = empty(*account, what, report);
  if (durability == Durability::process) {
    account->refuse_sets(false);
    begun_.reset();
  }
  const Result<> ended = end();
  const std::string& id = account->id().text();
  if (!ended)
    return fail(ended.error().code(),
                fmt::format("{} keys of {} are deleted; until the host starts again, which deletes what is left, nothing can be "
                            "set there: {}",
                            report.keys, id, ended.error().message()));
  if (!begun) return std::unexpected(begun.error());
  if (!emptied)
    return fail(
        emptied.error().failure == StorageFailure::unavailable ? Code::unavailable : Code::io,
        fmt::format("{} keys of {} are deleted, the others are as they were: {}", report.keys, id, emptied.error().reason));
  return report;
}

Result<> AccountDeletions::end() {
  if (!begun_) return {};
  AIRSSYS_TRY_VOID(end_deletion(*begun_->context().backend));
  begun_->refuse_sets(false);
  begun_.reset();
  return {};
}

}  // namespace airssys::wasm
