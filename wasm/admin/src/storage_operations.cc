#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "airssys/base/text.h"
#include "airssys/wasm/storage/maintenance.h"
#include "airssys/wasm/storage/storage.h"
#include "airssys/wasm/storage/transfer.h"
#include "operations.h"

namespace airssys::wasm {
namespace {

// One of the requests for work on storage; `done` says how far it may go on.
class StorageWork {
 public:
  StorageWork(Storage& storage, Platform& platform, const std::function<bool()>& wanted)
      : storage_(storage),
        platform_(platform),
        watch_([&wanted](std::uint64_t, std::uint64_t) { return wanted(); }) {}

  Result<std::string> operator()(const AdminStorageList&) const {
    const StorageReport report = storage_.report();
    AdminStorageAccounts list{.backend = std::string(report.backend), .disk_bytes = report.bytes, .accounts = {}};
    for (const AccountReport& account : report.accounts) {
      if (account.used.keys == 0) continue;
      if (list.accounts.size() == max_admin_accounts)
        ++list.dropped;
      else
        list.accounts.push_back(
            {.component = account.id.text(), .keys = account.used.keys, .bytes = account.used.bytes, .quota = account.limit});
    }
    return admin_answer_line(list);
  }
  Result<std::string> operator()(const AdminStorageExport& request) const {
    StorageSelection what;
    if (!request.component.empty()) {
      AIRSSYS_TRY(what, StorageSelection::parse(request.component));
    }
    AIRSSYS_TRY_VOID(absolute(request.file));
    AIRSSYS_TRY(const ExportReport report, export_to_file(storage_.backend(), what, platform_.wall_now(), request.file, watch_));
    return admin_answer_line(AdminStorageDone{.keys = report.keys, .bytes = report.bytes, .sha256 = report.sha256});
  }
  Result<std::string> operator()(const AdminStorageDelete& request) const {
    AIRSSYS_TRY(const StorageSelection what, StorageSelection::parse(request.component));
    AIRSSYS_TRY(const DeletionReport gone, storage_.erase(what, Durability::disk));
    return admin_answer_line(AdminStorageDone{.keys = gone.keys, .bytes = gone.bytes, .sha256 = {}});
  }
  Result<std::string> operator()(const AdminStorageVerify&) const {
    AIRSSYS_TRY(VerifyReport report, verify_storage(storage_.backend(), watch_));
    AIRSSYS_TRY_VOID(storage_.check());
    for (const AccountReport& account : storage_.report().accounts)
      if (account.drift != 0 && report.problems.size() < VerifyReport::max_problems)
        report.problems.push_back(fmt::format("{}: the host had counted {} bytes too {}; it counts on from what is there",
                                              account.id.text(), std::abs(account.drift), account.drift < 0 ? "many" : "few"));
    AdminStorageVerified verified{.backend = std::string(storage_.backend().name()),
                                  .stores = report.stores.size(),
                                  .keys = report.digest.keys,
                                  .bytes = 0,
                                  .sha256 = report.digest.sha256,
                                  .problems = report.problems,
                                  .more_problems = report.more_problems};
    for (const auto& store : report.stores) verified.bytes += store.bytes;
    return admin_answer_line(verified);
  }
  Result<std::string> operator()(const AdminStorageCompact&) const {
    StorageBackend& backend = storage_.backend();
    const std::uint64_t before = backend.bytes();
    AIRSSYS_TRY_VOID(backend.compact());
    return admin_answer_line(AdminStorageCompacted{.before = before, .after = backend.bytes()});
  }
  Result<std::string> operator()(const AdminStorageBackup& request) const {
    AIRSSYS_TRY_VOID(absolute(request.to));
    AIRSSYS_TRY(const BackupManifest manifest, back_up_storage(storage_.backend(), request.to, platform_.wall_now(), watch_));
    return admin_answer_line(
        AdminStorageDone{.keys = manifest.guests.keys, .bytes = manifest.guests.bytes, .sha256 = manifest.guests.sha256});
  }
  Result<std::string> operator()(const auto&) const { return fail(Code::internal, "no work on storage"); }

 private:
  // Where this process happens to stand is nothing that a client knows.
  static Result<> absolute(const std::filesystem::path& path) {
    if (path.is_absolute()) return {};
    return fail(Code::invalid_argument, fmt::format("{}: is not absolute", airssys::quoted(path.native())));
  }

  Storage& storage_;
  Platform& platform_;
  const TransferWatch watch_;
};

}  // namespace

std::string Operations::work_on_storage(const AdminRequest& request, const std::function<bool()>& wanted) {
  auto line = std::visit(StorageWork(host_.storage(), platform_, wanted), request);
  return line ? *std::move(line) : admin_error_line(line.error());
}

}  // namespace airssys::wasm
