#include "hosted_actor.h"

namespace airssys::wasm {
namespace {

rt::RestartPolicy policy_of(RestartKind kind) noexcept {
  switch (kind) {
    case RestartKind::permanent: return rt::RestartPolicy::permanent;
    case RestartKind::transient: return rt::RestartPolicy::transient;
    case RestartKind::temporary: return rt::RestartPolicy::temporary;
  }
  return rt::RestartPolicy::temporary;
}

std::uint32_t new_session(Platform& platform) noexcept {
  const auto drawn = static_cast<std::uint32_t>(platform.random());
  return drawn == 0 ? 1 : drawn;
}

}  // namespace

HostedActor::HostedActor(const ComponentName& name, Authority authority, CodecSet understood, Deployment deployed,
                         const MailboxPolicy& mailbox, HostedSupervisor* parent_of, DeadLetterSink& letters,
                         const ComponentSecurity::Host& security_of_host)
    : address(ComponentAddress::of(name)),
      grants(MessagingGrants::of(authority.granted)),
      codecs(std::move(understood)),
      deployment(std::move(deployed)),
      parent(parent_of),
      inbox(address, mailbox, stats, &letters),
      security({.component = address, .trust = authority.trust, .session = new_session(security_of_host.platform)},
               std::move(authority.granted), authority.rate, security_of_host, stats) {}

CapabilitySet HostedActor::as_capabilities(const MessagingGrants& grants) {
  CapabilitySet set;
  for (const TargetPattern& target : grants.send)
    static_cast<void>(set.grant({.action = Action::messaging_send, .pattern = target}));  // what finds no room is denied
  for (const TargetPattern& sender : grants.receive_from)
    static_cast<void>(set.grant({.action = Action::messaging_receive_from, .pattern = sender}));
  return set;
}

rt::SpawnOptions HostedActor::spawn_options() const {
  rt::SpawnOptions options{
      .name = address.text(),
      .restart = policy_of(deployment.restart),
      .shutdown = rt::ShutdownPolicy::graceful(deployment.shutdown_grace),
      .intensity = rt::RestartIntensity{.max_restarts = deployment.max_restarts, .window = deployment.restart_window},
      .start_timeout = deployment.start_timeout};
  apply(inbox.policy(), options);
  return options;
}

Result<> HostedActor::start(rt::ActorSystem& system, const rt::Supervisor& below, ComponentDirectory& directory) {
  AIRSSYS_TRY(auto mailbox, spawn(system, below));
  auto entry = std::make_shared<const DirectoryEntry>(
      DirectoryEntry{address, grants, codecs, stats, ComponentMailbox(std::move(mailbox), inbox), &metadata});
  set_entry(entry);
  AIRSSYS_TRY_VOID(directory.add(std::move(entry)));
  // It may have ended for good meanwhile, before there was an entry to remove.
  if (ended()) directory.remove(address);
  return {};
}

std::shared_ptr<const DirectoryEntry> HostedActor::entry() const {
  std::lock_guard lock(mutex_);
  return entry_;
}

void HostedActor::set_entry(std::shared_ptr<const DirectoryEntry> entry) {
  std::lock_guard lock(mutex_);
  entry_ = std::move(entry);
}

SupervisionNode HostedActor::node() const {
  return {.kind = manifest() ? SupervisionNode::Kind::component : SupervisionNode::Kind::actor,
          .name = std::string(address.short_text()),
          .state = state(),
          .restarts = stats.restarts.value(),
          .health = health(),
          .last_error = last_error()};
}

ComponentReport HostedActor::report() const {
  ComponentReport report;
  report.name = address.short_text();
  report.state = state();
  report.trust = security.who().trust;
  report.messages_in = stats.messages_in.value();
  report.messages_out = stats.messages_out.value();
  report.requests = stats.requests.value();
  report.timeouts = stats.timeouts.value();
  report.late_responses = stats.late_responses.value();
  report.published = stats.published.value();
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
  report.actor = stats.actor_state();
  report.retried = stats.retried.value();
  report.recycled = stats.recycled.value();
  return report;
}

}  // namespace airssys::wasm
