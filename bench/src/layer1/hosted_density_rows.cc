// Thousands of hosted components, each an actor with mailbox, grants and numbers of its own, that have handled a message.
#include <fmt/format.h>

#include <string>

#include "../figures.h"
#include "../process_figures.h"
#include "../relay.h"
#include "airssys/wasm/core/engine.h"
#include "hosted.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using wasm::EngineClass;

constexpr std::uint32_t slot_bytes = 512 << 10;  // the smallest max_memory that a manifest may say

struct Figures {
  double alive = 0, bytes = 0, start = 0, message = 0;
};

Result<Figures> measure(const std::filesystem::path& guests, Platform& platform, EngineClass of, std::uint32_t count) {
  wasm::HostConfig config;
  config.max_components = count;
  config.engine.max_instances = config.engine.max_compact_instances = 1;
  (of == EngineClass::compact ? config.engine.max_compact_instances : config.engine.max_instances) = count;
  config.engine.max_fibers = config.engine.max_compact_fibers = 0;
  config.engine.compact_slot_bytes = slot_bytes;
  AIRSSYS_TRY(const auto hosted, HostedGuests::create(guests, platform, config));
  // Instances that fill their slot share one mapping: others of the class would stop at a third of them.
  const std::string_view wasm = of == EngineClass::compact ? "relay-slot.wasm" : "relay.wasm";
  const std::string resources = fmt::format("class = \"{}\"\n", wasm::engine_class_name(of));
  const auto name_of = [](std::uint32_t n) { return fmt::format("c{}", n); };
  const wasm::Payload nothing = relay_payload(64, {});
  const auto send_to_each = [&]() -> Result<> {
    for (std::uint32_t n = 0; n < count; ++n) AIRSSYS_TRY_VOID(hosted->host().send(name_of(n), nothing));
    return hosted->settle();
  };
  const auto each = static_cast<double>(count);
  Figures figures;
  const double bytes = resident_bytes();
  for (std::uint32_t n = 0; n < count; ++n) {
    AIRSSYS_TRY(const Duration took,
                hosted->run({.name = name_of(n), .wasm = wasm, .max_memory = "512KiB", .resources = resources}));
    figures.start += static_cast<double>(took.count()) / each;
  }
  AIRSSYS_TRY_VOID(send_to_each());
  figures.bytes = (resident_bytes() - bytes) / each;
  const Instant again = platform.now();
  AIRSSYS_TRY_VOID(send_to_each());
  figures.message = static_cast<double>((platform.now() - again).count()) / each;
  for (const wasm::ComponentReport& one : hosted->host().report())
    figures.alive += one.handled == 2 && one.state == wasm::ComponentState::running;
  return figures;
}

}  // namespace

void add_hosted_density_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  static constexpr std::pair<std::string_view, double Figures::*> figures[]{
      {"alive", &Figures::alive}, {"bytes", &Figures::bytes}, {"start", &Figures::start}, {"message", &Figures::message}};
  for (const EngineClass of : {EngineClass::standard, EngineClass::compact})
    for (const std::uint32_t count : {10'000u, 32'000u, 100'000u})
      add_figures(rows, fmt::format("{}.{}", wasm::engine_class_name(of), count), figures,
                  [guests, &platform, of, count] { return measure(guests, platform, of, count); });
}

}  // namespace airssys::bench
