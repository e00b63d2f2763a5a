#include "rig.h"

#include <algorithm>

namespace airssys::wasm::testing {
namespace {

Host& host_of(void* host) { return *static_cast<Host*>(host); }

aw_messaging_result on_send(void* raw, aw_str target, aw_bytes payload) noexcept {
  Host& host = host_of(raw);
  host.sent.emplace_back(from_bridge(target), std::string(reinterpret_cast<const char*>(payload.ptr), payload.len));
  host.during_send();
  return host.answer;
}

void on_broadcast(void* raw, const aw_str* targets, std::size_t count, aw_bytes payload, void* to,
                  void (*add)(void*, aw_messaging_result) noexcept) noexcept {
  for (const aw_str& target : std::span(targets, count)) add(to, on_send(raw, target, payload));
}

aw_str on_self_id(void* raw) noexcept { return to_bridge(std::string_view(host_of(raw).id)); }

void on_log(void* raw, std::uint32_t level, aw_str text, const aw_log_field* fields, std::size_t count) noexcept {
  std::string line = std::to_string(level) + " " + std::string(from_bridge(text));
  for (std::size_t i = 0; i < count; ++i)
    line += " " + std::string(from_bridge(fields[i].name)) + "=" + std::string(from_bridge(fields[i].value));
  host_of(raw).logged.push_back(std::move(line));
}

aw_timestamp on_current_time(void*) noexcept { return {.seconds = 0x0102030405060708, .nanoseconds = 0x0a0b0c0d}; }
std::uint64_t on_monotonic_now(void* raw) noexcept {
  host_of(raw).during_clock();
  return 0x1112131415161718;
}

void on_fill_random(void*, std::uint8_t* out, std::size_t size) noexcept { std::fill_n(out, size, std::uint8_t{0x5a}); }

void release_kept(Host& host) {
  if (auto* kept = std::exchange(host.kept, nullptr)) kept->table->release(kept);
}

struct Sleep {
  Host& host;
  int polls = 0;
};

std::int32_t poll_sleep(void* state, aw_waker* waker) noexcept {
  auto& sleep = *static_cast<Sleep*>(state);
  ++sleep.host.polled;
  sleep.host.during_poll();
  if (++sleep.polls >= sleep.host.polls_until_done) return sleep.host.poll_answer;
  if (sleep.polls == 1 && sleep.host.wake_in_first_poll) waker->table->wake(waker);
  waker->table->retain(waker);
  release_kept(sleep.host);
  sleep.host.kept = waker;
  return 0;
}

void drop_sleep(void* state) noexcept {
  auto* sleep = static_cast<Sleep*>(state);
  ++sleep->host.dropped;
  sleep->host.during_drop();
  release_kept(sleep->host);
  delete sleep;
}

std::uint32_t on_sleep(void* raw, std::uint64_t, aw_operation* operation) noexcept {
  Host& host = host_of(raw);
  if (host.sleep_answer != 0) return host.sleep_answer;
  ++host.begun;
  *operation = {new Sleep{host}, poll_sleep, drop_sleep};
  return 0;
}

std::string text_of(aw_bytes bytes) { return {reinterpret_cast<const char*>(bytes.ptr), bytes.len}; }

template <class... Words>
aw_storage_result ask_storage(void* raw, const char* what, const Words&... words) {
  StorageScript& script = host_of(raw).storage;
  std::string asked = what;
  ((asked += ' ', asked += words), ...);
  script.asked.push_back(std::move(asked));
  script.during_answer();
  return script.answer;
}

std::string_view word(aw_str text) { return from_bridge(text); }
std::string word(std::uint32_t store) { return std::to_string(store); }

aw_storage_result on_page(void* raw, const char* what, std::uint32_t store, aw_str prefix, aw_str cursor, std::uint32_t limit,
                          aw_str* next, void* to, void (*add)(void*, aw_str, aw_bytes) noexcept) {
  StorageScript& script = host_of(raw).storage;
  for (const auto& [key, value] : script.entries)
    add(to, to_bridge(std::string_view(key)), to_bridge(std::as_bytes(std::span(value))));
  if (!script.next.empty()) *next = to_bridge(std::string_view(script.next));
  return ask_storage(raw, what, word(store), word(prefix), cursor.ptr ? word(cursor) : "none", word(limit));
}

aw_storage_table storage_table() {
  return {
      .get = [](void* raw, std::uint32_t store, aw_str key) noexcept { return ask_storage(raw, "get", word(store), word(key)); },
      .has = [](void* raw, std::uint32_t store, aw_str key) noexcept { return ask_storage(raw, "has", word(store), word(key)); },
      .scan =
          [](void* raw, std::uint32_t store, aw_str prefix, aw_str cursor, std::uint32_t limit, aw_str* next, void* to,
             void (*add)(void*, aw_str, aw_bytes) noexcept) noexcept {
            return on_page(raw, "scan", store, prefix, cursor, limit, next, to, add);
          },
      .keys =
          [](void* raw, std::uint32_t store, aw_str prefix, aw_str cursor, std::uint32_t limit, aw_str* next, void* to,
             void (*add)(void*, aw_str, aw_bytes) noexcept) noexcept {
            return on_page(raw, "keys", store, prefix, cursor, limit, next, to, add);
          },
      .usage = [](void* raw) noexcept { return ask_storage(raw, "usage"); },
      .open = [](void* raw, aw_str name) noexcept { return ask_storage(raw, "open", word(name)); },
      .close = [](void* raw, std::uint32_t store) noexcept { ask_storage(raw, "close", word(store)); },
      .set = [](void* raw, std::uint32_t store, aw_str key,
                aw_bytes value) noexcept { return ask_storage(raw, "set", word(store), word(key), text_of(value)); },
      .remove = [](void* raw, std::uint32_t store,
                   aw_str key) noexcept { return ask_storage(raw, "remove", word(store), word(key)); },
      .apply =
          [](void* raw, const aw_storage_operation* operations, std::size_t count) noexcept {
            std::string all;
            for (const auto& [key, value, sets] : std::span(operations, count))
              all +=
                  sets ? "set " + std::string(word(key)) + " " + text_of(value) + ";" : "remove " + std::string(word(key)) + ";";
            return ask_storage(raw, "apply", all);
          },
      .clear = [](void* raw) noexcept { return ask_storage(raw, "clear"); },
      .wait =
          [](void* raw, aw_operation* operation) noexcept {
            Host& host = host_of(raw);
            if (host.storage.wait_answer != 0) return host.storage.wait_answer;
            return on_sleep(raw, 0, operation);
          },
      .ended =
          [](void* raw) noexcept {
            ask_storage(raw, "ended");
            return host_of(raw).storage.ended;
          },
      .synced = 0,
      .clears = 0};
}

void retain(aw_waker* waker) noexcept { ++static_cast<Waker*>(waker)->references; }
void release(aw_waker* waker) noexcept { --static_cast<Waker*>(waker)->references; }
void wake(aw_waker* waker) noexcept { ++static_cast<Waker*>(waker)->wakes; }
constexpr aw_waker_table waker_table{retain, release, wake};

void expect_ok(aw_error* error) {
  const Fault fault(error);
  EXPECT_FALSE(fault.error) << fault.code() << ": " << fault.message();
}

}  // namespace

Waker::Waker() : aw_waker{&waker_table} {}

aw_host_tables host_tables() {
  return {.messaging = {.send_message = on_send,
                        .send_request = nullptr,
                        .cancel_request = nullptr,
                        .broadcast = on_broadcast,
                        .publish = nullptr,
                        .subscribe = nullptr,
                        .unsubscribe = nullptr,
                        .supported_codecs = nullptr,
                        .self_id = on_self_id,
                        .current_metadata = nullptr},
          .storage = storage_table(),
          .services = {.log = on_log,
                       .current_time = on_current_time,
                       .monotonic_now = on_monotonic_now,
                       .fill_random = on_fill_random,
                       .list_components = nullptr,
                       .get_component_metadata = nullptr,
                       .call_host_function = nullptr},
          .waiting = {on_sleep},
          .capabilities = {},
          .multicodec = {}};
}

aw_engine_config small_engine() {
  return {.max_instances = 16,
          .max_fibers = 8,
          .max_memory_bytes = 1 << 20,
          .keep_resident_bytes = 64 << 10,
          .max_wasm_stack_bytes = 128 << 10,
          .fiber_stack_bytes = 512 << 10,
          .memory_reservation = 0,
          .pooling = 1,
          .copy_on_write = 0};
}

aw_instance_limits roomy() {
  return {.memory_bytes = 1 << 20,
          .table_elements = 1000,
          .instances = 8,
          .tables = 4,
          .memories = 2,
          .hostcall_bytes = 1 << 20,
          .fuel = 1'000'000,
          .deadline_ticks = 1000,
          .slice_ticks = 0};
}

BridgeEngine make_engine(const aw_engine_config& config) {
  aw_engine* engine = nullptr;
  expect_ok(aw_engine_new(&config, &engine));
  return BridgeEngine(engine);
}

BridgeComponent compile(const aw_engine* engine, const Wasm& wasm) {
  aw_component* component = nullptr;
  expect_ok(aw_component_compile(engine, {wasm.data(), wasm.size()}, &component));
  return BridgeComponent(component);
}

BridgePreinstance prepare(const aw_component* component, const aw_host_tables& tables) {
  aw_preinstance* preinstance = nullptr;
  expect_ok(aw_preinstance_new(component, &tables, &preinstance));
  return BridgePreinstance(preinstance);
}

BridgeInstance instantiate(const aw_preinstance* preinstance, Host& host, const aw_instance_limits& limits) {
  aw_instance* instance = nullptr;
  expect_ok(aw_instance_new(preinstance, &host, &limits, &instance));
  return BridgeInstance(instance);
}

Answer send(aw_instance* instance, std::string_view payload, aw_waker* waker) {
  const std::string_view sender = "test/sender/1";
  const aw_message message{.sender = to_bridge(sender),
                           .payload = to_bridge(std::as_bytes(std::span(payload))),
                           .kind = 0,
                           .id = {1, 2},
                           .sent_at = 3};
  Answer answer;
  aw_instance_handle_message(instance, &message, waker, answer.out());
  return answer;
}

Answer resume(aw_instance* instance, aw_waker* waker) {
  Answer answer;
  aw_instance_resume(instance, waker, answer.out());
  return answer;
}

std::uint32_t failure(aw_instance* instance, std::string_view payload, aw_waker* waker) {
  return send(instance, payload, waker).code();
}

}  // namespace airssys::wasm::testing
