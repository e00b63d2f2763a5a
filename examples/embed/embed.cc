// A program that hosts components beside an actor of its own, and lends them a function of its own.
#include <fmt/format.h>

#include "airssys/wasm/host/host.h"

using namespace airssys;
using namespace std::chrono_literals;

// Sends what it hears on to the component `greeter`, and prints what comes back.
class Desk final : public rt::Actor<wasm::Message> {
 public:
  explicit Desk(wasm::ActorOutbox& outbox) : outbox_(outbox) {}
  Result<rt::Turn> handle(wasm::Message message, rt::Context&) override {
    const auto payload = wasm::decode(message.payload);
    if (!payload) return fail(Code::invalid_argument, std::string(payload.error()));
    if (message.kind == wasm::MessageKind::external)
      AIRSSYS_TRY_VOID(outbox_.send("greeter", *payload));
    else
      fmt::print("{} says: {}\n", message.sender.text(), payload->text());
    return rt::Turn::done;
  }

 private:
  wasm::ActorOutbox& outbox_;
};

Result<> serve(const char* folder) {
  const auto platform = real_platform();
  AIRSSYS_TRY(const auto anybody, wasm::TargetPattern::parse("*"));
  wasm::HostConfig config;
  config.functions.push_back({"motto", {anybody}, [](const auto&) -> Result<Bytes> { return Bytes::copy_of("be kind"); }});
  AIRSSYS_TRY(const auto host, wasm::Host::create(config, *platform, null_log()));
  AIRSSYS_TRY(const std::string greeter, host->add(folder));
  AIRSSYS_TRY_VOID(host->start(greeter));
  AIRSSYS_TRY_VOID(host->add_actor({.name = "desk", .messaging = {.send = {anybody}}},
                                   [](wasm::ActorOutbox& outbox) { return std::make_unique<Desk>(outbox); }));
  for (const char* name : {"Ada", "Grace"}) AIRSSYS_TRY_VOID(host->send("desk", Bytes::copy_of(name)));
  host->wait_idle(10s);
  host->stop();
  return {};
}

int main(int count, char** arguments) {
  const auto served = serve(count > 1 ? arguments[1] : "examples/embed/greeter");
  if (!served) fmt::print(stderr, "error: {}\n", served.error().message());
  return served ? 0 : 1;
}
