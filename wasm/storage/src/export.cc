#include <fmt/format.h>

#include "airssys/base/text.h"
#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/storage/export_format.h"
#include "new_file.h"
#include "scanning.h"
#include "sha256.h"

namespace airssys::wasm {

Result<ExportReport> export_storage(const StorageBackend& backend, const StorageSelection& what, WallTime now,
                                    const LineSink& sink, const TransferWatch& watch) {
  ExportTrailer done;
  Sha256 hash;
  Progress progress(watch);
  StoreCursor stores;
  const std::string at = format_rfc3339(now);
  AIRSSYS_TRY_VOID(sink(export_line(ExportHeader{.backend = std::string(backend.name()), .created = now})));
  const auto put = [&](std::string_view physical, std::string_view value) -> Result<> {
    const auto found = stores.at(physical);
    if (!found)
      return fail(Code::corrupt, fmt::format("the key {} belongs to no store; `airssys-wasm storage verify` lists all such keys, "
                                             "and an export of one component goes past them",
                                             airssys::quoted(physical)));
    const auto& [store, key] = *found;
    const std::string line = export_line(*store, key, value, at);
    hash.add(line);
    ++done.keys;
    done.bytes += key.size() + value.size();
    AIRSSYS_TRY_VOID(sink(line));
    return progress.step(key.size() + value.size());
  };
  for (const auto& [from, to] : what.ranges()) AIRSSYS_TRY_VOID(scan_each(backend, Keyspace::guests, {from, to}, put));
  done.sha256 = hash.hex();
  AIRSSYS_TRY_VOID(sink(export_line(done)));
  return ExportReport{.keys = done.keys, .bytes = done.bytes, .sha256 = done.sha256};
}

Result<ExportReport> export_to_file(const StorageBackend& backend, const StorageSelection& what, WallTime now,
                                    const std::filesystem::path& file, const TransferWatch& watch) {
  AIRSSYS_TRY(NewFile made, NewFile::create(file));
  AIRSSYS_TRY(ExportReport report,
              export_storage(backend, what, now, [&](std::string_view lines) { return made.append(lines); }, watch));
  AIRSSYS_TRY_VOID(made.commit());
  return report;
}

}  // namespace airssys::wasm
