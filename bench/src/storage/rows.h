// The rows of the group `storage`.
#pragma once
#include "../serve.h"
#include "airssys/base/platform.h"

namespace airssys::bench {

// Backends with 100 000 entries of 1 KiB, and RocksDB called directly with the same options: rocksdb.get, .set, .scan (100
// entries), .sync (a set, and its wait for the disk), rocksdb.get.p50, .p99, rocksdb.set.p50, .p99; the same of raw and sled.
void add_backend_rows(Platform& platform, Rows& rows);
// rocksdb.reopen, sled.reopen: opening after the process that wrote was killed. `program`: this one, for that process.
void add_reopen_rows(Platform& platform, const char* program, Rows& rows);
// That process: writes 32 MiB, says so on standard output, and goes on.
int write_until_killed(std::string_view kind, std::string_view directory);

}  // namespace airssys::bench
