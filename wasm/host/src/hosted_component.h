// One component of a Host.
#pragma once
#include <memory>

#include "airssys/wasm/actor/component_actor.h"
#include "airssys/wasm/actor/keyed_component.h"
#include "airssys/wasm/messaging/message_broker.h"
#include "hosted_actor.h"

namespace airssys::wasm {

// Made by Host::add.
class HostedComponent final : public HostedActor {
 public:
  // `parent_of` null: the root. `config` and what follows outlive this.
  // `admitted`: as what, and with what.
  HostedComponent(Manifest made_from, Admission admitted, HostedSupervisor* parent_of,
                  std::shared_ptr<const CompiledComponent> code, const HostConfig& config, Storage& storage,
                  const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters,
                  const ComponentSecurity::Host& security_of_host, MessageAudit* audit);
  Result<rt::Address<ComponentMessage>> spawn(rt::ActorSystem& system, const rt::Supervisor& below) override;
  Result<> start(rt::ActorSystem& system, const rt::Supervisor& below, ComponentDirectory& directory) override;
  void retire() noexcept override;
  bool has_keys() const noexcept override { return deployment.per_key.has_value(); }
  ComponentReport report() const override;
  SupervisionNode node() const override;
  const Manifest* manifest() const noexcept override { return &manifest_; }

 private:
  static Authority authority_of(const Manifest& manifest, Admission admitted, const HostConfig& config);
  [[nodiscard]] rt::SpawnOptions options_of_instances() const;
  // What it keeps, where its manifest says that this ends with it.
  void forget_unless_persistent() noexcept;

  const Manifest manifest_;
  Storage& storage_;
  const Store store_;
  LogSink& log_;
  const ComponentDefinition definition_;
  std::unique_ptr<KeyedComponent> keyed_;     // of one that has keys, once it has started
  DeadLetterSink& letters_;
};

}  // namespace airssys::wasm
