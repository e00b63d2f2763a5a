// Driver: an actor of the program beside the components, which sends them orders of relay.h and times the answers. It is called
// `source`, to whom the relay answers.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "../relay.h"
#include "airssys/base/platform.h"
#include "airssys/rt/actor.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/host/host.h"
#include "hosted.h"

namespace airssys::bench {

class Driver final : public rt::Actor<wasm::Message> {
 public:
  struct Plan {
    // Sends what the n-th answer will answer; false: it is over. Within a turn of the driver.
    std::function<Result<bool>(wasm::ActorOutbox& outbox, std::uint64_t n)> send;
    std::vector<double> nanoseconds = {};  // from each of these until its answer has come
    std::optional<Error> error = {};       // of a send that failed: it is over then
    std::atomic<bool> over{false};
  };
  // Does what `plan` says, from its beginning to its end. A host has one plan, which outlives it.
  [[nodiscard]] static Result<> carry_out(HostedGuests& guests, Plan& plan);

  // What a relay answers.
  [[nodiscard]] static wasm::Payload question() {
    return relay_payload(64, {.rounds = 2, .messages_per_round = 1, .what = Relay::answer});
  }

  Driver(wasm::ActorOutbox& outbox, Platform& platform, Plan& plan) : outbox_(outbox), platform_(platform), plan_(plan) {}
  Result<rt::Turn> handle(wasm::Message message, rt::Context& context) override;

 private:
  [[nodiscard]] static Result<> add_to(HostedGuests& guests, Plan& plan);
  Result<rt::Turn> send_next();
  wasm::ActorOutbox& outbox_;
  Platform& platform_;
  Plan& plan_;
  std::uint64_t sent_ = 0;
  Instant sent_at_{};
};

// The values' quantile, nearest rank; 0 of none. Sorts them.
[[nodiscard]] double quantile(std::vector<double>& values, double share);

}  // namespace airssys::bench
