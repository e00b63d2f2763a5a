// The rows of the group `storage`.
#pragma once
#include "../serve.h"
#include "airssys/base/platform.h"

namespace airssys::bench {

// Backends with 100 000 entries of 1 KiB, and RocksDB called directly with the same options: rocksdb.get, .set, .scan (100
// entries), .sync (a set, and its wait for the disk), rocksdb.get.p50, .p99, rocksdb.set.p50, .p99; the same of raw, of sled, and
// of store, which is a component's over our RocksDB backend.
void add_backend_rows(Platform& platform, Rows& rows);
// commit.N: sets of 1 KiB, synchronised, of N components that each wait for theirs; commit.raw: one after the other by one,
// without a store. quota: a small set over memory, where the store's own work is most of it; quota.raw: without a store.
void add_store_rows(Platform& platform, Rows& rows);
// guest.get, guest.set: 1 KiB from and to storage that answers at once, called by a guest; guest.call, guest.send: the same from
// and to other functions of such a host. On a fiber: guest.get.fiber, ….
void add_guest_rows(Platform& platform, Rows& rows);
// rocksdb.reopen, sled.reopen: opening after the process that wrote was killed. `program`: this one, for that process.
void add_reopen_rows(Platform& platform, const char* program, Rows& rows);
// size.SHAPE.ROW, and size.raw.SHAPE.ROW of RocksDB called directly. Shapes: large.256m, large.2g, one component with as much;
// many.1000, many.10000, so many components with 250 and 100 KiB each. Rows: get, set, scan (100 entries); open, and recount,
// where the last host was killed; check, which compares what is counted with what is there; disk, bytes of files for each byte
// kept. Of many, bytes: of memory, for each component at rest. 10k.rocksdb.ROW, 10k.sled.ROW: keys, check of a component with
// 10 000.
void add_size_rows(Platform& platform, Rows& rows);
// The process of reopen: writes 32 MiB, says so on standard output, and goes on.
int write_until_killed(std::string_view kind, std::string_view directory);

}  // namespace airssys::bench
