#include "hosted_component.h"

#include <algorithm>

#include "airssys/wasm/messaging/guest_messaging.h"
#include "airssys/wasm/services/guest_capabilities.h"
#include "airssys/wasm/services/guest_services.h"
#include "airssys/wasm/services/guest_waiting.h"
#include "airssys/wasm/storage/guest_storage.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t max_keys_in_tree = 8;

// The functions of one incarnation: each module's half, held together.
class GuestFunctions final : public HostFunctionSet {
 public:
  GuestFunctions(const ComponentDefinition& definition, const CurrentCall& call, const CodecSet& codecs,
                 ComponentSecurity& security, const HostConfig& config, const Store& store, Storage& storage,
                 const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters, rt::Executor& executor,
                 Platform& platform, LogSink& log)
      : gate_(security.make_gate()),
        services_({definition.address, config.functions}, *gate_, directory, platform, log, definition.stats),
        waiting_(executor),
        capabilities_(*gate_, definition.config.granted),
        storage_(definition.address, store, storage, *gate_),
        messaging_({definition.address, codecs, config.max_message_bytes, &letters, definition.audit}, *gate_, directory, broker,
                   platform, definition.inbox, call) {}
  const HostFunctions& functions() const noexcept override { return functions_; }
  bool end_request(MessageId request, Result<Bytes> answer, RequestOutcome& outcome) noexcept override {
    return messaging_.end_request(request, std::move(answer), outcome);
  }

 private:
  const std::unique_ptr<PermissionGate> gate_;
  GuestServices services_;
  GuestWaiting waiting_;
  GuestCapabilities capabilities_;
  GuestStorage storage_;
  GuestMessaging messaging_;
  const HostFunctions functions_{
      .messaging = messaging_, .storage = storage_, .services = services_, .waiting = waiting_, .capabilities = capabilities_};
};

ComponentConfig config_of(const CapabilitySet& granted, const Store& store) {
  ComponentConfig config;
  config.storage_bytes = store.limit();
  for (const Capability& one : granted)
    config.granted.push_back({std::string(action_kind(one.action)), std::string(action_verb(one.action)), one.text()});
  return config;
}

}  // namespace

// What it was admitted with, and the functions of the program around the host that name it.
HostedActor::Authority HostedComponent::authority_of(const Manifest& manifest, Admission admitted, const HostConfig& config) {
  const ComponentAddress self = ComponentAddress::of(manifest.package.name);
  CapabilitySet granted = std::move(admitted.granted);
  for (const EmbedderFunction& function : config.functions) {
    if (std::ranges::none_of(function.callers, [&](const TargetPattern& caller) { return caller.matches(self); })) continue;
    if (auto call = Capability::parse(Action::host_call, function.name, "the program around the host"))
      static_cast<void>(granted.grant(*std::move(call)));
  }
  return {
      .granted = std::move(granted), .trust = admitted.trust, .rate = manifest.limits ? manifest.limits->calls : config.calls};
}

HostedComponent::HostedComponent(Manifest made_from, Admission admitted, HostedSupervisor* parent_of,
                                 std::shared_ptr<const CompiledComponent> code, const HostConfig& config, Storage& storage,
                                 const ComponentDirectory& directory, MessageBroker& broker, DeadLetterSink& letters,
                                 const ComponentSecurity::Host& security_of_host, MessageAudit* audit)
    : HostedActor(made_from.package.name, authority_of(made_from, std::move(admitted), config), made_from.serialization.codecs,
                  made_from.deployment, made_from.mailbox, parent_of, letters, security_of_host),
      manifest_(std::move(made_from)),
      storage_(storage),
      store_(storage.own_store(address, manifest_.capabilities.storage.max_size, security.who().trust == TrustLevel::trusted)),
      log_(security_of_host.log),
      definition_{.address = address,
                  .version = manifest_.package.version,
                  .limits = manifest_.resources.engine_limits(config.max_message_bytes),
                  .config = config_of(*security.granted(), store_),
                  .recycle = {.after_messages = manifest_.deployment.recycle_after_messages,
                              .at_memory = manifest_.deployment.recycle_at_memory},
                  .code = std::move(code),
                  .make_functions =
                      [this, &config, &storage, &directory, &broker, &letters, host = security_of_host](
                          rt::Context& context, const ComponentDefinition& of, const CurrentCall& call) {
                        return std::make_unique<GuestFunctions>(of, call, codecs, security, config, store_, storage, directory,
                                                                broker, letters, context.executor(), host.platform, host.log);
                      },
                  .stats = stats,
                  .inbox = inbox,
                  .metadata = &metadata,
                  .audit = audit},
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
  forget_unless_persistent();  // what a host left behind that was killed
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
                                                                    .codecs = codecs,
                                                                    .mailbox = manifest_.mailbox,
                                                                    .dead_letters = &letters_});
  AIRSSYS_TRY_VOID(directory.add_keyed(address, *keyed_));
  set_state(ComponentState::running);
  return {};
}

void HostedComponent::retire() noexcept {
  if (keyed_) keyed_->close();
  forget_unless_persistent();
}

void HostedComponent::forget_unless_persistent() noexcept {
  if (manifest_.capabilities.storage.persistent) return;
  // What a kill leaves of it goes when the component is started again.
  if (const auto gone = storage_.erase(StorageSelection::of_account(store_.id()), Durability::process); !gone)
    log(log_, LogLevel::error, address.text(), "what it kept is not deleted: {}", gone.error().message());
}

ComponentReport HostedComponent::report() const {
  ComponentReport report = HostedActor::report();
  report.kept = store_.usage();
  report.storage_limit = store_.limit();
  if (!keyed_) return report;
  const rt::KeyedStats keys = keyed_->stats();
  report.keys = KeysReport{.live = keys.live, .created = keys.created, .put_away = keys.put_away, .refused = keys.refused};
  return report;
}

SupervisionNode HostedComponent::node() const {
  SupervisionNode node = HostedActor::node();
  if (!keyed_) return node;
  for (rt::KeyTable::Living& one : keyed_->some(max_keys_in_tree))
    node.children.push_back({.kind = SupervisionNode::Kind::key,
                             .name = std::move(one.key),
                             .state = one.actor.ended() ? ComponentState::stopped : ComponentState::running,
                             .restarts = one.actor.stats().restarts});
  std::ranges::sort(node.children, {}, &SupervisionNode::name);
  const std::uint64_t live = keyed_->stats().live;
  node.more_children = live - std::min<std::uint64_t>(live, node.children.size());
  return node;
}

}  // namespace airssys::wasm
