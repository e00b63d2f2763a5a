#include "watch.h"

#include <algorithm>
#include <utility>

namespace airssys::wasm {
namespace {

// What stands around a payload in its line: topic, publisher, numbers.
constexpr std::size_t around_payload = 2048;

}  // namespace

std::optional<std::string> Watch::next(std::size_t room) {
  if (const std::uint64_t all = missed(); all > told_ && room >= around_payload) {
    told_ = all;
    return admin_line(AdminEvent(AdminMissed{all}));
  }
  while (auto one = tap_.take()) {
    const Message& message = one->message.message;
    const auto payload = decode(message.payload);
    const Bytes& whole = payload ? payload->content : message.payload;
    const Bytes content = whole.slice(0, max_admin_event_bytes);
    if (content.size() / 3 * 4 + around_payload > room) {
      ++skipped_;
      continue;
    }
    return admin_line(AdminEvent(AdminPublished{.at = message.sent_at,
                                                .topic = one->message.topic,
                                                .publisher = std::string(message.sender.text()),
                                                .codec = payload ? std::optional(payload->codec) : std::nullopt,
                                                .bytes = whole.size(),
                                                .content = content}));
  }
  return std::nullopt;
}

}  // namespace airssys::wasm
