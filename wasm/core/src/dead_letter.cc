#include "airssys/wasm/core/dead_letter.h"

namespace airssys::wasm {

std::string_view dead_letter_reason_name(DeadLetterReason reason) noexcept {
  switch (reason) {
    case DeadLetterReason::unresolved: return "unresolved";
    case DeadLetterReason::overflow: return "overflow";
    case DeadLetterReason::expired: return "expired";
    case DeadLetterReason::crashed: return "crashed";
    case DeadLetterReason::poison: return "poison";
    case DeadLetterReason::discarded: return "discarded";
    case DeadLetterReason::incompatible: return "incompatible";
  }
  return "unknown";
}

}  // namespace airssys::wasm
