#include "talk_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "airssys/base/log.h"
#include "layer1/hosted.h"
#include "process_figures.h"
#include "relay.h"

namespace airssys::bench {
namespace {

constexpr std::size_t bytes = 64;
constexpr std::uint32_t subscribers = 16;
constexpr std::uint32_t publications_per_round = 64;
// The batch has one wake and one wait of this thread: so many that they do not count.
constexpr std::uint64_t operations_min = 2000;

class Rig final : public TalkRows {
 public:
  explicit Rig(std::unique_ptr<HostedGuests> guests) : guests_(std::move(guests)) {}

  Result<> begin() {
    constexpr std::string_view wasm = "talk.wasm";
    AIRSSYS_TRY_VOID(guests_->run({.name = "sink", .wasm = wasm}));
    AIRSSYS_TRY_VOID(guests_->run({.name = "source", .wasm = wasm, .send = "\"sink\"", .further = "publish = [\"bench.*\"]\n"}));
    for (std::uint32_t n = 0; n < subscribers; ++n) {
      const std::string name = fmt::format("subscriber-{}", n);
      AIRSSYS_TRY_VOID(
          guests_->run({.name = name, .wasm = wasm, .send = "\"source\"", .further = "subscribe = [\"bench.*\"]\n"}));
      AIRSSYS_TRY_VOID(guests_->host().send(name, relay_payload(bytes, {.what = Relay::subscribe})));
    }
    return guests_->settle();
  }

  void add_to(Rows& rows) override {
    rows["request.64"] = [this](std::uint64_t n) { return ask(n, 1); };
    rows["request.64.100"] = [this](std::uint64_t n) { return ask(n, 100); };
    rows["topic.64"] = [this](std::uint64_t n) { return publish(n); };
  }

 private:
  Result<Ran> ask(std::uint64_t n, std::uint32_t at_once) {
    const auto questions = static_cast<std::uint32_t>(std::max(n, operations_min));
    return measured("sink", questions, questions, {questions, at_once, Relay::ask});
  }
  Result<Ran> publish(std::uint64_t n) {
    constexpr std::uint64_t per_round = std::uint64_t{subscribers} * publications_per_round;
    const auto rounds = static_cast<std::uint32_t>(std::max(n, operations_min) / per_round + 1);
    return measured("subscriber-0", std::uint64_t{rounds} * publications_per_round, rounds * per_round,
                    {rounds, publications_per_round, Relay::publish});
  }

  // What was lost on the way makes the row fail, not faster: `witness` has to have handled `handled` messages.
  Result<Ran> measured(std::string_view witness, std::uint64_t handled, std::uint64_t operations, RelayOrder order) {
    AIRSSYS_TRY(const wasm::ComponentReport before, guests_->report(witness));
    const Duration begin = cpu_time();
    AIRSSYS_TRY_VOID(guests_->host().send("source", relay_payload(bytes, order)));
    AIRSSYS_TRY_VOID(guests_->settle());
    const Duration took = cpu_time() - begin;
    AIRSSYS_TRY(const wasm::ComponentReport after, guests_->report(witness));
    if (after.handled - before.handled == handled) return Ran{operations, took};
    AIRSSYS_TRY(const wasm::ComponentReport source, guests_->report("source"));
    return fail(Code::internal, fmt::format("'{}' has handled {} of {}; it: '{}', source: '{}'", witness,
                                            after.handled - before.handled, handled, after.last_error, source.last_error));
  }

  const std::unique_ptr<HostedGuests> guests_;
};

}  // namespace

Result<std::unique_ptr<TalkRows>> TalkRows::create(const std::filesystem::path& guests, Platform& platform) {
  wasm::HostConfig config;
  config.workers = 1;
  AIRSSYS_TRY(auto hosted, HostedGuests::create(guests, platform, std::move(config)));
  auto rig = std::make_unique<Rig>(std::move(hosted));
  AIRSSYS_TRY_VOID(rig->begin());
  return rig;
}

}  // namespace airssys::bench
