// An actor of the program around the host, beside its components.
#pragma once
#include <memory>

#include "airssys/rt/actor.h"
#include "airssys/wasm/messaging/guest_messaging.h"
#include "hosted_actor.h"

namespace airssys::wasm {

class HostedNative final : public HostedActor {
 public:
  // `parent_of` null: the root. What `messaging` points to, and what follows, outlives this.
  HostedNative(const ComponentName& name, ActorOptions options, HostedSupervisor* parent_of, ActorFactory factory,
               const HostConfig& config, const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters,
               const ComponentSecurity::Host& security_of_host);
  Result<rt::Address<ComponentMessage>> spawn(rt::ActorSystem& system, const rt::Supervisor& below) override;

 private:
  class Incarnation;
  static Authority authority_of(const MessagingGrants& grants);

  const ActorFactory factory_;
  const HostConfig& config_;
  const ComponentDirectory& directory_;
  MessageBroker& broker_;
  DeadLetterSink& letters_;
  Platform& platform_;
};

}  // namespace airssys::wasm
