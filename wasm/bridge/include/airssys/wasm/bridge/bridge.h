/* The C ABI between the C++ host and Wasmtime. The Rust half is ../../../../src, the contract is this file, with host.h (what
 * guests may call) and values.h.
 *
 * Rules that hold everywhere
 * - No panic and no exception crosses: every function of ours catches unwinding; every callback of yours is noexcept.
 * - Errors are owned objects or null. `aw_error*` returned non-null is yours: aw_error_delete. Out-parameters are written
 *   on success only, but for `aw_outcome`, which is always written; a call without one is not made.
 * - aw_str and aw_bytes borrow for the duration of the call, unless said otherwise. A null pointer with length 0 is fine.
 *   aw_str is UTF-8; what is not becomes AW_INVALID_ARGUMENT, and in the answer of a callback is mended with U+FFFD.
 * - aw_buf is memory of the Rust side handed over: aw_buf_delete. A zeroed one owns nothing.
 * - `_delete` of null does nothing. Parents may be deleted before their children: children share what they need.
 * - Threads: engine, component and preinstance are immutable and may be used by any number of threads. An instance is used
 *   by one thread at a time, any thread; another call while one is running (from a host callback, say) is AW_BUSY.
 * - Callback tables are copied; `host` pointers must outlive the instance. A null function in a table is not offered to guests:
 *   a component that imports it is AW_LINK. */
#pragma once
#include "airssys/wasm/bridge/host.h"
#include "airssys/wasm/bridge/values.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------------------------------------------------------- */

enum aw_code {
  AW_INTERNAL = 1,        /* a panic was caught, or an error of the engine that has no case here */
  AW_INVALID_ARGUMENT,    /* bad UTF-8, null where forbidden */
  AW_INVALID_COMPONENT,   /* not well-formed, not a component, or uses a feature that is off */
  AW_LINK,                /* imports what the host does not offer, or lacks an export; the message names all of them */
  AW_BUSY,                /* the instance is inside a call */
  AW_POISONED,            /* the instance trapped, failed or was cancelled before; delete it */
  AW_POOL,                /* no free slot: the engine's max_instances or max_fibers are in use; or the system does not give
                             what the engine is configured for. The message says what to raise or lower */
  AW_LIMIT,               /* initial memory or tables are above the limits of the instance, or of the engine */
  AW_ENCODE,              /* the module and the WIT world do not make a component, or the WIT does not parse */
  AW_IO,                  /* a file or a disk; sled.h */
  AW_CORRUPT,             /* files are damaged; sled.h */
  AW_TRAP_OUT_OF_FUEL = 32,
  AW_TRAP_DEADLINE,       /* the epoch deadline passed */
  AW_TRAP_STACK_OVERFLOW,
  AW_TRAP_UNREACHABLE,
  AW_TRAP_MEMORY,         /* unreachable or out of bounds in a call in which memory.grow had been refused */
  AW_TRAP_OUT_OF_BOUNDS,  /* memory or table access; a call through a null function pointer or one of another type */
  AW_TRAP_INTEGER,        /* division by zero, overflow, bad conversion */
  AW_TRAP_BAD_HANDLE,
  AW_TRAP_HOST,           /* a host function ended the call */
  AW_TRAP_OTHER
};
typedef struct aw_error aw_error;
uint32_t aw_error_code(const aw_error* error) AW_NOEXCEPT;       /* aw_code */
aw_str aw_error_message(const aw_error* error) AW_NOEXCEPT;      /* one line; lives as long as the error */
aw_str aw_error_backtrace(const aw_error* error) AW_NOEXCEPT;    /* guest frames, innermost first, a line each; may be empty */
void aw_error_delete(aw_error* error) AW_NOEXCEPT;

/* ---- engine ---------------------------------------------------------------------------------------------------------- */

typedef struct {
  uint32_t max_instances;        /* live at once; the pool is reserved for them */
  uint32_t max_fibers;           /* of these on the fiber lane */
  uint64_t max_memory_bytes;     /* largest linear memory an instance may have */
  uint64_t keep_resident_bytes;  /* of a memory, kept and zeroed at reuse instead of given back to the kernel */
  uint64_t max_wasm_stack_bytes; /* of guest frames; past it AW_TRAP_STACK_OVERFLOW */
  uint64_t fiber_stack_bytes;    /* > max_wasm_stack_bytes: host functions run on the rest */
  uint64_t memory_reservation;   /* address space per memory, >= max_memory_bytes, bounds checked in code; 0: 4 GiB and guard
                                    pages, no such code */
  uint8_t pooling;               /* 0: memories are mapped one by one (tests) */
  uint8_t copy_on_write;         /* initial images mapped: fewer copies, four kernel mappings for each instance */
} aw_engine_config;
typedef struct aw_engine aw_engine;
aw_error* aw_engine_new(const aw_engine_config* config, aw_engine** out) AW_NOEXCEPT;
void aw_engine_delete(aw_engine* engine) AW_NOEXCEPT;
void aw_engine_tick(const aw_engine* engine) AW_NOEXCEPT; /* advances the epoch by one; any thread, also a signal handler */
/* Identifies engine version, configuration and processor: an artifact fits engines of an equal one only. */
uint64_t aw_engine_compatibility(const aw_engine* engine) AW_NOEXCEPT;
/* Live core instances, memories and fiber stacks of the pool; zeros without pooling. */
typedef struct {
  uint64_t core_instances, memories, tables, stacks;
} aw_pool_stats;
aw_pool_stats aw_engine_pool_stats(const aw_engine* engine) AW_NOEXCEPT;

