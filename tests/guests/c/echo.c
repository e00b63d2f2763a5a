// The component that every language has; ../README.md says what it answers to which message. Straight on the generated bindings:
// an export owns its arguments and frees them, and what it answers is allocated here and freed by the bindings.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include AIRSSYS_BINDINGS

// Of a payload the first byte says that bytes follow, as they are: the code of the codec `raw`. Others this component does not know.
enum { RAW = 0x55 };

typedef airssys_core_types_component_error_t error;
typedef exports_airssys_core_lifecycle_message_t message;

static const uint8_t* content(const message* msg) { return msg->payload.ptr + 1; }
static size_t size_of(const message* msg) { return msg->payload.len - 1; }

static bool is(const message* msg, const char* word) {
  return size_of(msg) == strlen(word) && memcmp(content(msg), word, strlen(word)) == 0;
}

static bool failed(error* err, uint8_t kind, const char* text) {
  err->tag = kind;
  component_string_dup(&err->val.failed, text);  // all texts share one place in the union
  return false;
}

static void log_receipt(const message* msg) {
  char text[256];
  const int size =
      snprintf(text, sizeof text, "%zu bytes from %.*s", size_of(msg), (int)msg->sender.len, (const char*)msg->sender.ptr);
  component_string_t line = {(uint8_t*)text, size < (int)sizeof text ? (size_t)size : sizeof text - 1};
  component_list_tuple2_string_string_t none = {NULL, 0};
  airssys_core_services_log(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &line, &none);
}

// Takes memory until the host refuses, which is a crash.
static void eat(void) {
  for (;;) {
    char* volatile eaten = malloc((size_t)64 << 10);  // or else the compiler sees that nobody looks
    if (eaten == NULL) abort();
    memset(eaten, 1, (size_t)64 << 10);
  }
}

static void spin(void) {
  for (volatile unsigned turns = 0;;) turns = turns + 1;
}

static bool forward(const message* msg, error* err) {
  component_string_t to;
  component_string_set(&to, "other");
  component_list_u8_t payload = {msg->payload.ptr + 4, msg->payload.len - 4};
  payload.ptr[0] = RAW;  // where the colon was
  airssys_core_messaging_messaging_error_t refusal;
  if (airssys_core_messaging_send_message(&to, &payload, &refusal)) return true;
  airssys_core_messaging_messaging_error_free(&refusal);
  return failed(err, AIRSSYS_CORE_TYPES_COMPONENT_ERROR_FAILED, "not forwarded");
}

static bool failed_to_store(airssys_core_storage_storage_error_t* refusal, error* err) {
  airssys_core_storage_storage_error_free(refusal);
  return failed(err, AIRSSYS_CORE_TYPES_COMPONENT_ERROR_FAILED, "not kept");
}

static bool keep(const message* msg, error* err) {
  component_string_t key;
  component_string_set(&key, "kept");
  component_list_u8_t value = {msg->payload.ptr + 6, msg->payload.len - 6};
  airssys_core_storage_storage_error_t refusal;
  return airssys_core_storage_set(&key, &value, &refusal) || failed_to_store(&refusal, err);
}

// What is kept, or nothing, as a payload.
static bool answer_kept(component_option_list_u8_t* ret, error* err) {
  component_string_t key;
  component_string_set(&key, "kept");
  component_option_list_u8_t value;
  airssys_core_storage_storage_error_t refusal;
  if (!airssys_core_storage_get(&key, &value, &refusal)) return failed_to_store(&refusal, err);
  const size_t size = value.is_some ? value.val.len : 0;
  ret->is_some = true;
  ret->val.len = size + 1;
  ret->val.ptr = malloc(size + 1);
  if (ret->val.ptr == NULL) abort();
  ret->val.ptr[0] = RAW;
  if (size > 0) memcpy(ret->val.ptr + 1, value.val.ptr, size);
  component_option_list_u8_free(&value);
  return true;
}

static bool answer(const message* msg, component_option_list_u8_t* ret, error* err) {
  if (msg->payload.len == 0 || msg->payload.ptr[0] != RAW)
    return failed(err, AIRSSYS_CORE_TYPES_COMPONENT_ERROR_INVALID_MESSAGE, "not raw");
  log_receipt(msg);
  if (is(msg, "trap")) __builtin_trap();
  if (is(msg, "loop")) spin();
  if (is(msg, "eat")) eat();
  if (is(msg, "err")) return failed(err, AIRSSYS_CORE_TYPES_COMPONENT_ERROR_FAILED, "asked to fail");
  if (is(msg, "kept")) return answer_kept(ret, err);
  if (size_of(msg) >= 5 && memcmp(content(msg), "keep:", 5) == 0 && !keep(msg, err)) return false;
  uint8_t* capitals = malloc(msg->payload.len);
  if (capitals == NULL) abort();
  capitals[0] = RAW;
  for (size_t i = 1; i < msg->payload.len; ++i) {
    const uint8_t byte = msg->payload.ptr[i];
    capitals[i] = byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 32) : byte;
  }
  if (size_of(msg) >= 4 && memcmp(content(msg), "fwd:", 4) == 0 && !forward(msg, err)) return free(capitals), false;
  ret->is_some = true;
  ret->val.ptr = capitals;
  ret->val.len = msg->payload.len;
  return true;
}

bool exports_airssys_core_lifecycle_handle_message(message* msg, component_option_list_u8_t* ret, error* err) {
  const bool fine = answer(msg, ret, err);
  exports_airssys_core_lifecycle_message_free(msg);
  return fine;
}

bool exports_airssys_core_lifecycle_execute(component_list_u8_t* operation, exports_airssys_core_lifecycle_execution_context_t* ctx,
                                            component_list_u8_t* ret, exports_airssys_core_lifecycle_execution_error_t* err) {
  (void)ret;
  component_list_u8_free(operation);
  exports_airssys_core_lifecycle_execution_context_free(ctx);
  err->tag = AIRSSYS_CORE_TYPES_EXECUTION_ERROR_INVALID_OPERATION;
  component_string_dup(&err->val.invalid_operation, "no operations");
  return false;
}

bool exports_airssys_core_lifecycle_handle_callback(exports_airssys_core_lifecycle_request_id_t* request,
                                                    exports_airssys_core_lifecycle_result_list_u8_request_error_t* outcome,
                                                    error* err) {
  (void)request, (void)err;
  if (!outcome->is_err) component_list_u8_free(&outcome->val.ok);
  if (outcome->is_err) exports_airssys_core_lifecycle_request_error_free(&outcome->val.err);
  return true;
}

void exports_airssys_core_lifecycle_supported_codecs(component_list_u64_t* ret) {
  ret->ptr = NULL;
  ret->len = 0;
}

bool exports_airssys_core_lifecycle_init(exports_airssys_core_lifecycle_component_config_t* config, error* err) {
  (void)err;
  exports_airssys_core_lifecycle_component_config_free(config);
  return true;
}

void exports_airssys_core_lifecycle_metadata(exports_airssys_core_lifecycle_component_metadata_t* ret) {
  memset(ret, 0, sizeof *ret);
  component_string_dup(&ret->description, "Echoes in capitals");
  component_string_dup(&ret->language, "C");
}

void exports_airssys_core_lifecycle_health(exports_airssys_core_lifecycle_health_report_t* ret) {
  memset(ret, 0, sizeof *ret);
  ret->status = AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY;
}

bool exports_airssys_core_lifecycle_shutdown(error* err) {
  (void)err;
  return true;
}
