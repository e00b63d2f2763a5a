#include "host_tables.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "airssys/wasm/bridge/handles.h"
#include "airssys/wasm/core/multicodec.h"
#include "metadata_view.h"

namespace airssys::wasm {
namespace {

const HostFunctions& functions(void* host) noexcept { return *static_cast<HostPointer*>(host); }

aw_messaging_result lowered(const SendResult& sent) noexcept {
  return {static_cast<std::uint32_t>(sent.failure), sent.number, to_bridge(sent.reason)};
}

aw_messaging_result send_message(void* host, aw_str target, aw_bytes payload) noexcept {
  return lowered(functions(host).messaging.send_message(from_bridge(target), from_bridge(payload)));
}

aw_messaging_result send_request(void* host, aw_str target, aw_bytes payload, std::uint64_t timeout_ms,
                                 aw_message_id* request) noexcept {
  MessageId id{};
  const SendResult sent = functions(host).messaging.send_request(from_bridge(target), from_bridge(payload), timeout_ms, id);
  *request = {id.high, id.low};
  return lowered(sent);
}

aw_messaging_result cancel_request(void* host, aw_message_id request) noexcept {
  return lowered(functions(host).messaging.cancel_request({request.high, request.low}));
}

void broadcast(void* host, const aw_str* targets, std::size_t count, aw_bytes payload, void* to,
               void (*add)(void*, aw_messaging_result) noexcept) noexcept {
  std::vector<std::string_view> names;
  names.reserve(count);
  for (const aw_str& target : std::span(targets, count)) names.push_back(from_bridge(target));
  struct Adding {
    void* to;
    void (*add)(void*, aw_messaging_result) noexcept;
  } adding{to, add};
  functions(host).messaging.broadcast(names, from_bridge(payload), &adding, [](void* adds, const SendResult& sent) noexcept {
    const Adding& each = *static_cast<Adding*>(adds);
    each.add(each.to, lowered(sent));
  });
}

aw_messaging_result publish(void* host, aw_str topic, aw_bytes payload) noexcept {
  return lowered(functions(host).messaging.publish(from_bridge(topic), from_bridge(payload)));
}

aw_messaging_result subscribe(void* host, aw_str pattern) noexcept {
  return lowered(functions(host).messaging.subscribe(from_bridge(pattern)));
}

aw_messaging_result unsubscribe(void* host, std::uint64_t subscription) noexcept {
  return lowered(functions(host).messaging.unsubscribe(subscription));
}

std::size_t supported_codecs(void* host, std::uint64_t* out, std::size_t room) noexcept {
  const std::span<const std::uint64_t> codes = functions(host).messaging.codecs_of_receiver();
  const std::size_t count = std::min(room, codes.size());
  std::copy_n(codes.begin(), count, out);
  return count;
}

aw_str self_id(void* host) noexcept { return to_bridge(functions(host).messaging.self_id()); }

void current_metadata(void* host, aw_message_metadata* out) noexcept {
  const MessageMetadata found = functions(host).messaging.current_metadata();
  const auto text = [](const std::optional<std::string_view>& from) { return from ? to_bridge(*from) : aw_str{}; };
  if (found.correlation_id) out->correlation_id = {found.correlation_id->high, found.correlation_id->low};
  out->has_correlation_id = found.correlation_id.has_value();
  if (found.deadline) out->deadline = static_cast<std::uint64_t>(found.deadline->count());
  out->has_deadline = found.deadline.has_value();
  out->reply_to = text(found.reply_to);
  out->topic = text(found.topic);
  out->content_type = text(found.content_type);
  out->trace_context = text(found.trace_context);
}

aw_bytes bytes_to_bridge(std::string_view bytes) noexcept { return to_bridge(std::as_bytes(std::span(bytes))); }

aw_storage_result lowered(const StorageResult& result) noexcept {
  return {.error = static_cast<std::uint32_t>(result.failure),
          .found = result.found,
          .pending = result.pending,
          .number = result.number,
          .used = result.quota.used,
          .limit = result.quota.limit,
          .requested = result.quota.requested,
          .text = to_bridge(result.reason),
          .value = bytes_to_bridge(result.value)};
}

aw_storage_result storage_get(void* host, std::uint32_t store, aw_str key) noexcept {
  return lowered(functions(host).storage.get(store, from_bridge(key)));
}

aw_storage_result storage_has(void* host, std::uint32_t store, aw_str key) noexcept {
  return lowered(functions(host).storage.has(store, from_bridge(key)));
}

using ReadPage = StoragePage (StorageFunctions::*)(StorageFunctions::StoreHandle, std::string_view,
                                                   std::optional<std::string_view>, std::uint32_t) noexcept;

template <ReadPage Read>
aw_storage_result storage_page(void* host, std::uint32_t store, aw_str prefix, aw_str cursor, std::uint32_t limit, aw_str* next,
                               void* to, void (*add)(void*, aw_str, aw_bytes) noexcept) noexcept {
  const std::optional<std::string_view> after = cursor.ptr ? std::optional(from_bridge(cursor)) : std::nullopt;
  const StoragePage page = (functions(host).storage.*Read)(store, from_bridge(prefix), after, limit);
  for (const auto& [key, value] : page.entries) add(to, to_bridge(key), bytes_to_bridge(value));
  if (page.next) *next = to_bridge(*page.next);
  return lowered(page.result);
}

aw_storage_result storage_usage(void* host) noexcept {
  const StorageUsage usage = functions(host).storage.usage();
  aw_storage_result result = lowered(usage.result);
  if (usage.result.failure != StorageFailure::none) return result;
  result.used = usage.used;
  result.limit = usage.quota;
  result.number = usage.keys;
  return result;
}

aw_storage_result storage_open(void* host, aw_str name) noexcept {
  return lowered(functions(host).storage.open(from_bridge(name)));
}

void storage_close(void* host, std::uint32_t store) noexcept { functions(host).storage.close(store); }

aw_storage_result storage_set(void* host, std::uint32_t store, aw_str key, aw_bytes value) noexcept {
  return lowered(functions(host).storage.set(store, from_bridge(key), from_bridge(value)));
}

aw_storage_result storage_remove(void* host, std::uint32_t store, aw_str key) noexcept {
  return lowered(functions(host).storage.remove(store, from_bridge(key)));
}

aw_storage_result storage_apply(void* host, const aw_storage_operation* operations, std::size_t count) noexcept {
  std::vector<StorageOperation> ours;
  ours.reserve(count);
  for (const auto& [key, value, sets] : std::span(operations, count)) {
    const std::string_view bytes(reinterpret_cast<const char*>(value.ptr), value.len);
    ours.push_back({from_bridge(key), sets ? std::optional(bytes) : std::nullopt});
  }
  return lowered(functions(host).storage.apply(ours));
}

aw_storage_result storage_clear(void* host) noexcept { return lowered(functions(host).storage.clear()); }

// More fields than this on one line are left out.
constexpr std::size_t max_log_fields = 32;

void log(void* host, std::uint32_t level, aw_str text, const aw_log_field* fields, std::size_t count) noexcept {
  std::array<LogField, max_log_fields> ours;
  count = std::min(count, ours.size());
  for (std::size_t i = 0; i < count; ++i) ours[i] = {from_bridge(fields[i].name), from_bridge(fields[i].value)};
  functions(host).services.log(static_cast<LogLevel>(std::min<std::uint32_t>(level, 4)), from_bridge(text), {ours.data(), count});
}

aw_timestamp current_time(void* host) noexcept {
  const auto since_epoch = functions(host).services.current_time().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  return {static_cast<std::uint64_t>(seconds.count()), static_cast<std::uint32_t>((since_epoch - seconds).count())};
}

std::uint64_t monotonic_now(void* host) noexcept {
  return static_cast<std::uint64_t>(functions(host).services.monotonic_now().time_since_epoch().count());
}

void fill_random(void* host, std::uint8_t* out, std::size_t size) noexcept {
  functions(host).services.fill_random(std::as_writable_bytes(std::span(out, size)));
}

void list_components(void* host, void* to, void (*add)(void*, aw_str) noexcept) noexcept {
  for (const std::string& id : functions(host).services.list_components()) add(to, to_bridge(id));
}

// What answers point into until the next callback. The bridge copies an answer on the thread that got it, before anything else.
struct Answers {
  MetadataResult metadata;
  MetadataView view;
  HostCallResult call;
};
thread_local Answers answers;

aw_services_result get_component_metadata(void* host, aw_str id) noexcept {
  answers.metadata = functions(host).services.component_metadata(from_bridge(id));
  const MetadataResult& found = answers.metadata;
  if (found.metadata) answers.view.show(*found.metadata);
  return {.error = static_cast<std::uint32_t>(found.failure),
          .text = to_bridge(std::string_view(found.reason)),
          .bytes = {},
          .metadata = found.metadata ? &answers.view.lowered : nullptr};
}

aw_services_result call_host_function(void* host, aw_str name, aw_bytes payload) noexcept {
  answers.call = functions(host).services.call_host_function(from_bridge(name), from_bridge(payload));
  return {.error = static_cast<std::uint32_t>(answers.call.failure),
          .text = to_bridge(std::string_view(answers.call.reason)),
          .bytes = to_bridge(answers.call.reply.span()),
          .metadata = nullptr};
}

std::uint8_t is_granted(void* host, const aw_capability* wanted) noexcept {
  return functions(host).capabilities.is_granted(from_bridge(wanted->kind), from_bridge(wanted->action),
                                                 from_bridge(wanted->target));
}

void granted(void* host, void* to, void (*add)(void*, const aw_capability*) noexcept) noexcept {
  for (const GrantedCapability& grant : functions(host).capabilities.granted()) {
    const aw_capability one{to_bridge(grant.kind), to_bridge(grant.action), to_bridge(grant.target)};
    add(to, &one);
  }
}

std::uint32_t multicodec_prefix(void*, std::uint64_t code, std::uint8_t* out) noexcept {
  static_assert(max_prefix_bytes == AW_MULTICODEC_PREFIX_MAX);
  const Codec* codec = find_codec(code);
  if (!codec || !codec->supported) return 0;
  const MulticodecPrefix prefix = encode_prefix(codec->code);
  std::ranges::copy(prefix.span(), out);
  return prefix.size;
}

aw_multicodec_split multicodec_split(void*, aw_bytes bytes) noexcept {
  const auto split = split_payload(from_bridge(bytes));
  if (!split) return {.code = 0, .length = 0, .text = to_bridge(split.error())};
  return {.code = split->code, .length = static_cast<std::uint32_t>(split->prefix_bytes), .text = {}};
}

aw_codec multicodec_codec(void*, std::uint64_t code) noexcept {
  const Codec* codec = find_codec(code);
  if (!codec) return {};
  return {.code = codec->code, .name = to_bridge(codec->name), .supported = codec->supported};
}

int32_t poll_operation(void* state, aw_waker* waker) noexcept {
  WakeTarget& target = static_cast<BridgeWaker*>(waker)->target;
  return static_cast<PendingOperation*>(state)->poll(CallWaker(target)) ? 1 : 0;
}

void drop_operation(void* state) noexcept { delete static_cast<PendingOperation*>(state); }

std::uint32_t give(std::unique_ptr<PendingOperation> pending, aw_operation* operation) noexcept {
  if (!pending) return AW_HOST_TRAP;
  *operation = {pending.release(), poll_operation, drop_operation};
  return 0;
}

std::uint32_t storage_wait(void* host, aw_operation* operation) noexcept {
  return give(functions(host).storage.wait(), operation);
}

aw_storage_result storage_ended(void* host) noexcept { return lowered(functions(host).storage.ended()); }

std::uint32_t sleep_ms(void* host, std::uint64_t duration_ms, aw_operation* operation) noexcept {
  // Past any call timeout: cut, so that the conversion to nanoseconds cannot overflow.
  constexpr std::uint64_t longest_ms = 24 * 3600 * 1000;
  const std::chrono::milliseconds duration(std::min(duration_ms, longest_ms));
  return give(functions(host).waiting.sleep(duration), operation);
}

void retain(aw_waker* waker) noexcept { static_cast<BridgeWaker*>(waker)->references.fetch_add(1, std::memory_order_relaxed); }

void release(aw_waker* waker) noexcept {
  auto* ours = static_cast<BridgeWaker*>(waker);
  if (ours->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete ours;
}

void wake(aw_waker* waker) noexcept { static_cast<BridgeWaker*>(waker)->target.wake(); }

constexpr aw_waker_table waker_table{retain, release, wake};

}  // namespace

BridgeWaker::BridgeWaker(WakeTarget& wakes) noexcept : aw_waker{&waker_table}, target(wakes) { target.retain(); }
BridgeWaker::~BridgeWaker() { target.release(); }

aw_host_tables host_tables(StorageWaits storage_waits) noexcept {
  return {
      .messaging = {.send_message = send_message,
                    .send_request = send_request,
                    .cancel_request = cancel_request,
                    .broadcast = broadcast,
                    .publish = publish,
                    .subscribe = subscribe,
                    .unsubscribe = unsubscribe,
                    .supported_codecs = supported_codecs,
                    .self_id = self_id,
                    .current_metadata = current_metadata},
      .storage = {.get = storage_get,
                  .has = storage_has,
                  .scan = storage_page<&StorageFunctions::scan>,
                  .keys = storage_page<&StorageFunctions::keys>,
                  .usage = storage_usage,
                  .open = storage_open,
                  .close = storage_close,
                  .set = storage_set,
                  .remove = storage_remove,
                  .apply = storage_apply,
                  .clear = storage_clear,
                  .wait = storage_wait,
                  .ended = storage_ended,
                  .synced = storage_waits.writes,
                  .clears = storage_waits.clears},
      .services = {.log = log,
                   .current_time = current_time,
                   .monotonic_now = monotonic_now,
                   .fill_random = fill_random,
                   .list_components = list_components,
                   .get_component_metadata = get_component_metadata,
                   .call_host_function = call_host_function},
      .waiting = {.sleep_ms = sleep_ms},
      .capabilities = {.is_granted = is_granted, .granted = granted},
      .multicodec = {.prefix = multicodec_prefix, .split = multicodec_split, .codec = multicodec_codec},
  };
}

}  // namespace airssys::wasm
