// ComponentActor: an Instance made into a supervised actor (B3.1). Actor + Child: the runtime calls
//
//   start       instantiate, compare metadata() with the manifest, init     a failure unwinds: nothing of it stays
//   pre_start   the message at which the incarnation before this one crashed, if it is to be tried again
//   handle      one message (component_message.h); a call that waits parks the actor
//   ask_health  the guest's health(), between two messages
//   stop        the guest's shutdown, then the instance is dropped
//
// One call at a time, never re-entrant, also while one waits (R3.4).
//
// A guest's trap, its fuel or time used up, or any failure of the engine is this actor's crash: the instance is dropped with
// the object and the supervisor makes a new one with the same address and queue; what becomes of the message in hand is said by
// [mailbox] on_crash (component_inbox.h). An ordinary error that the guest returns is counted and logged, answers whoever asked,
// and the component goes on.
//
// Recycling (R3.6): after so many messages, or when the instance has so much memory, it is shut down and replaced, between two
// messages and by the same object: nothing is lost, nothing counts as a crash, unless the new one cannot be started.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/rt/actor.h"
#include "airssys/rt/child.h"
#include "airssys/rt/context.h"
#include "airssys/wasm/actor/component_inbox.h"
#include "airssys/wasm/actor/component_message.h"
#include "airssys/wasm/actor/current_call.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/engine.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/message_audit.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

// The host functions of one incarnation: they die with it, and with them what they hold.
class HostFunctionSet {
 public:
  virtual ~HostFunctionSet() = default;
  [[nodiscard]] virtual const HostFunctions& functions() const noexcept = 0;
  // A request that the guest made through these has ended so; `outcome` is what its handle-callback is told. False: it is told
  // nothing, because it has cancelled the request, or is not the instance that made it.
  [[nodiscard]] virtual bool end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept = 0;
};

// When an instance is replaced as planned; 0: never for that reason.
struct RecyclePolicy {
  std::uint64_t after_messages = 0;
  std::uint64_t at_memory = 0;  // bytes of all its memories, looked at after each message
};

// Everything that each incarnation of one component is made from; immutable, outlives its actor.
struct ComponentDefinition {
  ComponentAddress address;
  std::string version;              // of the manifest
  ResourceLimits limits;
  ComponentConfig config;
  RecyclePolicy recycle = {};
  std::shared_ptr<const CompiledComponent> code;
  // Of one incarnation; given the definition that it has. CurrentCall outlives them.
  std::function<std::unique_ptr<HostFunctionSet>(rt::Context&, const ComponentDefinition&, const CurrentCall&)> make_functions;
  ComponentStats& stats;
  ComponentInbox& inbox;
  KnownMetadata* metadata = nullptr;  // where to keep what it says of itself; null: nowhere
  MessageAudit* audit = nullptr;      // of each message; null: none
};

class ComponentActor final : public rt::Actor<ComponentMessage>, public rt::Child, AnswerReceiver {
 public:
  // health() that takes longer is reported as degraded (R3.8); it ends, at the latest, as every call does.
  static constexpr Duration health_patience = std::chrono::milliseconds(1000);

  explicit ComponentActor(const ComponentDefinition& definition);
  ~ComponentActor() override;

  rt::Child* as_child() noexcept override { return this; }
  Result<rt::Turn> start(rt::Context& context) override;
  Result<rt::Turn> pre_start(rt::Context& context) override;
  Result<rt::Turn> handle(ComponentMessage message, rt::Context& context) override;
  Result<rt::Turn> resume(rt::Context& context) override;
  Result<rt::Turn> stop(rt::Context& context, const rt::ExitReason& reason) override;
  rt::Health health_check() override;
  Result<rt::Turn> ask_health(rt::Context& context, std::optional<rt::Health>& answer) override;

 private:
  class TurnWaker;
  enum class Call : std::uint8_t { none, metadata, init, message, health, shutdown };
  enum class Recycling : std::uint8_t { no, shutting_down, starting };

  Result<rt::Turn> on_answer(MessageId request, Result<Bytes> answer, rt::Context& context) override;
  [[gnu::cold]] void note(MessageEvent event, const wasm::Message& message);
  [[nodiscard]] bool nobody_waits_for(ComponentMessage& message, const rt::Context& context);
  // Starts `call`, or goes on with it when it is the one that is pending. Pending: parked, and woken when there is something
  // to do, or `bound` after its start.
  CallState advance(Call call, rt::Context& context, Duration bound);
  CallState begin(Call call, rt::Context& context);
  CallState begin_message(WakeTarget& waker);
  void park(rt::Context& context, Duration bound);
  // A call of the component's life: to its end, or parked.
  Result<rt::Turn> live_through(Call call, rt::Context& context);
  Result<> check_metadata();
  Result<rt::Turn> go_on_with_message(rt::Context& context);
  // The call for `message` has ended.
  Result<rt::Turn> settle(ComponentMessage& message, CallState state, rt::Context& context);
  void answer(ComponentMessage& message, CallState state);
  [[nodiscard]] bool is_worn_out() const noexcept;
  Result<rt::Turn> recycle(rt::Context& context);
  void note_call();
  // Of a call that has failed.
  [[nodiscard]] Error take_crash();
  void log_line(std::string_view text);
  void log_guest_error(std::string_view text);
  void end_call();
  void disarm();
  void count_memory();
  void drop_instance();
  void enter(ActorState state) noexcept { definition_.stats.life.store(state, std::memory_order_relaxed); }

  const ComponentDefinition& definition_;
  bool may_suspend_ = false;  // of the instance
  CurrentCall current_{.actor = *this};
  std::unique_ptr<HostFunctionSet> functions_;
  ComponentMessage message_;            // of the pending call
  std::unique_ptr<Instance> instance_;  // after what its calls use: it goes first
  Call pending_ = Call::none;
  Recycling recycling_ = Recycling::no;
  bool metadata_checked_ = false;
  bool has_crashed_ = false;
  bool is_patient_no_more_ = false;     // with the pending health()
  Instant call_start_{};
  TurnWaker* waker_ = nullptr;          // counted; of the call that may wait
  rt::Executor* executor_ = nullptr;    // while deadline_ is armed
  rt::Ref<rt::TimerTask> deadline_;     // of the pending call
  std::uint64_t messages_ = 0;          // of this instance
  std::uint64_t memory_bytes_ = 0;      // of this instance, after its latest call
  std::uint64_t refused_growths_ = 0;   // of this instance, already counted
  std::uint64_t counted_memory_ = 0;    // of this instance, in the stats
};

}  // namespace airssys::wasm
