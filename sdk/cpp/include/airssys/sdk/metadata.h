// What else is known about the message that is being handled. It costs a call of the host, so it is asked for when wanted.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "airssys/sdk/bytes.h"
#include "airssys/sdk/detail/bindings.h"
#include "airssys/sdk/id.h"

namespace airssys {

struct message_metadata {
  std::optional<message_id> correlation_id;  // of a request: what its answer will be matched by
  std::optional<std::string> reply_to;
  std::optional<std::string> topic;  // of a publication
  std::optional<std::string> content_type;
  std::optional<std::string> trace_context;  // as in W3C Trace Context
  // Nanoseconds left for whoever waits for an answer, when it arrived; none when nobody waits.
  std::optional<std::uint64_t> deadline;
};

inline message_metadata current_metadata() {
  airssys_core_messaging_message_metadata_t raw;
  airssys_core_messaging_current_metadata(&raw);
  const auto text = [](const auto& option) -> std::optional<std::string> {
    if (!option.is_some) return std::nullopt;
    return std::string(bytes::adopt(option.val.ptr, option.val.len).text());
  };
  message_metadata about;
  if (raw.correlation_id.is_some) about.correlation_id = {raw.correlation_id.val.high, raw.correlation_id.val.low};
  about.reply_to = text(raw.reply_to);
  about.topic = text(raw.topic);
  about.content_type = text(raw.content_type);
  about.trace_context = text(raw.trace_context);
  if (raw.deadline.is_some) about.deadline = raw.deadline.val;
  return about;
}

}  // namespace airssys
