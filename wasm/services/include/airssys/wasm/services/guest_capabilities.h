// `airssys:core/capabilities` for one component: what it was granted. Asking changes nothing and is not counted: the check that
// counts is made by whoever carries a call out.
//
// Threads: as HostFunctions: one call at a time.
#pragma once
#include <span>
#include <string_view>

#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/security.h"

namespace airssys::wasm {

class GuestCapabilities final : public CapabilitiesFunctions {
 public:
  // Both outlive this: what decides, and the same as `init` gets it.
  GuestCapabilities(const PermissionGate& gate, std::span<const GrantedCapability> granted) noexcept
      : gate_(gate),
        granted_(granted) {}

  bool is_granted(std::string_view kind, std::string_view action, std::string_view target) noexcept override;
  std::span<const GrantedCapability> granted() noexcept override { return granted_; }

 private:
  const PermissionGate& gate_;
  const std::span<const GrantedCapability> granted_;
};

}  // namespace airssys::wasm
