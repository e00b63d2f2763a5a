/* What the host offers to guests: one table of callbacks for each interface of wit/core.wit. bridge.h says the rules that hold
 * for all. Functions of the host's WIT that no table has are linked all the same, and answer their error's case `unavailable` (or
 * `delivery-failed`). Texts and other memory of an answer stay valid until the next callback on the same thread. */
#pragma once
#include "airssys/wasm/bridge/values.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ends the call with AW_TRAP_HOST and the given text. For contract violations; expected failures are WIT errors. */
#define AW_HOST_TRAP UINT32_MAX
/* Panics in the Rust half of the host function, as a mistake there would: AW_INTERNAL, and the instance is poisoned. Tests of
 * that containment answer with it. */
#define AW_HOST_PANIC (UINT32_MAX - 1)

typedef struct {
  uint32_t error;   /* 0 = ok; else 1 + the case of messaging-error, or AW_HOST_TRAP */
  uint64_t number;  /* message-too-large, unknown-codec, codec-incompatible, invalid-timeout; ok of subscribe: which it is */
  aw_str text;      /* permission-denied, invalid-message, delivery-failed; codec-incompatible: without pointer no suggestion */
} aw_messaging_result;
typedef struct {
  uint64_t high, low;
} aw_message_id;

/* Comes zeroed: a text without pointer is none. */
typedef struct {
  aw_message_id correlation_id;
  uint64_t deadline;
  uint8_t has_correlation_id, has_deadline;
  aw_str reply_to, topic, content_type, trace_context;
} aw_message_metadata;
typedef struct {
  aw_messaging_result (*send_message)(void* host, aw_str target, aw_bytes payload) AW_NOEXCEPT;
  /* Ok: writes which request it is. */
  aw_messaging_result (*send_request)(void* host, aw_str target, aw_bytes payload, uint64_t timeout_ms,
                                      aw_message_id* request) AW_NOEXCEPT;
  aw_messaging_result (*cancel_request)(void* host, aw_message_id request) AW_NOEXCEPT;
  /* Calls `add` with `to`, once for each target, in order, before it returns. */
  void (*broadcast)(void* host, const aw_str* targets, size_t count, aw_bytes payload, void* to,
                    void (*add)(void* to, aw_messaging_result one) AW_NOEXCEPT) AW_NOEXCEPT;
  aw_messaging_result (*publish)(void* host, aw_str topic, aw_bytes payload) AW_NOEXCEPT;
  aw_messaging_result (*subscribe)(void* host, aw_str pattern) AW_NOEXCEPT;
  aw_messaging_result (*unsubscribe)(void* host, uint64_t subscription) AW_NOEXCEPT;
  /* After codec-incompatible: the codes that the receiver understands, at most `room` of them. Answers how many it wrote. */
  size_t (*supported_codecs)(void* host, uint64_t* out, size_t room) AW_NOEXCEPT;
  aw_str (*self_id)(void* host) AW_NOEXCEPT;
  void (*current_metadata)(void* host, aw_message_metadata* out) AW_NOEXCEPT;
} aw_messaging_table;
typedef struct {
  aw_str name, value;
} aw_log_field;
typedef struct {
  uint64_t seconds;
  uint32_t nanoseconds;
} aw_timestamp;
typedef struct {
  aw_str kind, action, target;
} aw_capability;

/* What a component says of itself. A view: it owns nothing, unless the bridge made it (aw_outcome). */
typedef struct {
  aw_str name, version, description, author, license, language, api_version, homepage, repository;
  const aw_str* operations;
  size_t operation_count;
  const uint64_t* codecs;
  size_t codec_count;
  const aw_capability* permissions;
  size_t permission_count;
  const aw_str* tags;
  size_t tag_count;
  const aw_log_field* custom;
  size_t custom_count;
  uint64_t memory_min, memory_max, memory_preferred, timeout_ms;
  uint8_t has_timeout, has_custom, stateful;
} aw_component_metadata;
void aw_component_metadata_delete(aw_component_metadata* metadata) AW_NOEXCEPT; /* of an aw_outcome */

