// Who acts, and whether they may: the contract between what carries out calls of components (messaging, services, storage, the
// operating system) and what decides about them (wasm/security).
//
// Authority is a value. A service asks the gate of the component that calls it, and what it then does takes the Permit that the
// gate answered with: an unchecked call does not compile. Nobody but a PermissionGate makes one.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {

// How a component came to run here (R4.11).
enum class TrustLevel : std::uint8_t {
  trusted,  // its source is one that is trusted
  approved,  // what it asks for was approved
  development,  // what it does is not checked, but for what is forbidden to everybody
  unknown,  // nobody has said anything
};
// "trusted", "approved", "development", "unknown".
[[nodiscard]] std::string_view trust_level_name(TrustLevel level) noexcept;

// Who acts (R4.13): the same for all incarnations of a component.
struct SecurityContext {
  ComponentAddress component;
  TrustLevel trust = TrustLevel::unknown;
  std::uint32_t session = 0;  // of this life of the host; not 0
};

// Why a call was refused.
struct Denial {
  // denied: no grant covers it. forbidden: nobody may. policy_violation: a role or list of the host says no. exhausted: too many
  // calls, or the audit log is behind; later it may do.
  Code code = Code::denied;
  // For the guest, which learns of nothing here but what it asked: a sentence that says what to do.
  std::string reason;
};

// What people ask `why-denied` for: "5e1f00a2-3".
[[nodiscard]] std::string denial_reference(std::uint64_t session, std::uint64_t number);
struct DenialReference {
  std::uint32_t session;
  std::uint64_t number;
};
// invalid_argument: it is none.
[[nodiscard]] Result<DenialReference> parse_denial_reference(std::string_view text);

// The half of a permit that does not depend on what it is for.
class AnyPermit {
 public:
  // Of nothing: a gate says `changed` to it.
  AnyPermit() = default;

 private:
  friend class PermissionGate;
  explicit AnyPermit(std::uint64_t decision) noexcept : decision_(decision) {}
  std::uint64_t decision_ = 0;
};

// That one component may do `action` to what it asked for.
template <Action action>
class Permit : public AnyPermit {
 private:
  friend class PermissionGate;
  explicit Permit(AnyPermit any) noexcept : AnyPermit(any) {}
};

// The denial is valid until the next call of the same gate.
template <Action action>
using Checked = std::expected<Permit<action>, const Denial*>;

// The gate of one instance of a component. Threads: as HostFunctions: one call at a time.
class PermissionGate {
 public:
  virtual ~PermissionGate() = default;

  // In the order of R4.2: is it forbidden, is it granted, is there a call left, do roles and lists allow it; then it is
  // recorded. A decision that was made before and still holds costs a look-up.
  template <Action action>
  [[nodiscard]] Checked<action> check(std::string_view resource) noexcept {
    auto decided = decide(action, resource);
    if (!decided) return std::unexpected(decided.error());
    return Permit<action>(*decided);
  }

  enum class Again : std::uint8_t {
    yes,
    no,  // too many calls: as last_denial() says
    changed,  // other things are granted now, or too much was asked since: check anew
  };
  // The same once more, by whoever keeps the permit: no look-up.
  [[nodiscard]] virtual Again again(const AnyPermit& permit) noexcept = 0;
  [[nodiscard]] virtual const Denial& last_denial() const noexcept = 0;
  // What is decided may have changed when this has. Never 0.
  [[nodiscard]] virtual std::uint64_t generation() const noexcept = 0;

  // Whether check would allow it, for whoever only asks: it costs no call, and is not recorded.
  [[nodiscard]] virtual bool would_allow(Action action, std::string_view resource) const noexcept = 0;
  // A refusal that somebody else decided, for a reason that this gate does not know: the other end of a message does not want it
  // (messaging_receive_from), the operating system says no. Recorded like one of the gate's own, and no answer of it: what is
  // asked after that is decided as before.
  virtual void record_refusal(Action action, std::string_view resource, std::string_view rule) noexcept = 0;

 protected:
  [[nodiscard]] virtual std::expected<AnyPermit, const Denial*> decide(Action action, std::string_view resource) noexcept = 0;
  [[nodiscard]] static AnyPermit permit_of(std::uint64_t decision) noexcept { return AnyPermit(decision); }
  [[nodiscard]] static std::uint64_t decision_of(const AnyPermit& permit) noexcept { return permit.decision_; }
};

// Roles and lists of the host, beside what manifests say (R8.6): asked for what is granted, and may only say no.
class AccessControl {
 public:
  virtual ~AccessControl() = default;
  // Empty: allowed; else the rule that says no. Threads: any. Does not block.
  [[nodiscard]] virtual std::string refuses(const SecurityContext& who, Action action,
                                            std::string_view resource) const noexcept = 0;
};

}  // namespace airssys::wasm
