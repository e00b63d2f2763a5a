// ComponentActor: an Instance made into a supervised actor (B3.1). Actor + Child: the runtime calls
//
//   start      instantiate, compare metadata() with the manifest, init     a failure unwinds: nothing of it stays
//   handle     one message; a call that waits parks the actor
//   stop       the guest's shutdown, then the instance is dropped
//
// A guest's trap, its fuel or time used up, or any failure of the engine is this actor's crash: the instance is dropped with
// the object and the supervisor makes a new one with the same address and queue. An ordinary error that the guest returns is
// counted and logged, and the component goes on.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "airssys/rt/actor.h"
#include "airssys/rt/child.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/actor/component_inbox.h"
#include "airssys/wasm/actor/component_message.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

// The host functions of one incarnation: they die with it, and with them what they hold.
class HostFunctionSet {
 public:
  virtual ~HostFunctionSet() = default;
  [[nodiscard]] virtual const HostFunctions& functions() const noexcept = 0;
};

// Everything that each incarnation of one component is made from; immutable, outlives its actor.
struct ComponentDefinition {
  ComponentAddress address;
  std::string version;              // of the manifest
  ResourceLimits limits;
  ComponentConfig config;
  std::shared_ptr<const CompiledComponent> code;
  std::function<std::unique_ptr<HostFunctionSet>(rt::Context&)> make_functions;
  ComponentStats& stats;
  ComponentInbox& inbox;
  KnownMetadata* metadata = nullptr;  // where to keep what it says of itself; null: nowhere
};

class ComponentActor final : public rt::Actor<ComponentMessage>, public rt::Child {
 public:
  explicit ComponentActor(const ComponentDefinition& definition);
  ~ComponentActor() override;

  rt::Child* as_child() noexcept override { return this; }
  Result<rt::Turn> start(rt::Context& context) override;
  Result<rt::Turn> handle(ComponentMessage message, rt::Context& context) override;
  Result<rt::Turn> resume(rt::Context& context) override;
  Result<rt::Turn> stop(rt::Context& context, const rt::ExitReason& reason) override;
  rt::Health health_check() override;

 private:
  class TurnWaker;
  enum class Call : std::uint8_t { none, metadata, init, handle_message, shutdown };

  // Starts `call`, or goes on with it when it is the one that is pending.
  Result<rt::Turn> advance(Call call, rt::Context& context);
  CallState begin(Call call, rt::Context& context);
  Result<rt::Turn> park(rt::Context& context);
  Result<rt::Turn> finish(Call call, CallState state, rt::Context& context);
  Result<> check_metadata();
  WakeTarget& waker_for_call(rt::Context& context);
  void end_call();
  void count_memory();
  void drop_instance();

  const ComponentDefinition& definition_;
  bool may_suspend_ = false;  // of the instance
  std::unique_ptr<HostFunctionSet> functions_;
  ComponentMessage message_;            // of the pending call
  std::unique_ptr<Instance> instance_;  // after what its calls use: it goes first
  Call pending_ = Call::none;
  bool metadata_checked_ = false;
  Instant call_start_{};
  TurnWaker* waker_ = nullptr;          // counted; of the call that may wait
  rt::Executor* executor_ = nullptr;    // while deadline_ is armed
  rt::Ref<rt::TimerTask> deadline_;     // of the pending call
  std::uint64_t refused_growths_ = 0;   // of this instance, already counted
};

}  // namespace airssys::wasm
