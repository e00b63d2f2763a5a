#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

std::string_view message_kind_name(MessageKind kind) noexcept {
  switch (kind) {
    case MessageKind::fire_and_forget: return "fire-and-forget";
    case MessageKind::request: return "request";
    case MessageKind::publish: return "publish";
    case MessageKind::broadcast: return "broadcast";
    case MessageKind::external: return "external";
  }
  return "unknown";
}

}  // namespace airssys::wasm
