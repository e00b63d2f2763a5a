#include "message_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "airssys/base/log.h"
#include "airssys/wasm/host/host.h"
#include "process_figures.h"
#include "relay.h"

namespace airssys::bench {
namespace {

// Of the receiver's queue a tenth, as the host has it by default.
constexpr std::uint32_t messages_per_round = 100;
// The batch has one wake and one wait of this thread: so many that they do not count.
constexpr std::uint64_t messages_min = 2000;
constexpr Duration patience = std::chrono::seconds(60);

Duration wall_time() { return std::chrono::steady_clock::now().time_since_epoch(); }

class Rig final : public MessageRows {
 public:
  Rig(std::unique_ptr<wasm::Host> host, Duration (*clock)()) : host_(std::move(host)), clock_(clock) {}

  Result<> load(const std::filesystem::path& guests) {
    for (const char* name : {"source", "sink"}) {
      AIRSSYS_TRY(const std::string added, host_->add(guests / name));
      AIRSSYS_TRY_VOID(host_->start(added));
    }
    return {};
  }

  void add_to(Rows& rows, std::string_view suffix) override {
    static constexpr std::array<std::pair<std::string_view, std::size_t>, 3> payloads{
        {{"64", 64}, {"4k", 4 << 10}, {"64k", 64 << 10}}};
    for (const auto& payload : payloads) {
      const std::size_t bytes = payload.second;
      rows[fmt::format("message.{}.{}", payload.first, suffix)] = [this, bytes](std::uint64_t n) {
        return send(bytes, n, messages_per_round);
      };
      rows[fmt::format("hop.{}.{}", payload.first, suffix)] = [this, bytes](std::uint64_t n) { return send(bytes, n, 1); };
    }
  }

 private:
  // Counts what the receivers handled: a message that was lost on the way makes the row fail, not faster.
  Result<Ran> send(std::size_t bytes, std::uint64_t n, std::uint32_t per_round) {
    const auto rounds = static_cast<std::uint32_t>(std::max(n, messages_min) / (per_round + 1) + 1);
    const std::uint64_t before = handled();
    const Duration begin = clock_();
    AIRSSYS_TRY_VOID(host_->send("source", relay_payload(bytes, {rounds, per_round, Relay::begin_round})));
    if (!host_->wait_idle(patience)) return fail(Code::timed_out, "the host is not idle");
    const Duration took = clock_() - begin;
    const std::uint64_t messages = std::uint64_t{rounds} * (per_round + 1);
    if (const std::uint64_t handled_now = handled() - before; handled_now != messages)
      return fail(Code::internal, fmt::format("{} messages were sent and {} handled; {}", messages, handled_now, last_errors()));
    return Ran{messages, took};
  }

  std::uint64_t handled() const {
    std::uint64_t handled = 0;
    for (const auto& component : host_->report()) handled += component.handled;
    return handled;
  }

  std::string last_errors() const {
    std::string text;
    for (const auto& component : host_->report()) text += fmt::format("{}: '{}' ", component.name, component.last_error);
    return text;
  }

  std::unique_ptr<wasm::Host> host_;
  Duration (*const clock_)();
};

}  // namespace

Result<std::unique_ptr<MessageRows>> MessageRows::create(const std::filesystem::path& guests, std::uint32_t instances,
                                                         std::size_t workers, Platform& platform) {
  wasm::HostConfig config;
  config.workers = workers;
  config.engine.max_instances = instances;
  config.engine.max_fibers = std::max(1u, instances / 4);
  AIRSSYS_TRY(auto host, wasm::Host::create(config, platform, null_log()));
  auto rig = std::make_unique<Rig>(std::move(host), workers == 1 ? cpu_time : wall_time);
  AIRSSYS_TRY_VOID(rig->load(guests));
  return rig;
}

}  // namespace airssys::bench
