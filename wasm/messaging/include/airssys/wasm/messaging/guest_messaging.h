// `airssys:core/messaging` for one component: the whole path of a message from a guest to somebody's mailbox.
//
// Order of checks: size, form of the target, the gate of the sender (capability, rate, audit), target exists, capability of the
// receiver, room in the mailbox. The capability comes before existence, so that a component learns nothing about names it was not
// granted. Where a message may go is remembered with its permit: an address outlives restarts, so a later message to the same
// target costs one comparison of its text, one question to the gate, one copy of the payload and the enqueueing. What depends
// on the receiver is forgotten once that has ended for good: the message that finds it so is answered target-not-found, the
// next looks the address up anew. A message to an address where nobody lives is answered so as well, and is a dead letter
// (R3.7).
//
// Refusals are the gate's to count, record and log.
// Threads: as HostFunctions: one call at a time.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/wasm/actor/directory.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/core/host_functions.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/core/stats.h"
#include "airssys/wasm/messaging/message_broker.h"

namespace airssys::wasm {

class GuestMessaging final : public MessagingFunctions {
 public:
  // Targets remembered; more than these are looked up again each time they come round.
  static constexpr std::size_t max_routes = 64;

  struct Options {
    ComponentAddress self;
    std::uint64_t max_message_bytes;
    DeadLetterSink* dead_letters = nullptr;  // told of what went nowhere; null: nobody
  };

  // All, also what `options` points to, outlive this.
  GuestMessaging(Options options, PermissionGate& gate, const ComponentDirectory& directory, MessageBroker& broker,
                 Platform& platform, ComponentStats& stats);

  SendResult send_message(std::string_view target, std::span<const std::byte> payload) noexcept override;
  std::string_view self_id() noexcept override { return options_.self.text(); }
  // Of what only goes there (send, broadcast, from outside) there is nothing to know beside the message itself.
  MessageMetadata current_metadata() noexcept override { return {}; }

 private:
  // Where messages to one target go, as the guest spells it.
  struct Route {
    std::string target;
    std::shared_ptr<const DirectoryEntry> entry;
    Permit<Action::messaging_send> permit;
  };

  Route* find(std::string_view target) noexcept;
  // Null, with `failure` saying why, where it may not go or nobody is: that is not remembered, as it may be otherwise later.
  Route* resolve(std::string_view target, std::span<const std::byte> payload, SendResult& failure);
  Route* remember(Route route);
  static SendResult refused(const Denial& denial) noexcept;
  SendResult not_resolved(const Error& why, const ComponentAddress& receiver, std::span<const std::byte> payload);
  void tell_unresolved(const ComponentAddress& receiver, std::span<const std::byte> payload) noexcept;
  Message message_of(std::span<const std::byte> payload);
  SendResult deliver(Route& route, std::span<const std::byte> payload);
  // The address no longer leads to who was found there.
  SendResult forget(Route& route) noexcept;

  const Options options_;
  const Bytes self_text_;
  PermissionGate& gate_;
  const ComponentDirectory& directory_;
  MessageBroker& broker_;
  Platform& platform_;
  ComponentStats& stats_;
  std::vector<Route> routes_;
  std::size_t last_ = 0;  // the route used last: most components talk to one other
  std::size_t next_victim_ = 0;
  std::string reason_;  // of the last SendResult
  MessageId id_;  // of the last message
};

}  // namespace airssys::wasm
