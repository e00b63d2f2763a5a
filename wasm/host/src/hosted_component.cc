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
                 const ComponentDirectory& directory, DeadLetterSink& dead_letters, rt::Executor& executor, Platform& platform,
                 LogSink& log)
      : services_({definition.address, grants, config.functions}, directory, platform, log, definition.stats),
        waiting_(executor),
        capabilities_(grants, definition.config.granted),
        messaging_({definition.address, grants, config.max_message_bytes, &dead_letters}, directory, platform, log,
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

rt::RestartPolicy policy_of(RestartKind kind) noexcept {
  switch (kind) {
    case RestartKind::permanent: return rt::RestartPolicy::permanent;
    case RestartKind::transient: return rt::RestartPolicy::transient;
    case RestartKind::temporary: return rt::RestartPolicy::temporary;
  }
  return rt::RestartPolicy::temporary;
}

ComponentConfig config_of(const Manifest& manifest) {
  ComponentConfig config;
  for (const TargetPattern& target : manifest.messaging.send) config.granted.push_back({"messaging", "send", target.text()});
  return config;
}

}  // namespace

HostedComponent::HostedComponent(Manifest made_from, HostedSupervisor* parent_of, std::shared_ptr<const CompiledComponent> code,
                                 const HostConfig& config, const ComponentDirectory& directory, DeadLetterSink& letters,
                                 Platform& platform, LogSink& log)
    : manifest(std::move(made_from)),
      parent(parent_of),
      address(ComponentAddress::of(manifest.package.name)),
      inbox(address, manifest.mailbox, stats, &letters),
      definition{.address = address,
                 .version = manifest.package.version,
                 .limits = manifest.resources.engine_limits(config.max_message_bytes),
                 .config = config_of(manifest),
                 .code = std::move(code),
                 .make_functions =
                     [this, &config, &directory, &letters, &platform, &log](rt::Context& context) {
                       return std::make_unique<GuestFunctions>(definition, manifest.messaging, config, directory, letters,
                                                               context.executor(), platform, log);
                     },
                 .stats = stats,
                 .inbox = inbox,
                 .metadata = &metadata} {}

rt::SpawnOptions HostedComponent::spawn_options() const {
  const auto& deployment = manifest.deployment;
  rt::SpawnOptions options{
      .name = address.text(),
      .restart = policy_of(deployment.restart),
      .shutdown = rt::ShutdownPolicy::graceful(deployment.shutdown_grace),
      .intensity = rt::RestartIntensity{.max_restarts = deployment.max_restarts, .window = deployment.restart_window},
      .start_timeout = deployment.start_timeout};
  apply(manifest.mailbox, options);
  return options;
}

std::shared_ptr<const DirectoryEntry> HostedComponent::entry() const {
  std::lock_guard lock(mutex_);
  return entry_;
}

void HostedComponent::set_entry(std::shared_ptr<const DirectoryEntry> entry) {
  std::lock_guard lock(mutex_);
  entry_ = std::move(entry);
}

SupervisionNode HostedComponent::node() const {
  return {.kind = SupervisionNode::Kind::component,
          .name = std::string(address.short_text()),
          .state = state(),
          .restarts = stats.restarts.value(),
          .health = health(),
          .last_error = last_error()};
}

ComponentReport HostedComponent::report() const {
  ComponentReport report;
  report.name = address.short_text();
  report.state = state();
  report.messages_in = stats.messages_in.value();
  report.messages_out = stats.messages_out.value();
  report.handled = stats.handled.value();
  report.errors = stats.guest_errors.value();
  report.refused = stats.refused.value();
  report.mailbox_full = stats.overflows.value();
  for (std::size_t reason = 0; reason < dead_letter_reason_count; ++reason)
    report.dead_letters[reason] = dead_letters[reason].value();
  report.restarts = stats.restarts.value();
  for (std::size_t kind = 0; kind < trap_kind_count; ++kind) report.traps[kind] = stats.traps[kind].value();
  report.fuel = stats.fuel.value();
  report.memory_bytes = stats.memory_bytes.load(std::memory_order_relaxed);
  report.memory_peak_bytes = stats.memory_peak_bytes.load(std::memory_order_relaxed);
  report.p50 = stats.handling_time.quantile(0.50);
  report.p99 = stats.handling_time.quantile(0.99);
  report.health = health();
  report.last_error = last_error();
  return report;
}

}  // namespace airssys::wasm
