// MessageBroker: hands the messages of components to their receivers, and shows them to whoever watches (R3.7).
//
// The primary subscriber is the actor system: what was resolved to an address goes straight into the mailbox behind it, on the
// sender's thread, with no queue and no lock in between. Secondary subscribers are taps: bounded, lossy, with a drop counter.
// They see what a mailbox has accepted, after that; they never delay a message, and without one a message pays a look at a flag.
//
// Threads: any. Outlives its senders; the system outlives it.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "airssys/rt/broker.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/message.h"

namespace airssys::wasm {

struct DeliveredMessage {
  std::string receiver;  // `namespace/name/instance`
  Message message;
};
using MessageTap = rt::Tap<DeliveredMessage>;

class MessageBroker {
 public:
  explicit MessageBroker(rt::ActorSystem& system) : taps_(system) {}

  // Into the receiver's mailbox; as ComponentMailbox::send.
  [[nodiscard]] rt::SendStatus deliver(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                       rt::WhenFull when_full = rt::WhenFull::refuse) {
    if (tapped_.load(std::memory_order_relaxed)) [[unlikely]]
      return deliver_and_show(receiver, std::move(message), when_full);
    return receiver->mailbox.send(std::move(message), when_full);
  }

  // After deliver has answered `ended` of a `receiver` that has a successor: to who lives at its address now, which becomes
  // `receiver`; the status is `ended` only when nobody follows any more. Errors: as ComponentDirectory::successor, and the
  // message is as it was.
  [[nodiscard, gnu::cold]] Result<rt::SendStatus> deliver_to_successor(const ComponentDirectory& directory,
                                                                       std::shared_ptr<const DirectoryEntry>& receiver,
                                                                       Message&& message,
                                                                       rt::WhenFull when_full = rt::WhenFull::refuse);

  // Sees what is accepted from now on by receivers that match. The topic of a message is its receiver's address with dots:
  // `default.echo.main`; so "**" is everything, "default.echo.*" every instance of echo. `capacity` messages wait at most.
  // invalid_argument: the pattern, the capacity; exhausted: there are 16 taps.
  [[nodiscard]] Result<MessageTap> tap(std::string_view pattern, std::size_t capacity);

 private:
  [[gnu::cold]] rt::SendStatus deliver_and_show(const std::shared_ptr<const DirectoryEntry>& receiver, Message&& message,
                                                rt::WhenFull when_full);

  rt::Broker<DeliveredMessage> taps_;
  std::atomic<bool> tapped_{false};  // there is or was one
};

}  // namespace airssys::wasm
