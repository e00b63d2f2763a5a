#include "airssys/wasm/services/guest_capabilities.h"

#include <fmt/format.h>

namespace airssys::wasm {
namespace {

// More than any kind and action have.
constexpr std::size_t max_name_bytes = 64;

}  // namespace

bool GuestCapabilities::is_granted(std::string_view kind, std::string_view action, std::string_view target) noexcept {
  if (kind.size() + action.size() > max_name_bytes) return false;
  const auto known = parse_action(fmt::format("{}.{}", kind, action));
  return known && gate_.would_allow(*known, target);
}

}  // namespace airssys::wasm