typedef struct {
  uint32_t error;   /* 0 = ok; else 1 + the case of services-error, or AW_HOST_TRAP */
  aw_str text;      /* permission-denied, failed */
  aw_bytes bytes;   /* ok of call_host_function */
  const aw_component_metadata* metadata;  /* ok of get_component_metadata */
} aw_services_result;
typedef struct {
  void (*log)(void* host, uint32_t level, aw_str text, const aw_log_field* fields, size_t field_count) AW_NOEXCEPT;
  aw_timestamp (*current_time)(void* host) AW_NOEXCEPT; /* also carries out `current-time-millis` */
  uint64_t (*monotonic_now)(void* host) AW_NOEXCEPT;
  void (*fill_random)(void* host, uint8_t* out, size_t size) AW_NOEXCEPT; /* WASI only; bytes fit for keys */
  /* Calls `add` with `to`, once for each, before it returns. */
  void (*list_components)(void* host, void* to, void (*add)(void* to, aw_str id) AW_NOEXCEPT) AW_NOEXCEPT;
  aw_services_result (*get_component_metadata)(void* host, aw_str id) AW_NOEXCEPT;
  aw_services_result (*call_host_function)(void* host, aw_str name, aw_bytes payload) AW_NOEXCEPT;
} aw_services_table;
typedef struct {
  uint32_t error;   /* 0 = ok; else 1 + the case of storage-error, or AW_HOST_TRAP */
  uint8_t found;    /* ok of get, has, delete */
  uint8_t pending;  /* of a write (`synced`, `clears`): it has begun; `wait` says when it has ended, and `ended` how */
  uint64_t number;  /* value-too-large; ok of open: which store; of clear and usage: how many keys */
  uint64_t used, limit, requested; /* quota-exceeded; ok of usage: the first two */
  aw_str text; /* permission-denied, invalid-key, unavailable, io-error */
  aw_bytes value; /* ok of get, when it was found */
} aw_storage_result;
typedef struct {
  aw_str key;
  aw_bytes value;
  uint8_t sets; /* 0: deletes the key */
} aw_storage_operation;
/* `store`: 0 is the component's own, others are what `open` answered. */
typedef struct {
  aw_storage_result (*get)(void* host, uint32_t store, aw_str key) AW_NOEXCEPT;
  aw_storage_result (*has)(void* host, uint32_t store, aw_str key) AW_NOEXCEPT;
  /* Both call `add` with `to`, once for each entry or key, in order, before they return; a `cursor` without pointer is none. Ok
   * and more to come: writes `next`. Keys that are not UTF-8 end the call with AW_TRAP_HOST. */
  aw_storage_result (*scan)(void* host, uint32_t store, aw_str prefix, aw_str cursor, uint32_t limit, aw_str* next, void* to,
                            void (*add)(void* to, aw_str key, aw_bytes value) AW_NOEXCEPT) AW_NOEXCEPT;
  aw_storage_result (*keys)(void* host, uint32_t store, aw_str prefix, aw_str cursor, uint32_t limit, aw_str* next, void* to,
                            void (*add)(void* to, aw_str key, aw_bytes value) AW_NOEXCEPT) AW_NOEXCEPT;
  aw_storage_result (*usage)(void* host) AW_NOEXCEPT;
  aw_storage_result (*open)(void* host, aw_str name) AW_NOEXCEPT;
  /* Once for each store that was opened: when the guest drops its handle, or with the instance. */
  void (*close)(void* host, uint32_t store) AW_NOEXCEPT;
  /* Writes. */
  aw_storage_result (*set)(void* host, uint32_t store, aw_str key, aw_bytes value) AW_NOEXCEPT;
  aw_storage_result (*remove)(void* host, uint32_t store, aw_str key) AW_NOEXCEPT;
  aw_storage_result (*apply)(void* host, const aw_storage_operation* operations, size_t count) AW_NOEXCEPT;
  aw_storage_result (*clear)(void* host) AW_NOEXCEPT;
  /* After a write that is pending, once: returns 0 and fills `operation`, or AW_HOST_TRAP. What the write was given is gone by
   * then. An operation that is dropped before it is done belongs to a call that was cancelled: the write may take effect all
   * the same, and nobody asks how it ended. */
  uint32_t (*wait)(void* host, aw_operation* operation) AW_NOEXCEPT;
  aw_storage_result (*ended)(void* host) AW_NOEXCEPT; /* after the operation is done, once */
  /* Writes may be pending: a component that imports one is AW_LANE_FIBER. While it is being instantiated they are not carried
   * out but answered with `unavailable`, for nothing can wait then. 0: one that is pending ends the call with AW_TRAP_HOST. */
  uint8_t synced;
  uint8_t clears; /* the same of `clear` alone */
} aw_storage_table;
typedef struct {
  uint8_t (*is_granted)(void* host, const aw_capability* wanted) AW_NOEXCEPT;
  /* Calls `add` with `to`, once for each, before it returns. */
  void (*granted)(void* host, void* to, void (*add)(void* to, const aw_capability* one) AW_NOEXCEPT) AW_NOEXCEPT;
} aw_capabilities_table;
typedef struct {
  uint64_t code;
  uint32_t length; /* of the prefix; 0: there is none, `text` says why */
  aw_str text;
} aw_multicodec_split;
typedef struct {
  uint64_t code; /* an alias: the code that it stands for */
  aw_str name; /* empty: no such codec */
  uint8_t supported; /* whether messages may be sent in it */
} aw_codec;
#define AW_MULTICODEC_PREFIX_MAX 9

typedef struct {
  /* Writes the prefix of a supported code, at most AW_MULTICODEC_PREFIX_MAX bytes, and answers how many; 0: not supported. */
  uint32_t (*prefix)(void* host, uint64_t code, uint8_t* out) AW_NOEXCEPT;
  aw_multicodec_split (*split)(void* host, aw_bytes bytes) AW_NOEXCEPT;
  aw_codec (*codec)(void* host, uint64_t code) AW_NOEXCEPT;
} aw_multicodec_table;
typedef struct {
  /* Returns 0 and fills `operation`, or AW_HOST_TRAP. */
  uint32_t (*sleep_ms)(void* host, uint64_t duration_ms, aw_operation* operation) AW_NOEXCEPT;
} aw_waiting_table;
typedef struct {
  aw_messaging_table messaging;
  aw_storage_table storage;
  aw_services_table services;
  aw_waiting_table waiting;
  aw_capabilities_table capabilities;
  aw_multicodec_table multicodec;
} aw_host_tables;

#ifdef __cplusplus
}
#endif
