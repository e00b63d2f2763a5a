// What may wait for a component, for how long, and what becomes of a message at which it crashed (R3.5, R3.6): `[mailbox]` of
// its manifest, with the manifest's defaults.
#pragma once
#include <cstdint>
#include <optional>

#include "airssys/base/time.h"

namespace airssys::wasm {

// What a full mailbox does with one message more.
enum class MailboxOverload : std::uint8_t {
  error,        // its sender gets queue-full
  block,        // takes it, and the sending component handles nothing more until there is room for what it sent
  drop_newest,  // drops it; its sender does not learn of it
  drop_oldest,  // drops what has waited longest instead
};

enum class OnCrash : std::uint8_t {
  drop,         // it is lost: at most once
  retry_once,   // the next incarnation handles it before anything else; when that crashes too, it is a dead letter
  dead_letter,  // it is kept as a dead letter, with its contents
};

struct MailboxPolicy {
  std::optional<std::uint32_t> capacity = std::nullopt;  // messages; otherwise the host's
  // Of the payloads that wait, together. A larger one is taken when nothing waits.
  std::uint64_t max_bytes = 100 * 1024;
  MailboxOverload overload = MailboxOverload::error;
  Duration message_ttl{};  // a message that has waited longer is dropped when its turn comes; 0: none is
  OnCrash on_crash = OnCrash::drop;
  // Contents that crashed the component so often within the window are set aside unhandled, so that one message which is sent
  // again and again does not use up the restarts. 0: never.
  std::uint32_t poison_after = 2;
  Duration poison_window = std::chrono::seconds(60);  // that of [deployment] restart_window_s
};

}  // namespace airssys::wasm
