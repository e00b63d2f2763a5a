#include "density_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/never_woken.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "figures.h"
#include "idle_host.h"
#include "process_figures.h"
#include "relay.h"

namespace airssys::bench {
namespace {

using wasm::EngineClass;

constexpr std::uint64_t guest_memory = 128 << 10;  // of relay.wat.in
constexpr int message_rounds = 3;

struct Figures {
  double bytes = 0, mappings = 0, start = 0, message = 0;
};

double mapping_count() {
  std::ifstream maps("/proc/self/maps", std::ios::binary);
  return static_cast<double>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

Result<Figures> measure(const std::filesystem::path& guests, Platform& platform, EngineClass of, std::uint32_t count) {
  using Clock = std::chrono::steady_clock;
  wasm::WasmtimeConfig config{.max_instances = 1, .max_fibers = 0, .max_compact_instances = 0, .max_compact_fibers = 0};
  (of == EngineClass::compact ? config.max_compact_instances : config.max_instances) = count;
  config.compact_slot_bytes = guest_memory;
  AIRSSYS_TRY(const auto engine, wasm::wasmtime_engine(config, platform, null_log()));
  AIRSSYS_TRY(const auto relay, read_relay(guests / "relay.wasm"));
  AIRSSYS_TRY(const auto code, engine->compile("relay", relay, {.engine_class = of}));
  const IdleHost host;
  const wasm::Message message{.sender = Bytes::copy_of("default/source/0"), .payload = relay_wire(64, {})};
  wasm::ResourceLimits limits =
      wasm::Resources{.max_memory = 1 << 20, .max_stack = 128 << 10, .initial_memory = {}}.engine_limits(1 << 20);
  if (of == EngineClass::compact) limits.memory_bytes = guest_memory;

  std::vector<std::unique_ptr<wasm::Instance>> live;
  live.reserve(count);
  Figures figures;
  const double bytes = resident_bytes(), mappings = mapping_count();
  const auto begin = Clock::now();
  for (std::uint32_t n = 0; n < count; ++n) {
    auto made = code->instantiate(host.functions, limits);
    if (!made) return std::unexpected(std::move(made).error().within(fmt::format("instance {} of {}", n, count)));
    live.push_back(*std::move(made));
    if (live.back()->handle_message(message, wasm::never_woken) != wasm::CallState::done) return unfinished(*live.back());
  }
  const auto each = static_cast<double>(count);
  figures.start = static_cast<double>((Clock::now() - begin).count()) / each;
  figures.bytes = (resident_bytes() - bytes) / each;
  figures.mappings = (mapping_count() - mappings) / each;
  const auto first = Clock::now();
  for (int round = 0; round < message_rounds; ++round)
    for (const auto& instance : live)
      if (instance->handle_message(message, wasm::never_woken) != wasm::CallState::done) return unfinished(*instance);
  figures.message = static_cast<double>((Clock::now() - first).count()) / (each * message_rounds);
  return figures;
}

}  // namespace

void add_density_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  static constexpr std::pair<std::string_view, double Figures::*> figures[]{
      {"bytes", &Figures::bytes}, {"mappings", &Figures::mappings}, {"start", &Figures::start}, {"message", &Figures::message}};
  for (const EngineClass of : {EngineClass::standard, EngineClass::compact})
    for (const std::uint32_t count : {10'000u, 32'000u, 100'000u})  // each in a process that has measured nothing else
      add_figures(rows, fmt::format("{}.{}", wasm::engine_class_name(of), count), figures,
                  [guests, &platform, of, count] { return measure(guests, platform, of, count); });
}

}  // namespace airssys::bench
