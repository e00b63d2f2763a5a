#include "hosted_component.h"

#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/services/guest_capabilities.h"
#include "airssys/wasm/services/guest_services.h"
#include "airssys/wasm/services/guest_waiting.h"

namespace airssys::wasm {
namespace {

// The functions of one incarnation: each module's half, held together.
class GuestFunctions final : public HostFunctionSet {
 public:
  GuestFunctions(const ComponentDefinition& definition, const MessagingGrants& grants, const HostConfig& config,
                 const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters, rt::Executor& executor,
                 Platform& platform, LogSink& log)
      : services_({definition.address, grants, config.functions}, directory, platform, log, definition.stats),
        waiting_(executor),
        capabilities_(grants, definition.config.granted),
        messaging_({definition.address, grants, config.max_message_bytes, &letters}, directory, broker, platform, log,
                   definition.stats) {}
  const HostFunctions& functions() const noexcept override { return functions_; }

 private:
  GuestServices services_;
  GuestWaiting waiting_;
  GuestCapabilities capabilities_;
  GuestMessaging messaging_;
  const HostFunctions functions_{
      .messaging = messaging_, .services = services_, .waiting = waiting_, .capabilities = capabilities_};
};

ComponentConfig config_of(const Manifest& manifest) {
  ComponentConfig config;
  for (const TargetPattern& target : manifest.messaging.send) config.granted.push_back({"messaging", "send", target.text()});
  return config;
}

}  // namespace

HostedComponent::HostedComponent(Manifest made_from, HostedSupervisor* parent_of, std::shared_ptr<const CompiledComponent> code,
                                 const HostConfig& config, const ComponentDirectory& directory, MessageBroker& broker,
                                 DeadLetterSink& letters, Platform& platform, LogSink& log)
    : HostedActor(made_from.package.name, made_from.messaging, made_from.deployment, made_from.mailbox, parent_of, letters),
      manifest_(std::move(made_from)),
      definition_{.address = address,
                  .version = manifest_.package.version,
                  .limits = manifest_.resources.engine_limits(config.max_message_bytes),
                  .config = config_of(manifest_),
                  .recycle = {.after_messages = manifest_.deployment.recycle_after_messages,
                              .at_memory = manifest_.deployment.recycle_at_memory},
                  .code = std::move(code),
                  .make_functions =
                      [this, &config, &directory, &broker, &letters, &platform, &log](rt::Context& context,
                                                                                      const ComponentDefinition& of) {
                        return std::make_unique<GuestFunctions>(of, grants, config, directory, broker, letters,
                                                                context.executor(), platform, log);
                      },
                  .stats = stats,
                  .inbox = inbox,
                  .metadata = &metadata},
      letters_(letters) {
  stats.shared = has_keys();
}

rt::SpawnOptions HostedComponent::options_of_instances() const {
  rt::SpawnOptions options = spawn_options();
  if (const auto& health = manifest_.health)
    options.health = rt::HealthPolicy{.interval = health->interval, .timeout = health->timeout, .failures = health->failures};
  return options;
}

Result<rt::Address<ComponentMessage>> HostedComponent::spawn(rt::ActorSystem& system, const rt::Supervisor& below) {
  return system.spawn_and_wait(below, options_of_instances(), [this] { return std::make_unique<ComponentActor>(definition_); });
}

Result<> HostedComponent::start(rt::ActorSystem& system, const rt::Supervisor& below, ComponentDirectory& directory) {
  if (!has_keys()) return HostedActor::start(system, below, directory);
  rt::Supervisor parent_of_keys = below;
  // One key that fails is no matter of the others, nor of who is beside this component.
  AIRSSYS_TRY(rt::Supervisor keys,
              parent_of_keys.spawn_supervisor({.name = address.text(), .exhausted = rt::Exhausted::give_up}));
  keyed_ = std::make_unique<KeyedComponent>(system, std::move(keys), definition_,
                                            KeyedComponent::Options{.spawn = options_of_instances(),
                                                                    .keyed = {.max_live = deployment.per_key->max_live_keys,
                                                                              .idle = deployment.per_key->passivate_after,
                                                                              .rest = deployment.restart_window},
                                                                    .grants = grants,
                                                                    .mailbox = manifest_.mailbox,
                                                                    .dead_letters = &letters_});
  AIRSSYS_TRY_VOID(directory.add_keyed(address, *keyed_));
  set_state(ComponentState::running);
  return {};
}

void HostedComponent::retire() noexcept {
  if (keyed_) keyed_->close();
}

ComponentReport HostedComponent::report() const {
  ComponentReport report = HostedActor::report();
  if (!keyed_) return report;
  const rt::KeyedStats keys = keyed_->stats();
  report.keys = KeysReport{.live = keys.live, .created = keys.created, .put_away = keys.put_away, .refused = keys.refused};
  return report;
}

}  // namespace airssys::wasm
