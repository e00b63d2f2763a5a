/* The key-value store sled, which is a Rust crate: what wasm/storage keeps components' state with, where it is chosen. The rules
 * of bridge.h hold here too. Any thread, any number at once.
 *
 * AW_IO: what the system said. AW_CORRUPT: what is read is not what was written. After an AW_IO of a write the store takes no
 * more writes until it is opened again, and what it had not flushed is lost then. AW_INTERNAL: sled panicked; then the
 * store takes nothing any more, and every call says so. */
#pragma once
#include "airssys/wasm/bridge/bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aw_sled aw_sled;
/* The store in the folder `path`, which is made when it is not there. sled locks it: another process gets AW_IO. */
aw_error* aw_sled_open(aw_str path, uint64_t cache_bytes, aw_sled** out) AW_NOEXCEPT;
/* Flushes, and returns when the folder can be opened again. No other call may be under way. */
void aw_sled_delete(aw_sled* store) AW_NOEXCEPT;

/* A store has so many trees, which never mix: `tree` is below it. */
#define AW_SLED_TREES 2
typedef struct {
  aw_bytes key, value;
  uint8_t has_value; /* 0: the key is deleted */
} aw_sled_write;

/* Calls `found` with `to`, once, before it returns, when there is such a key. */
aw_error* aw_sled_get(const aw_sled* store, uint32_t tree, aw_bytes key, void* to,
                      void (*found)(void* to, aw_bytes value) AW_NOEXCEPT) AW_NOEXCEPT;
/* All of them, in their order, or none. They are in memory when it returns: a kill loses them until aw_sled_flush. */
aw_error* aw_sled_apply(const aw_sled* store, uint32_t tree, const aw_sled_write* writes, size_t count) AW_NOEXCEPT;
/* Calls `visit` with `to` for each key from `from` on that is less than `end` (empty: all), in the order of their unsigned bytes,
 * until it answers 0. What is written meanwhile may be seen or not. */
aw_error* aw_sled_scan(const aw_sled* store, uint32_t tree, aw_bytes from, aw_bytes end, void* to,
                       uint8_t (*visit)(void* to, aw_bytes key, aw_bytes value) AW_NOEXCEPT) AW_NOEXCEPT;
/* Hands everything to the operating system; for the disk, the caller synchronises its files. */
aw_error* aw_sled_flush(const aw_sled* store) AW_NOEXCEPT;

#ifdef __cplusplus
}
#endif
