// ComponentSecurity: what one component may do now, and the gates of its instances (R4.2).
//
//   forbidden list → what is granted → calls a minute → roles and lists → audit log
//
// The first that says no stops, and everything is recorded, allow and deny. A gate remembers what it decided (ADR 30): the
// same question again costs a look-up, and equal decisions are one line of the audit log with their number, every
// summary_interval. What is granted may change at any time: a gate notices at its next call, also in the middle of a call of
// the guest.
//
// When a decision cannot be recorded, because the log is behind or broken, the answer is no: nothing happens unrecorded. Uses
// of what was recorded as allowed are counted in the meantime, and recorded later.
//
// Threads: any; a gate is its instance's. Outlives its gates; what Host points to outlives this.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/forbidden_list.h"
#include "airssys/wasm/core/rate_limit.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/stats.h"

namespace airssys::wasm {

class ComponentSecurity {
 public:
  // Decisions that a gate remembers: more than these are made again each time they come round.
  static constexpr std::size_t max_decisions = 64;
  // How often uses of one decision are recorded, at most.
  static constexpr Duration summary_interval = std::chrono::seconds(10);
  // Denials of new things that get a line of their own, of one instance; further ones are counted together.
  static constexpr std::uint32_t max_denials_per_second = 64;
  // Lines of the log about denials, of one instance.
  static constexpr std::uint32_t max_logged_denials = 64;

  // Of the host; the same for all its components.
  struct Host {
    const ForbiddenList& forbidden;
    AuditSink& audit;
    Platform& platform;
    LogSink& log;
    const AccessControl* access = nullptr;  // null: no roles and lists
  };

  ComponentSecurity(SecurityContext who, CapabilitySet granted, RatePolicy rate, const Host& host, ComponentStats& stats);

  [[nodiscard]] std::unique_ptr<PermissionGate> make_gate();
  [[nodiscard]] const SecurityContext& who() const noexcept { return who_; }

  [[nodiscard]] std::shared_ptr<const CapabilitySet> granted() const;
  // From the next call on; recorded first. exhausted: CapabilitySet::max_size, or the audit log is behind; unavailable: it fails.
  [[nodiscard]] Result<> grant(Capability capability);
  // Whether it was there. From the next call on, whether it could be recorded or not: the log line comes later then.
  bool revoke(Action action, std::string_view pattern);

 private:
  class Gate;

  // Under mutex_.
  [[nodiscard]] AuditStatus record_change(std::string_view action, std::string_view capability) noexcept;
  void publish(CapabilitySet changed);

  const SecurityContext who_;
  const Host host_;
  ComponentStats& stats_;
  RateLimit rate_;
  const RatePolicy rate_policy_;
  mutable std::mutex mutex_;
  std::shared_ptr<const CapabilitySet> granted_;  // under mutex_
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> denials_{0};  // numbered, for their references
  std::atomic<std::uint64_t> unrecorded_{0};  // uses and denials that an instance left behind when the log was full
};

}  // namespace airssys::wasm
