/* The part of the C ABI that works on WIT and core modules instead of running components: what developers' builds use.
 * The rules of bridge.h hold here too. Any thread. */
#pragma once
#include "airssys/wasm/bridge/bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- making components ------------------------------------------------------------------------------------------------- */

/* Core module (binary, or WAT text) + world → component. `wit_dir` is a folder of WIT files, one package; empty: the host's own
 * packages, built in. Both empty: the module carries its world in a custom section, or is a component already and comes back
 * as it is, in binary. A module that imports wasi_snapshot_preview1 gets the built-in adapter, which imports WASI 0.2. */
aw_error* aw_encode_component(aw_bytes module, aw_str wit_dir, aw_str world, aw_buf* out) AW_NOEXCEPT;
/* Bindings for a guest of `world` in a language ("c", "cpp", "go", "rust"), `wit_dir` as above: calls `file` once for each file,
 * with its name, a path below a folder of its own, and content. C++ has those of C, and wit.hpp for what they leave to free. */
aw_error* aw_generate_bindings(aw_str language, aw_str wit_dir, aw_str world,
                               void (*file)(void* context, aw_str name, aw_bytes content) AW_NOEXCEPT, void* context) AW_NOEXCEPT;

/* ---- reading WIT -------------------------------------------------------------------------------------------------------- */

/* What does not parse is AW_ENCODE, with its place. A path is that of a folder with its deps/, or of one file; empty: the
 * host's own packages. What it needs of those and does not have beside it, it gets. */

/* An item that is deprecated now and was not is named for that, beside what else changed of it; it breaks nobody. */
enum aw_wit_change { AW_WIT_REMOVED = 0, AW_WIT_CHANGED, AW_WIT_ADDED, AW_WIT_DEPRECATED };
typedef struct {
  uint32_t change; /* aw_wit_change */
  uint8_t breaks; /* components that were built against the old one */
  aw_str item; /* "airssys:core/messaging.send-message", without version; "airssys:core/component imports …" */
  aw_str before, after; /* its type; empty where it is not there. AW_WIT_DEPRECATED: after says since which version */
} aw_wit_difference;
/* Calls `difference` once for each, in the order of the names, those that are new last. */
aw_error* aw_wit_diff(aw_str old_path, aw_str new_path,
                      void (*difference)(void* context, const aw_wit_difference* one) AW_NOEXCEPT, void* context) AW_NOEXCEPT;

typedef struct {
  aw_str interface, name, type;
  aw_str needs; /* capabilities, as in aw_description_visitor; empty when there is a problem */
  aw_str problem; /* with its annotation, and its place; empty: none */
} aw_wit_function;
/* Calls `function` once for each function that a host offers. `text` is one package, read instead of a path; null: the path. */
aw_error* aw_wit_check(aw_str path, const aw_str* text, void (*function)(void* context, const aw_wit_function* one) AW_NOEXCEPT,
                       void* context) AW_NOEXCEPT;

#ifdef __cplusplus
}
#endif
