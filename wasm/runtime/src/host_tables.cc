#include "host_tables.h"

#include <algorithm>
#include <array>

#include "airssys/wasm/bridge/handles.h"

namespace airssys::wasm {
namespace {

const HostFunctions& functions(void* host) noexcept { return *static_cast<HostPointer*>(host); }

aw_messaging_result send_message(void* host, aw_str target, aw_bytes payload) noexcept {
  const SendResult sent = functions(host).messaging.send_message(from_bridge(target), from_bridge(payload));
  return {static_cast<std::uint32_t>(sent.failure), sent.limit, to_bridge(sent.reason)};
}

aw_str self_id(void* host) noexcept { return to_bridge(functions(host).messaging.self_id()); }

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

int32_t poll_operation(void* state, aw_waker* waker) noexcept {
  WakeTarget& target = static_cast<BridgeWaker*>(waker)->target;
  return static_cast<PendingOperation*>(state)->poll(CallWaker(target)) ? 1 : 0;
}

void drop_operation(void* state) noexcept { delete static_cast<PendingOperation*>(state); }

std::uint32_t sleep_ms(void* host, std::uint64_t duration_ms, aw_operation* operation) noexcept {
  // Past any call timeout: cut, so that the conversion to nanoseconds cannot overflow.
  constexpr std::uint64_t longest_ms = 24 * 3600 * 1000;
  const std::chrono::milliseconds duration(std::min(duration_ms, longest_ms));
  std::unique_ptr<PendingOperation> sleeping = functions(host).waiting.sleep(duration);
  if (!sleeping) return AW_HOST_TRAP;
  *operation = {sleeping.release(), poll_operation, drop_operation};
  return 0;
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

const aw_host_tables& host_tables() noexcept {
  static constexpr aw_host_tables tables{
      .messaging = {.send_message = send_message, .self_id = self_id},
      .services = {.log = log, .current_time = current_time, .monotonic_now = monotonic_now, .fill_random = fill_random},
      .waiting = {.sleep_ms = sleep_ms},
  };
  return tables;
}

}  // namespace airssys::wasm
