// Hostile components through the C ABI of the bridge: made from the input, perhaps damaged, then loaded, instantiated, called,
// suspended, cancelled after any number of polls and dropped, as the input says. Whatever they do, errors are errors, an instance
// that failed stays failed, and nothing is left behind.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/wasm/bridge/handles.h"
#include "component_text.h"

using namespace airssys;
using namespace airssys::wasm;
using airssys::fuzz::Choices;

namespace {

// What the host of a component saw; one for each input.
struct World {
  Choices& choices;
  aw_engine* engine;
  int operations = 0;  // that live
};

World& world(void* host) { return *static_cast<World*>(host); }

struct Waker : aw_waker {
  int references = 1;
  Waker();
};
constexpr aw_waker_table waker_table{.retain = [](aw_waker* waker) noexcept { ++static_cast<Waker*>(waker)->references; },
                                     .release = [](aw_waker* waker) noexcept { --static_cast<Waker*>(waker)->references; },
                                     .wake = [](aw_waker*) noexcept {}};
Waker::Waker() : aw_waker{&waker_table} {}

aw_messaging_result send_message(void* host, aw_str target, aw_bytes payload) noexcept {
  AIRSSYS_ASSERT(target.len <= 1 << 20 && payload.len <= 1 << 20, "a guest sends more than its memory holds");
  if (world(host).choices.one_in(4)) aw_engine_tick(world(host).engine);
  static constexpr std::array<std::uint32_t, 8> answers{0, 0, 0, 1, 2, 5, AW_HOST_TRAP, AW_HOST_PANIC};
  return {.error = answers[world(host).choices.below(answers.size())], .number = 7, .text = to_bridge(std::string_view("no"))};
}

void broadcast(void* host, const aw_str* targets, std::size_t count, aw_bytes payload, void* to,
               void (*add)(void*, aw_messaging_result) noexcept) noexcept {
  for (const aw_str& target : std::span(targets, count)) add(to, send_message(host, target, payload));
}

struct Sleep {
  World& of;
  std::size_t polls;
};

std::uint32_t sleep_ms(void* host, std::uint64_t, aw_operation* operation) noexcept {
  if (world(host).choices.one_in(16)) return AW_HOST_TRAP;
  ++world(host).operations;
  auto sleep = std::make_unique<Sleep>(Sleep{world(host), world(host).choices.below(4)});
  *operation = {
      .state = sleep.release(),
      .poll = [](void* state, aw_waker*) noexcept -> std::int32_t { return static_cast<Sleep*>(state)->polls-- == 0 ? 1 : 0; },
      .drop =
          [](void* state) noexcept {
            const std::unique_ptr<Sleep> ended(static_cast<Sleep*>(state));
            --ended->of.operations;
          }};
  return 0;
}

constexpr aw_host_tables tables{
    .messaging = {.send_message = send_message,
                  .send_request = nullptr,
                  .cancel_request = nullptr,
                  .broadcast = broadcast,
                  .publish = nullptr,
                  .subscribe = nullptr,
                  .unsubscribe = nullptr,
                  .supported_codecs = nullptr,
                  .self_id = [](void*) noexcept { return to_bridge(std::string_view("fuzz/guest/1")); },
                  .current_metadata = nullptr},
    .services = {.log = [](void*, std::uint32_t, aw_str, const aw_log_field*, std::size_t) noexcept {},
                 .current_time = [](void*) noexcept { return aw_timestamp{}; },
                 .monotonic_now = [](void* host) noexcept { return static_cast<std::uint64_t>(world(host).choices.byte()); },
                 .fill_random = [](void* host, std::uint8_t* out,
                                   std::size_t size) noexcept { std::fill_n(out, size, world(host).choices.byte()); },
                 .list_components = nullptr,
                 .get_component_metadata = nullptr,
                 .call_host_function = nullptr},
    .waiting = {.sleep_ms = sleep_ms},
    .capabilities = {},
    .multicodec = {}};

constexpr aw_engine_config engine_config{.max_instances = 8,
                                         .max_fibers = 8,
                                         .max_memory_bytes = 1 << 20,
                                         .keep_resident_bytes = 64 << 10,
                                         .max_wasm_stack_bytes = 64 << 10,
                                         .fiber_stack_bytes = 512 << 10,
                                         .memory_reservation = 0,
                                         .pooling = 1,
                                         .copy_on_write = 0};

aw_engine* shared_engine() {
  static const BridgeEngine engine = [] {
    aw_engine* raw = nullptr;
    const auto made = check(aw_engine_new(&engine_config, &raw));
    AIRSSYS_ASSERT(made, "{}", made.error().message());
    return BridgeEngine(raw);
  }();
  return engine.get();
}

struct Outcome : aw_outcome {
  Outcome() : aw_outcome{} {}
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;
  ~Outcome() {
    aw_buf_delete(&text);
    aw_component_metadata_delete(metadata);
    aw_error_delete(error);
  }
  [[nodiscard]] std::uint32_t code() const { return error ? aw_error_code(error) : 0; }
};

void begin(aw_instance* instance, Choices& choices, const std::string& payload, aw_waker* waker, aw_outcome* out) {
  static constexpr aw_component_config config{};
  switch (choices.below(6)) {
    case 0: return aw_instance_init(instance, &config, waker, out);
    case 1: return aw_instance_metadata(instance, waker, out);
    case 2: return aw_instance_health(instance, waker, out);
    case 3: return aw_instance_shutdown(instance, waker, out);
    default: {
      const aw_message message{.sender = to_bridge(std::string_view("fuzz")),
                               .payload = to_bridge(std::as_bytes(std::span(payload))),
                               .kind = static_cast<std::uint32_t>(choices.below(8)),
                               .id = {1, 2},
                               .sent_at = 3};
      return aw_instance_handle_message(instance, &message, waker, out);
    }
  }
}

// One call to its end, or to wherever the input cancels it. False: the instance is finished.
bool call(aw_instance* instance, Choices& choices, Waker& waker) {
  const std::string payload(choices.below(200), 'p');
  aw_instance_set_budget(instance, 20'000, 3 + choices.below(8));
  std::uint32_t code = 0, state = 0;
  {
    Outcome outcome;
    begin(instance, choices, payload, &waker, &outcome);
    code = outcome.code(), state = outcome.state;
  }
  for (int polls = 0; state == AW_PENDING; ++polls) {
    if (choices.one_in(6) || polls > 50) {
      if (choices.one_in(2)) return false;  // dropped as it is
      aw_instance_cancel(instance);
    } else if (choices.one_in(2)) {
      aw_engine_tick(shared_engine());
    }
    Outcome outcome;
    aw_instance_resume(instance, &waker, &outcome);
    code = outcome.code(), state = outcome.state;
  }
  if (state != AW_FAILED) return true;
  AIRSSYS_ASSERT(code != 0 && code != AW_BUSY, "a call failed with {}", code);
  if (code == AW_INVALID_ARGUMENT) return true;  // a message kind that there is not
  Outcome again;
  aw_instance_health(instance, &waker, &again);
  AIRSSYS_ASSERT(again.code() == AW_POISONED, "{} after {}: a failed instance works on", again.code(), code);
  return false;
}

void live(const aw_preinstance* preinstance, World& of, Waker& waker) {
  Choices& choices = of.choices;
  const aw_instance_limits limits{.memory_bytes = (1 + choices.below(16)) * (64 << 10),
                                  .table_elements = 8 + choices.below(200),
                                  .instances = 8,
                                  .tables = 4,
                                  .memories = 2,
                                  .hostcall_bytes = 1 << 20,
                                  .fuel = 20'000,
                                  .deadline_ticks = 10,
                                  .slice_ticks = choices.below(3)};
  aw_instance* raw = nullptr;
  if (!check(aw_instance_new(preinstance, &of, &limits, &raw))) return;
  const BridgeInstance instance(raw);
  for (int calls = 0; calls < 6 && call(instance.get(), choices, waker); ++calls) {
    const aw_memory_stats memory = aw_instance_memory(instance.get());
    AIRSSYS_ASSERT(memory.peak_bytes <= limits.memory_bytes, "{} bytes, {} allowed", memory.peak_bytes, limits.memory_bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aw_engine* const engine = shared_engine();
  Choices choices({data, size});
  const bool waits = choices.one_in(2);
  const std::size_t damages = choices.one_in(4) ? 1 + choices.below(4) : 0;
  const std::string text = fuzz::module_text(choices, waits ? fuzz::World::waiting_component : fuzz::World::component);

  BridgeBuffer encoded;
  const auto made =
      check(aw_encode_component(to_bridge(std::as_bytes(std::span(text))), {},
                                to_bridge(std::string_view(waits ? "waiting-component" : "component")), encoded.out()));
  AIRSSYS_ASSERT(made, "{}\n{}", made.error().message(), text);
  std::vector<std::byte> wasm(encoded.bytes().begin(), encoded.bytes().end());
  for (std::size_t n = 0; n < damages; ++n) {
    const std::size_t at = (choices.byte() * std::size_t{256} + choices.byte()) % wasm.size();
    wasm[at] ^= static_cast<std::byte>(1 + choices.below(255));
  }

  aw_component* raw_component = nullptr;
  if (!check(aw_component_compile(engine, to_bridge(wasm), &raw_component))) return 0;
  const BridgeComponent component(raw_component);
  aw_preinstance* raw_preinstance = nullptr;
  if (!check(aw_preinstance_new(component.get(), &tables, &raw_preinstance))) return 0;
  const BridgePreinstance preinstance(raw_preinstance);

  World of{.choices = choices, .engine = engine};
  Waker waker;
  for (int instances = 0; instances < 3; ++instances) live(preinstance.get(), of, waker);
  AIRSSYS_ASSERT(of.operations == 0 && waker.references == 1, "{} operations, {} references", of.operations, waker.references);
  const aw_pool_stats pool = aw_engine_pool_stats(engine);
  AIRSSYS_ASSERT(pool.core_instances + pool.memories + pool.tables + pool.stacks == 0, "places of the pool are left in use");
  return 0;
}
