// MessageAudit: what became of each message, told to the audit log event by event (R5.13), where the operator wants it so.
//
// The gate records every decision about a message by its number (wasm/security): what was sent, and refused, to whom. This is the
// rest of the story, a line for each event of each message: `message.sent` with its id at the sender, `message.received` at the
// receiver, how a request ended. It costs a line of the log each, so it is off unless it is asked for.
//
// Nothing is lost silently: where the log is behind, the event is counted, and a line with the number follows as soon as there
// is room. Threads: any.
#pragma once
#include <atomic>
#include <cstdint>
#include <string_view>

#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

// Append only: the log has the names.
enum class MessageEvent : std::uint8_t {
  sent,  // by a component into somebody's mailbox
  received,  // and begun to be handled
  rejected,  // it was not sent: full mailbox, nobody there, a payload that is none; refusals of the gate are its own lines
  request_sent,
  request_received,
  callback_delivered,  // how a request ended, to handle-callback
  timed_out,  // it ended so; the callback is an event of its own
  cancelled,
  late_response,  // dropped: whoever asked had stopped waiting
  published,
};
// "message.sent", "message.received", …
[[nodiscard]] std::string_view message_event_name(MessageEvent event) noexcept;

class MessageAudit {
 public:
  // Every n-th event of all; 1: each. `sink` outlives this.
  MessageAudit(AuditSink& sink, std::uint32_t every) noexcept : sink_(sink), every_(every) {}

  // `who`: the component that it is about. `peer`: the other one, or the topic. `why`: of rejected.
  void record(MessageEvent event, const ComponentAddress& who, std::string_view peer, MessageId id,
              std::string_view why = {}) noexcept;
  // Events that were not recorded yet.
  [[nodiscard]] std::uint64_t behind() const noexcept { return behind_.load(std::memory_order_relaxed); }

 private:
  void settle() noexcept;

  AuditSink& sink_;
  const std::uint32_t every_;
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint64_t> behind_{0};
};

}  // namespace airssys::wasm
