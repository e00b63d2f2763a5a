#include "airssys/wasm/core/message_audit.h"

#include <fmt/format.h>

#include <array>

namespace airssys::wasm {

std::string_view message_event_name(MessageEvent event) noexcept {
  switch (event) {
    case MessageEvent::sent: return "message.sent";
    case MessageEvent::received: return "message.received";
    case MessageEvent::rejected: return "message.rejected";
    case MessageEvent::request_sent: return "message.request-sent";
    case MessageEvent::request_received: return "message.request-received";
    case MessageEvent::callback_delivered: return "message.callback-delivered";
    case MessageEvent::timed_out: return "message.timed-out";
    case MessageEvent::cancelled: return "message.cancelled";
    case MessageEvent::late_response: return "message.late-response";
    case MessageEvent::published: return "message.published";
  }
  return "message.unknown";
}

void MessageAudit::record(MessageEvent event, const ComponentAddress& who, std::string_view peer, MessageId id,
                          std::string_view why) noexcept {
  if (every_ > 1 && count_.fetch_add(1, std::memory_order_relaxed) % every_ != 0) return;
  if (behind_.load(std::memory_order_relaxed) != 0) settle();
  std::array<char, 64> text;
  const auto end = fmt::format_to_n(text.data(), text.size(), "id {:x}-{}", id.high, id.low).out;
  const std::string_view id_text(text.data(), end);
  const AuditStatus status =
      sink_.record({.component = who.text(),
                    .action = message_event_name(event),
                    .resource = peer,
                    .decision = event == MessageEvent::rejected ? AuditDecision::deny : AuditDecision::allow,
                    .rule = why.empty() ? id_text : why});
  if (status != AuditStatus::recorded) behind_.fetch_add(1, std::memory_order_relaxed);
}

void MessageAudit::settle() noexcept {
  const std::uint64_t count = behind_.exchange(0, std::memory_order_relaxed);
  if (count == 0) return;
  const AuditStatus status = sink_.record({.action = "message.various",
                                           .decision = AuditDecision::allow,
                                           .rule = "events that are told by their number only: the log was behind",
                                           .count = count});
  if (status != AuditStatus::recorded) behind_.fetch_add(count, std::memory_order_relaxed);
}

}  // namespace airssys::wasm
