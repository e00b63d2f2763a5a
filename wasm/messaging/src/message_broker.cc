#include "airssys/wasm/messaging/message_broker.h"

#include <algorithm>
#include <string>
#include <utility>

namespace airssys::wasm {

Result<MessageTap> MessageBroker::tap(std::string_view pattern, std::size_t capacity) {
  auto made = taps_.tap(pattern, capacity);
  if (made) tapped_.store(true, std::memory_order_relaxed);
  return made;
}

Result<rt::SendStatus> MessageBroker::deliver_to_successor(const ComponentDirectory& directory,
                                                           std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                                           rt::WhenFull when_full) {
  rt::SendStatus status = rt::SendStatus::ended;
  while (status == rt::SendStatus::ended && receiver->has_successor) {
    AIRSSYS_TRY(receiver, directory.successor(*receiver));
    status = deliver(receiver, std::move(message), when_full);
  }
  return status;
}

rt::SendStatus MessageBroker::deliver_and_show(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                               rt::WhenFull when_full) {
  Message copy = message;
  const rt::SendStatus status = receiver->mailbox.send(std::move(message), when_full);
  if (status != rt::SendStatus::sent) return status;
  const std::string& address = receiver->address.text();
  std::string text = address;
  std::ranges::replace(text, '/', '.');
  // An address has no part that a topic may not have.
  if (const auto topic = Topic::parse(text)) taps_.publish(*topic, {address, std::move(copy)});
  return status;
}

}  // namespace airssys::wasm
