// One sandbox over the bridge.
#pragma once
#include <cstdint>
#include <vector>

#include "airssys/wasm/bridge/handles.h"
#include "airssys/wasm/core/engine.h"
#include "host_tables.h"

namespace airssys::wasm {

class WasmtimeInstance final : public Instance {
 public:
  // `deadline_ticks`: how many ticks of the engine's epoch a call may last.
  WasmtimeInstance(BridgeInstance instance, const ResourceLimits& limits, std::uint64_t deadline_ticks) noexcept;

  bool may_suspend() const noexcept override { return may_suspend_; }
  CallState init(const ComponentConfig& config, WakeTarget& waker) noexcept override;
  CallState handle_message(const Message& message, WakeTarget& waker) noexcept override;
  CallState handle_callback(MessageId request, const RequestOutcome& outcome, WakeTarget& waker) noexcept override;
  CallState execute(const Bytes& operation, const ExecutionContext& context, WakeTarget& waker) noexcept override;
  CallState metadata(WakeTarget& waker) noexcept override;
  CallState health(WakeTarget& waker) noexcept override;
  CallState supported_codecs(WakeTarget& waker) noexcept override;
  CallState shutdown(WakeTarget& waker) noexcept override;
  CallState resume(WakeTarget& waker) noexcept override;
  void cancel(TrapKind why) noexcept override;
  CallReport& report() noexcept override { return report_; }
  MemoryUse memory() const noexcept override;

 private:
  enum class Export : std::uint8_t {
    init,
    handle_message,
    handle_callback,
    execute,
    metadata,
    health,
    supported_codecs,
    shutdown
  };

  // The waker to lend the bridge; none on the synchronous lane, which never looks at it.
  aw_waker* lend(WakeTarget& waker);
  void begin(Export which) noexcept;
  CallState settle(aw_outcome& outcome) noexcept;
  void take_answer(aw_outcome& outcome);

  BridgeWakerRef waker_;  // outlives instance_, whose suspended call may hold it
  BridgeInstance instance_;
  const ResourceLimits limits_;
  const std::uint64_t deadline_ticks_;
  const bool may_suspend_;
  Export running_ = Export::init;
  bool pending_ = false;
  CallReport report_;
  // What `init` lowers into the guest; kept while it is pending.
  std::vector<aw_env> env_;
  std::vector<aw_capability> granted_;
};

}  // namespace airssys::wasm
