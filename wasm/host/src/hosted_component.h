// One component of a Host.
#pragma once
#include <memory>

#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/messaging/message_broker.h"
#include "hosted_actor.h"

namespace airssys::wasm {

// Made by Host::add.
class HostedComponent final : public HostedActor {
 public:
  // `parent_of` null: the root. `config` and what follows outlive this.
  HostedComponent(Manifest made_from, HostedSupervisor* parent_of, std::shared_ptr<const CompiledComponent> code,
                  const HostConfig& config, const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters,
                  Platform& platform, LogSink& log);
  Result<rt::Address<ComponentMessage>> spawn(rt::ActorSystem& system, const rt::Supervisor& below) override;
  const Manifest* manifest() const noexcept override { return &manifest_; }

 private:
  const Manifest manifest_;
  const ComponentDefinition definition_;
};

}  // namespace airssys::wasm
