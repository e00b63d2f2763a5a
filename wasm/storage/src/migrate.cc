#include <fmt/format.h>

#include "airssys/wasm/storage/transfer.h"
#include "scanning.h"
#include "sha256.h"
#include "transfer_journal.h"

namespace airssys::wasm {
namespace {

Result<StorageDigest> digest(const StorageBackend& backend, Keyspace space, Progress& progress) {
  StorageDigest digest;
  Sha256 hash;
  AIRSSYS_TRY_VOID(scan_each(backend, space, {}, [&](std::string_view key, std::string_view value) {
    ++digest.keys;
    digest.bytes += key.size() + value.size();
    hash.add_framed(key);
    hash.add_framed(value);
    return progress.step(key.size() + value.size());
  }));
  digest.sha256 = hash.hex();
  return digest;
}

Result<> refuse_unless_empty(const StorageBackend& backend) {
  for (const Keyspace space : {Keyspace::guests, Keyspace::host})
    AIRSSYS_TRY_VOID(scan_each(backend, space, {}, [](std::string_view, std::string_view) -> Result<> {
      return fail(Code::already_exists, "what is copied to holds something already; copy to a folder that is not there yet");
    }));
  return {};
}

}  // namespace

Result<StorageDigest> digest_storage(const StorageBackend& backend, Keyspace space, const TransferWatch& watch) {
  Progress progress(watch);
  return digest(backend, space, progress);
}

Result<StorageDigest> copy_storage(const StorageBackend& from, StorageBackend& to, const TransferWatch& watch) {
  AIRSSYS_TRY_VOID(refuse_unless_empty(to));
  Progress progress(watch);
  for (const Keyspace space : {Keyspace::guests, Keyspace::host}) {
    PendingWrites copied(to, space, Durability::process);
    const auto copy = [&](std::string_view key, std::string_view value) -> Result<> {
      AIRSSYS_TRY_VOID(copied.add(key, value));
      return progress.step(key.size() + value.size());
    };
    AIRSSYS_TRY_VOID(scan_each(from, space, {}, copy));
    AIRSSYS_TRY_VOID(copied.write());
  }
  AIRSSYS_TRY_VOID(to.flush());
  StorageDigest guests;
  for (const Keyspace space : {Keyspace::host, Keyspace::guests}) {
    AIRSSYS_TRY(const StorageDigest read, digest(from, space, progress));
    AIRSSYS_TRY(guests, digest(to, space, progress));
    if (guests != read)
      return fail(Code::corrupt, fmt::format("the copy is not what was read: {} keys with sha256 {} became {} with {}", read.keys,
                                             read.sha256, guests.keys, guests.sha256));
  }
  return guests;
}

}  // namespace airssys::wasm
