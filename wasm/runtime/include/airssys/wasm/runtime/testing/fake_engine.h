// FakeEngine: components that are C++ classes, for tests of everything above the engine seam without Wasmtime, and in
// simulated worlds. It is trusted as far as it passes the same conformance suite as the real one
// (tests/contract/engine_contract_test.cc).
//
//   FakeEngine engine;
//   engine.define("echo", [](const HostFunctions&) { return std::make_unique<Echo>(); });
//   auto code = engine.compile("echo", FakeEngine::image("echo").span(), {});
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "airssys/wasm/core/engine.h"

namespace airssys::wasm::testing {

// How one export of a fake guest ends.
struct FakeOutcome {
  CallState state = CallState::done;
  std::optional<Bytes> reply = std::nullopt;
  std::string text = {};                      // guest_error, or the reason of health
  std::uint32_t variant = 0;
  std::uint64_t number = 0;                   // guest_error of execute: the unsupported codec
  TrapKind trap = TrapKind::unreachable;      // failed
  std::uint64_t fuel = 1;
  // Not null: the call waits for it first, and ends so when it is done. Only for guests that were defined as waiting.
  std::shared_ptr<PendingOperation> wait = nullptr;

  static FakeOutcome answer(std::string_view text) { return {.reply = Bytes::copy_of(text)}; }
  static FakeOutcome error(std::uint32_t variant, std::string text) {
    return {.state = CallState::guest_error, .text = std::move(text), .variant = variant};
  }
  static FakeOutcome trapped(TrapKind kind) { return {.state = CallState::failed, .trap = kind}; }
};

// One instance of a native guest. An outcome with more fuel than the call may use becomes a trap out_of_fuel. What is not
// overridden answers as the host does for a component without that export.
class FakeGuest {
 public:
  virtual ~FakeGuest() = default;
  virtual FakeOutcome init(const ComponentConfig&) { return {}; }
  virtual FakeOutcome handle_message(const Message& message) = 0;
  virtual FakeOutcome handle_callback(MessageId, const RequestOutcome&) { return {}; }
  // A success has a reply.
  virtual FakeOutcome execute(const Bytes&, const ExecutionContext&) {
    return FakeOutcome::error(0, "the component exports no `execute`");
  }
  virtual FakeOutcome shutdown() { return {}; }
  virtual FakeOutcome health() { return {}; }  // `variant` is a HealthStatus
  virtual ComponentMetadata metadata() { return {}; }
  virtual std::vector<std::uint64_t> supported_codecs() { return {}; }
  virtual MemoryUse memory() { return {}; }
};

class FakeEngine final : public Engine {
 public:
  using Make = std::function<std::unique_ptr<FakeGuest>(const HostFunctions&)>;

  // `description.waits` says whether its calls may be pending.
  void define(std::string name, Make make, ComponentDescription description = {}) {
    guests_[std::move(name)] = {std::move(make), std::move(description)};
  }
  // What stands for the binary of that guest.
  [[nodiscard]] static Bytes image(std::string_view name) { return Bytes::copy_of("fake:" + std::string(name)); }

  Result<std::shared_ptr<const CompiledComponent>> compile(std::string_view name, std::span<const std::byte> wasm,
                                                           const CompileOptions& options) override;

 private:
  struct Guest {
    Make make;
    ComponentDescription description;
  };
  std::map<std::string, Guest, std::less<>> guests_;
};

}  // namespace airssys::wasm::testing