/* ---- component ------------------------------------------------------------------------------------------------------- */

typedef struct aw_component aw_component;
/* Compiles: milliseconds to seconds, on the calling thread. */
aw_error* aw_component_compile(const aw_engine* engine, aw_bytes wasm, aw_component** out) AW_NOEXCEPT;
/* The same for another process: what aw_component_deserialize of an engine with this configuration takes. Needs no engine and
 * reserves no pool. Here a component with more than AW_MAX_ITEMS imports and exports, or whose types fill more than
 * AW_MAX_TYPE_TEXT bytes when they are written out, is AW_INVALID_COMPONENT: who describes or links it later is safe. */
#define AW_MAX_ITEMS 10000
#define AW_MAX_TYPE_TEXT (4 << 20)
aw_error* aw_component_precompile(const aw_engine_config* config, aw_bytes wasm, aw_buf* artifact) AW_NOEXCEPT;
aw_error* aw_component_serialize(const aw_component* component, aw_buf* out) AW_NOEXCEPT;
/* `artifact` is machine code that will run: only what aw_component_serialize gave on this machine and whose integrity the
 * caller has just verified. One of another engine version or configuration is AW_INVALID_COMPONENT. */
aw_error* aw_component_deserialize(const aw_engine* engine, aw_bytes artifact, aw_component** out) AW_NOEXCEPT;
void aw_component_delete(aw_component* component) AW_NOEXCEPT;

typedef struct {
  /* One per function or other item: interface ("airssys:core/messaging@1.0.0", empty for a root item), name, and its
   * type as text ("func(target: string, payload: list<u8>) -> result<_, …>"). Of a function that the host offers also the
   * capabilities that a caller needs ("messaging.send(target)", "none"); of what it does not offer an empty text. */
  void (*import_item)(void* context, aw_str interface, aw_str name, aw_str type, aw_str needs) AW_NOEXCEPT;
  void (*export_item)(void* context, aw_str interface, aw_str name, aw_str type) AW_NOEXCEPT;
} aw_description_visitor;
void aw_component_describe(const aw_component* component, const aw_description_visitor* visitor, void* context) AW_NOEXCEPT;

/* What one instance takes at birth: how many memories and tables, and the size of the largest of each. known = 0: it can't
 * be told in advance (the component imports modules). */
typedef struct {
  uint32_t memories, tables;
  uint64_t initial_memory_bytes, initial_table_elements;
  uint8_t known;
} aw_requirements;
aw_requirements aw_component_requirements(const aw_component* component) AW_NOEXCEPT;

/* What a component says about its memories, read off the file without validating or compiling it: how many the modules in it
 * define, and the initial size of all of them together. */
typedef struct {
  uint32_t memories;
  uint64_t initial_memory_bytes;
} aw_outline;
/* Microseconds; skips code. AW_INVALID_COMPONENT when the file's sections can't be told apart. */
aw_error* aw_component_outline(aw_bytes wasm, aw_outline* out) AW_NOEXCEPT;

/* ---- pre-instantiation ------------------------------------------------------------------------------------------------ */

enum aw_lane { AW_LANE_SYNC = 0, AW_LANE_FIBER = 1 };

/* A component linked to the host and checked against it (R2.6). Imports: the host has that interface in a version that is as
 * new, of the same major (below 1.0: minor), and in it that function of that type. Exports: `lifecycle`, or `lifecycle-min`,
 * with what it requires, of the right types. All that does not fit is in one AW_LINK (the first 32, and how many more).
 * Everything that can be done once for all instances. */
typedef struct aw_preinstance aw_preinstance;
aw_error* aw_preinstance_new(const aw_component* component, const aw_host_tables* tables, aw_preinstance** out) AW_NOEXCEPT;
void aw_preinstance_delete(aw_preinstance* preinstance) AW_NOEXCEPT;
/* AW_LANE_FIBER when the component imports something that waits: then all its instances are on that lane. */
uint32_t aw_preinstance_lane(const aw_preinstance* preinstance) AW_NOEXCEPT;

/* ---- instance --------------------------------------------------------------------------------------------------------- */

typedef struct {
  uint64_t memory_bytes;     /* all linear memories of the instance together */
  uint64_t table_elements;   /* all tables together */
  uint32_t instances, tables, memories;
  uint64_t hostcall_bytes;   /* that one call of a host function may bring along */
  uint64_t fuel;             /* for instantiation itself: start functions run guest code */
  uint64_t deadline_ticks;
  /* 0: a call keeps its thread until it waits or ends. Otherwise the instance is on the fiber lane whatever it imports, and a
   * call that has run for so many ticks since it was polled is AW_PENDING, its waker woken: whoever resumes it at once lends
   * it the thread again. Its deadline goes on meanwhile. */
  uint64_t slice_ticks;
} aw_instance_limits;
typedef struct aw_instance aw_instance;
aw_error* aw_instance_new(const aw_preinstance* preinstance, void* host, const aw_instance_limits* limits,
                          aw_instance** out) AW_NOEXCEPT;
