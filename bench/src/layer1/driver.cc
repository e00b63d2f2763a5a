#include "driver.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace airssys::bench {

Result<> Driver::carry_out(HostedGuests& guests, Plan& plan) {
  plan.over.store(false);
  if (!guests.report("source")) AIRSSYS_TRY_VOID(add_to(guests, plan));
  AIRSSYS_TRY_VOID(guests.host().send("source", Bytes::copy_of("begin")));
  plan.over.wait(false);
  if (plan.error) return std::unexpected(*std::move(plan.error));
  return {};
}

Result<> Driver::add_to(HostedGuests& guests, Plan& plan) {
  wasm::ActorOptions options{.name = "source"};
  options.messaging.send = {wasm::TargetPattern::any()};
  return guests.host().add_actor(
      std::move(options), [&](wasm::ActorOutbox& outbox) { return std::make_unique<Driver>(outbox, guests.platform(), plan); });
}

Result<rt::Turn> Driver::handle(wasm::Message message, rt::Context&) {
  if (message.kind == wasm::MessageKind::external)
    sent_ = 0;
  else
    plan_.nanoseconds.push_back(static_cast<double>((platform_.now() - sent_at_).count()));
  return send_next();
}

Result<rt::Turn> Driver::send_next() {
  sent_at_ = platform_.now();
  Result<bool> sent = plan_.send(outbox_, sent_++);
  if (sent && *sent) return rt::Turn::done;
  if (!sent) plan_.error = std::move(sent).error();
  plan_.over.store(true);
  plan_.over.notify_one();
  return rt::Turn::done;
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace airssys::bench
