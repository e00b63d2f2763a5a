#include "airssys/wasm/services/guest_capabilities.h"

namespace airssys::wasm {

bool GuestCapabilities::is_granted(std::string_view kind, std::string_view action, std::string_view target) noexcept {
  // All that a manifest can grant so far.
  if (kind != "messaging" || action != "send") return false;
  const auto address = ComponentAddress::parse(target.substr(0, ComponentAddress::max_bytes + 1));
  return address && messaging_.allows_send(*address);
}

}  // namespace airssys::wasm