uint32_t aw_instance_lane(const aw_instance* instance) AW_NOEXCEPT; /* aw_lane */
/* Cancels what is suspended, then frees all. From a callback of the same instance it does nothing, and the memory is lost. */
void aw_instance_delete(aw_instance* instance) AW_NOEXCEPT;

/* Before every call: fuel, and the number of ticks after which the call traps. Does nothing while a call is under way.
 * Guests look at both where functions and loops begin. */
void aw_instance_set_budget(aw_instance* instance, uint64_t fuel, uint64_t deadline_ticks) AW_NOEXCEPT;
/* After the last call, however it ended; while one is under way, what it began with. */
uint64_t aw_instance_fuel_left(const aw_instance* instance) AW_NOEXCEPT;
/* Linear memories only; peak over the life of the instance; also right in the middle of a call. */
typedef struct {
  uint64_t bytes, peak_bytes, refused_growths;
} aw_memory_stats;
aw_memory_stats aw_instance_memory(const aw_instance* instance) AW_NOEXCEPT;

enum aw_state {
  AW_DONE = 0,
  AW_PENDING = 1,     /* suspended: aw_instance_resume when the waker woke, or aw_instance_cancel */
  AW_GUEST_ERROR = 2, /* the export answered `err`; the instance is fine */
  AW_FAILED = 3       /* `error` says why; the instance is poisoned, unless the code is AW_BUSY or AW_INVALID_ARGUMENT */
};
typedef struct {
  uint32_t state;      /* aw_state */
  uint32_t variant;    /* AW_GUEST_ERROR: case of component-error, or execution-error; health: health-status; else 0 */
  uint8_t has_text;    /* whether text is there at all */
  aw_buf text;         /* reply | error text | reason | codes of supported-codecs, each a uint64_t of this machine */
  uint64_t number;     /* execute, AW_GUEST_ERROR: unsupported-codec */
  aw_component_metadata* metadata; /* AW_DONE of metadata: aw_component_metadata_delete */
  aw_error* error;     /* AW_FAILED */
} aw_outcome;
typedef struct {
  aw_str sender;
  aw_bytes payload;
  uint32_t kind;       /* case of message-kind */
  aw_message_id id;
  uint64_t sent_at;
} aw_message;
typedef struct {
  aw_str name, value;
} aw_env;
typedef struct {
  const aw_env* env;
  size_t env_count;
  aw_bytes config_data;
  uint8_t has_config_data;
  uint64_t memory_bytes, fuel_per_call, call_timeout_ms, storage_bytes;
  const aw_capability* granted;
  size_t granted_count;
} aw_component_config;
typedef struct {
  aw_message_id request;
  aw_str caller;
  uint64_t timeout_ms;
  aw_str trace_context; /* without pointer: none */
} aw_execution_context;

/* How a request ended. */
typedef struct {
  uint32_t error;      /* 0 = ok; else 1 + the case of request-error */
  uint64_t timeout_ms; /* timeout */
  aw_bytes payload;    /* ok */
  aw_str text;         /* target-crashed, rejected, handler-error */
} aw_request_outcome;

/* The exports of `lifecycle`. On the sync lane they finish before they return. On the fiber lane they may say AW_PENDING:
 * then everything borrowed by the arguments stays valid until the call ended. `waker` may be null on the sync lane only; it
 * is borrowed for the call, and retained by whoever needs it longer. The first call on the fiber lane may fail with AW_POOL. */
void aw_instance_init(aw_instance* instance, const aw_component_config* config, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
void aw_instance_handle_message(aw_instance* instance, const aw_message* message, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
void aw_instance_metadata(aw_instance* instance, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
void aw_instance_health(aw_instance* instance, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
/* A component need not export these three, nor health. Then nothing of it runs, and the answer is: no operation known
 * (invalid-operation), ok, no codes; and healthy. */
void aw_instance_execute(aw_instance* instance, aw_bytes operation, const aw_execution_context* context, aw_waker* waker,
                         aw_outcome* out) AW_NOEXCEPT;
void aw_instance_handle_callback(aw_instance* instance, aw_message_id request, const aw_request_outcome* outcome, aw_waker* waker,
                                 aw_outcome* out) AW_NOEXCEPT;
void aw_instance_supported_codecs(aw_instance* instance, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
void aw_instance_shutdown(aw_instance* instance, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
/* Goes on with the suspended call; AW_FAILED when there is none: AW_POISONED after it was cancelled, else AW_INVALID_ARGUMENT. */
void aw_instance_resume(aw_instance* instance, aw_waker* waker, aw_outcome* out) AW_NOEXCEPT;
/* Drops the suspended call, which unwinds the guest and poisons the instance; nothing when there is none. */
void aw_instance_cancel(aw_instance* instance) AW_NOEXCEPT;

#ifdef __cplusplus
}
#endif
