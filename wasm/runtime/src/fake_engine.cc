#include "airssys/wasm/runtime/testing/fake_engine.h"

#include <fmt/format.h>

#include <utility>

#include "airssys/base/assert.h"

namespace airssys::wasm::testing {
namespace {

class FakeInstance final : public Instance {
 public:
  FakeInstance(std::unique_ptr<FakeGuest> guest, const ResourceLimits& limits, bool waits)
      : guest_(std::move(guest)),
        limits_(limits),
        waits_(waits) {}

  bool may_suspend() const noexcept override { return waits_; }
  CallState init(const ComponentConfig& config, WakeTarget& waker) noexcept override {
    return run([&] { return guest_->init(config); }, waker);
  }
  CallState handle_message(const Message& message, WakeTarget& waker) noexcept override {
    return run([&] { return guest_->handle_message(message); }, waker);
  }
  CallState handle_callback(MessageId request, const RequestOutcome& outcome, WakeTarget& waker) noexcept override {
    return run([&] { return guest_->handle_callback(request, outcome); }, waker);
  }
  CallState execute(const Bytes& operation, const ExecutionContext& context, WakeTarget& waker) noexcept override {
    return run([&] { return guest_->execute(operation, context); }, waker);
  }
  CallState metadata(WakeTarget& waker) noexcept override {
    const CallState state = run([] { return FakeOutcome{}; }, waker);
    if (state == CallState::done) report_.metadata = guest_->metadata();
    return state;
  }
  CallState health(WakeTarget& waker) noexcept override {
    return run([&] { return guest_->health(); }, waker);
  }
  CallState supported_codecs(WakeTarget& waker) noexcept override {
    const CallState state = run([] { return FakeOutcome{}; }, waker);
    if (state == CallState::done) report_.codecs = guest_->supported_codecs();
    return state;
  }
  CallState shutdown(WakeTarget& waker) noexcept override {
    return run([&] { return guest_->shutdown(); }, waker);
  }
  CallState resume(WakeTarget& waker) noexcept override {
    AIRSSYS_ASSERT(pending_, "no call is pending");
    return settle(*std::exchange(pending_, std::nullopt), waker);
  }
  void cancel(TrapKind why) noexcept override {
    if (!pending_) return;
    pending_.reset();
    settle_failed(why, 0);
  }

  CallReport& report() noexcept override { return report_; }
  MemoryUse memory() const noexcept override { return guest_->memory(); }

 private:
  template <class Export>
  CallState run(Export&& call, WakeTarget& waker) noexcept {
    AIRSSYS_ASSERT(!pending_, "a call is pending");
    if (dead_) {
      report_ = {.trap = TrapKind::host_error, .error = Error(Code::internal, "the fake guest has failed before")};
      return CallState::failed;
    }
    return settle(call(), waker);
  }

  CallState settle(FakeOutcome outcome, WakeTarget& waker) noexcept {
    AIRSSYS_ASSERT(!outcome.wait || waits_, "a fake guest waits that was not defined as waiting");
    if (outcome.wait && !outcome.wait->poll(CallWaker(waker))) {
      pending_ = std::move(outcome);
      return CallState::pending;
    }
    if (outcome.fuel > limits_.fuel_per_call) return settle_failed(TrapKind::out_of_fuel, limits_.fuel_per_call);
    if (outcome.state == CallState::failed) return settle_failed(outcome.trap, outcome.fuel);
    report_ = {.fuel = outcome.fuel,
               .reply = std::move(outcome.reply),
               .text = std::move(outcome.text),
               .variant = outcome.variant,
               .number = outcome.number};
    return outcome.state;
  }

  CallState settle_failed(TrapKind kind, std::uint64_t fuel) {
    dead_ = true;
    report_ = {.fuel = fuel, .trap = kind};
    report_.error = Error(kind == TrapKind::timeout ? Code::timed_out : Code::trapped, "a fake guest trapped")
                        .with("trap", std::string(trap_kind_name(kind)));
    return CallState::failed;
  }

  const std::unique_ptr<FakeGuest> guest_;
  const ResourceLimits limits_;
  const bool waits_;
  std::optional<FakeOutcome> pending_;
  bool dead_ = false;
  CallReport report_;
};

class FakeComponent final : public CompiledComponent {
 public:
  FakeComponent(FakeEngine::Make make, ComponentDescription description)
      : make_(std::move(make)),
        description_(std::move(description)) {}
  const ComponentDescription& description() const noexcept override { return description_; }
  ComponentItems items() const override { return {}; }
  Result<std::unique_ptr<Instance>> instantiate(const HostFunctions& functions, const ResourceLimits& limits) const override {
    auto guest = make_(functions);
    if (!guest) return fail(Code::instantiation_failed, "a fake guest refused to be made");
    if (guest->memory().bytes > limits.memory_bytes)
      return fail(Code::resource_limit_exceeded, "a fake guest needs more memory at its start");
    return std::make_unique<FakeInstance>(std::move(guest), limits, description_.waits);
  }

 private:
  const FakeEngine::Make make_;
  const ComponentDescription description_;
};

}  // namespace

Result<std::shared_ptr<const CompiledComponent>> FakeEngine::compile(std::string_view name, std::span<const std::byte> wasm,
                                                                     const CompileOptions& options) {
  constexpr std::string_view prefix = "fake:";
  const std::string_view text(reinterpret_cast<const char*>(wasm.data()), wasm.size());
  const auto found = text.starts_with(prefix) ? guests_.find(text.substr(prefix.size())) : guests_.end();
  if (found == guests_.end()) return fail(Code::invalid_component, fmt::format("{}: not a component", name));
  ComponentDescription description = found->second.description;
  if (options.engine_class) description.engine_class = *options.engine_class;
  return std::make_shared<const FakeComponent>(found->second.make, std::move(description));
}

}  // namespace airssys::wasm::testing
