// One component with an instance for each key, sent to by more keys than there is room for.
#include <fmt/format.h>

#include <string>

#include "../figures.h"
#include "../process_figures.h"
#include "../relay.h"
#include "hosted.h"
#include "rows.h"

namespace airssys::bench {
namespace {

constexpr std::uint32_t live_keys = 1000;
constexpr std::uint32_t slot_bytes = 512 << 10;  // as in hosted_density_rows.cc

struct Figures {
  double lost = 0, resident = 0, key = 0;
};

Result<Figures> measure(const std::filesystem::path& guests, Platform& platform, std::uint32_t count) {
  wasm::HostConfig config;
  config.engine.max_instances = 1;
  config.engine.max_compact_instances = 2 * live_keys;  // those that are ending come on top
  config.engine.max_fibers = config.engine.max_compact_fibers = 0;
  config.engine.compact_slot_bytes = slot_bytes;
  AIRSSYS_TRY(const auto hosted, HostedGuests::create(guests, platform, config));
  AIRSSYS_TRY_VOID(hosted->run({.name = "keys",
                                .wasm = "relay-slot.wasm",
                                .max_memory = "512KiB",
                                .resources = "class = \"compact\"\n",
                                .deployment = fmt::format("instances = \"per-key\"\nmax_live_keys = {}\n", live_keys)}));
  const wasm::Payload nothing = relay_payload(64, {});
  const double resident = resident_bytes();
  const Instant begin = platform.now();
  for (std::uint32_t n = 0; n < count; ++n) {
    const std::string name = fmt::format("default/keys/k{}", n);
    for (auto sent = hosted->host().send(name, nothing); !sent; sent = hosted->host().send(name, nothing)) {
      if (sent.error().code() != Code::exhausted) return std::unexpected(std::move(sent).error());
      AIRSSYS_TRY_VOID(hosted->settle());  // all are busy: nobody has been put away yet
    }
  }
  AIRSSYS_TRY_VOID(hosted->settle());
  Figures figures;
  figures.key = static_cast<double>((platform.now() - begin).count()) / count;
  figures.resident = resident_bytes() - resident;
  AIRSSYS_TRY(const wasm::ComponentReport report, hosted->report("keys"));
  figures.lost = static_cast<double>(count) - static_cast<double>(report.handled);
  if (!report.keys || report.keys->live > live_keys) return fail(Code::internal, "more keys are alive than may be");
  return figures;
}

}  // namespace

void add_keyed_rows(const std::filesystem::path& guests, Platform& platform, Rows& rows) {
  static constexpr std::pair<std::string_view, double Figures::*> figures[]{
      {"lost", &Figures::lost}, {"resident", &Figures::resident}, {"key", &Figures::key}};
  for (const std::uint32_t count : {100 * live_keys, 1000 * live_keys})
    add_figures(rows, fmt::format("keys.{}", count), figures,
                [guests, &platform, count] { return measure(guests, platform, count); });
}

}  // namespace airssys::bench
