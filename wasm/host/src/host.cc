#include "airssys/wasm/host/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "airssys/base/assert.h"
#include "airssys/base/units.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"
#include "components.h"
#include "dead_letter_record.h"
#include "events.h"
#include "hosted_component.h"
#include "native_actor.h"
#include "sources.h"

namespace airssys::wasm {
namespace {

class RealHost final : public Host {
 public:
  RealHost(const HostConfig& config, std::unique_ptr<Engine> engine, std::unique_ptr<Storage> storage, Platform& platform,
           LogSink& log)
      : config_(config),
        platform_(platform),
        log_(log),
        security_{config_.forbidden, config.audit ? *config.audit : null_audit(), platform, log, config.access},
        storage_(std::move(storage)),
        engine_(std::move(engine)),
        supervision_(config.supervisors),
        dead_letters_({config.max_dead_letters, config.max_dead_letter_bytes}, components_, platform),
        events_(components_, supervision_, directory_, dead_letters_, log),
        executor_(platform, config.workers),
        system_(executor_, log, system_limits(config), &events_),
        external_id_{platform.random(), 0} {
    broker_.emplace(system_);
    if (config_.audit_messages != 0) audit_messages();
  }

  ~RealHost() override { stop(); }

  Result<std::string> add(const std::filesystem::path& folder) override {
    AIRSSYS_TRY(ComponentSource source, read_component(folder, config_.engine.max_component_bytes));
    std::string name = source.manifest.package.name.text();
    AIRSSYS_TRY_VOID(has_room(name, folder.string()));
    if (source.manifest.resources.max_memory > config_.engine.max_memory_bytes)
      return fail(Code::invalid_configuration,
                  fmt::format("{}: [resources] max_memory is {}, this host allows {} (max_memory_ceiling)", folder.string(),
                              format_size(source.manifest.resources.max_memory), format_size(config_.engine.max_memory_bytes)));
    if (source.manifest.resources.max_stack > config_.engine.max_wasm_stack_bytes)
      return fail(Code::invalid_configuration, fmt::format("{}: [resources] max_stack is {}, this host's stacks have {}",
                                                           folder.string(), format_size(source.manifest.resources.max_stack),
                                                           format_size(config_.engine.max_wasm_stack_bytes)));
    AIRSSYS_TRY_VOID(have_room_for_keys(source.manifest.deployment, folder.string()));
    AIRSSYS_TRY(HostedSupervisor * parent,
                supervision_.parent_of(source.manifest.deployment.supervisor, source.manifest.deployment.supervisor_place));
    for (const std::string& warning : source.manifest.warnings)
      log_.write({.level = LogLevel::warn, .source = "host", .text = warning});
    AIRSSYS_TRY(auto code, engine_->compile(source.wasm_file.string(), source.wasm.span(), compile_options(source.manifest)));
    if (auto fits = admit(code->description(), source.manifest.resources.engine_limits(config_.max_message_bytes)); !fits)
      return std::unexpected(std::move(fits).error().within(folder.string()));
    AIRSSYS_TRY(Admission admitted, admit_as(source, folder));
    components_.add(std::make_unique<HostedComponent>(std::move(source.manifest), std::move(admitted), parent, std::move(code),
                                                      config_, *storage_, directory_, *broker_, dead_letters_, security_,
                                                      message_audit_ ? &*message_audit_ : nullptr));
    return name;
  }

  const Manifest& manifest(std::string_view name) const override {
    const HostedActor* component = components_.find(name);
    AIRSSYS_ASSERT(component && component->manifest(), "no component '{}' was added", name);
    return *component->manifest();
  }

  Result<> grant(std::string_view name, Capability capability) override {
    AIRSSYS_TRY(HostedActor * component, find(name));
    return component->security.grant(std::move(capability));
  }

  Result<bool> revoke(std::string_view name, Action action, std::string_view pattern) override {
    AIRSSYS_TRY(HostedActor * component, find(name));
    if (!component->security.revoke(action, pattern)) return false;
    if (action == Action::messaging_subscribe) broker_->unsubscribe_ungranted(component->address, *component->security.granted());
    return true;
  }

  Result<> start(std::string_view name) override {
    AIRSSYS_TRY(HostedActor * component, find(name));
    return start(*component);
  }

  Result<> add_actor(ActorOptions options, ActorFactory factory) override {
    AIRSSYS_TRY(const ComponentName name, ComponentName::parse(options.name));
    AIRSSYS_TRY_VOID(has_room(name.text(), "actor"));
    AIRSSYS_TRY(HostedSupervisor * parent, supervision_.parent_of(options.deployment.supervisor, {}));
    HostedActor* added = components_.add(std::make_unique<HostedNative>(name, std::move(options), parent, std::move(factory),
                                                                        config_, directory_, *broker_, dead_letters_, security_));
    return start(*added);
  }

  Result<MessageTap> tap(std::string_view pattern, std::size_t capacity) override { return broker_->tap(pattern, capacity); }

  Result<TopicTap> watch_topics(std::string_view pattern, std::size_t capacity) override {
    return broker_->watch(pattern, capacity);
  }

  Result<std::uint32_t> publish(std::string_view topic, Payload payload) override {
    AIRSSYS_TRY(const Topic parsed, Topic::parse(topic));
    AIRSSYS_TRY(Message message, from_outside(topic, payload));
    message.kind = MessageKind::publish;
    return broker_
        ->publish({.message = std::move(message),
                   .topic = parsed,
                   .topic_text = Bytes::copy_of(topic),
                   .codec = find_codec(payload.codec)->code})
        .delivered;
  }

  Result<> send(std::string_view name, Payload payload) override {
    AIRSSYS_TRY(Message message, from_outside(name, payload));
    AIRSSYS_TRY(auto receiver, receiver_of(name, message));
    AIRSSYS_TRY_VOID(understands(*receiver, payload));
    const auto status = deliver(receiver, message);
    if (!status) return std::unexpected(unresolved(receiver->address, message, status.error()));
    return receiver->mailbox.result(*status);
  }

  Result<> resend(std::uint64_t number) override {
    AIRSSYS_TRY(DeadLetterRecord::Claimed letter, dead_letters_.claim(number));
    Message kept = letter.message;  // shares what it holds
    auto sent = send_again(letter.receiver, std::move(letter.message));
    if (sent) return {};
    dead_letters_.give_back(number, std::move(kept));
    return std::unexpected(std::move(sent).error().within(fmt::format("dead letter {}", number)));
  }

  Result<Payload> request(std::string_view name, Payload payload, Duration timeout) override {
    AIRSSYS_TRY(Message message, from_outside(name, payload));
    AIRSSYS_TRY(const auto entry, receiver_of(name, message));
    AIRSSYS_TRY_VOID(understands(*entry, payload));
    return answer_of(name, entry->mailbox.request(system_, std::move(message), timeout));
  }

  Result<Payload> invoke(std::string_view name, Payload operation, Duration timeout) override {
    AIRSSYS_TRY(Message message, from_outside(name, operation));
    AIRSSYS_TRY(const auto entry, receiver_of(name, message));
    AIRSSYS_TRY_VOID(understands(*entry, operation));
    return answer_of(name, entry->mailbox.execute(system_, std::move(message), timeout));
  }

  bool wait_idle(Duration at_most) override { return system_.wait_idle(platform_.now() + at_most); }

  std::vector<ComponentReport> report() const override {
    std::vector<ComponentReport> reports;
    for (const HostedActor* component : components_.in_order()) reports.push_back(component->report());
    return reports;
  }

  DeadLetters dead_letters() const override { return dead_letters_.read(); }

  SupervisionNode tree() const override {
    std::vector<TreePlace> leaves;
    for (const HostedActor* component : components_.in_order())
      leaves.push_back({component->parent, component->start_number(), component->node()});
    return draw_tree(supervision_, std::move(leaves), stopped_ ? ComponentState::stopped : ComponentState::running);
  }

  Storage& storage() override { return *storage_; }

  std::vector<std::string> stop() override {
    if (stopped_.exchange(true)) return {};
    std::vector<std::string> killed;
    for (const rt::Unstopped& left : system_.shutdown(config_.shutdown_timeout)) {
      const auto address = ComponentAddress::parse(left.name);
      HostedActor* component = address ? components_.find(address->name()) : nullptr;
      // Its last turn may not have ended yet, and the event of its end comes with that.
      if (component) component->set_state(ComponentState::stopped);
      killed.emplace_back(component && !component->has_keys() ? component->address.short_text() : std::string_view(left.name));
    }
    for (HostedActor* component : components_.in_order()) component->retire();
    return killed;
  }

 private:
  static rt::SystemLimits system_limits(const HostConfig& config) {
    rt::SystemLimits limits;
    // Of the keys some may be ending while the next are here, see rt::KeyedOptions.
    limits.max_actors = static_cast<std::uint32_t>(config.max_components + config.max_live_keys + config.max_live_keys / 8);
    limits.mailbox_capacity = static_cast<std::uint32_t>(config.mailbox_capacity);
    return limits;
  }

  // Which of them there are is itself in the log.
  void audit_messages() {
    message_audit_.emplace(security_.audit, config_.audit_messages);
    const std::string mode = config_.audit_messages == 1 ? "every" : fmt::format("sampled:{}", config_.audit_messages);
    const AuditStatus told = security_.audit.record(
        {.action = "audit.messages", .resource = mode, .decision = AuditDecision::allow, .rule = "the operator"});
    if (told != AuditStatus::recorded) log(log_, LogLevel::warn, "host", "the audit log is {}", audit_status_name(told));
  }

  Result<> start(HostedActor& component) {
    AIRSSYS_TRY(const rt::Supervisor above, supervision_.node(component.parent, system_));
    component.set_start_number(supervision_.next_start_number());
    auto started = component.start(system_, above, directory_);
    if (started) return {};
    component.set_state(ComponentState::failed);
    component.set_last_error(started.error());
    return std::unexpected(std::move(started).error().within(fmt::format("start {}", component.address.short_text())));
  }

  Result<Admission> admit_as(const ComponentSource& source, const std::filesystem::path& folder) {
    if (!config_.admission) {
      AIRSSYS_TRY(CapabilitySet wanted, requested_capabilities(source.manifest));
      return Admission{.trust = TrustLevel::trusted, .granted = std::move(wanted), .approval = {}, .rule = {}};
    }
    std::error_code ignored;
    const Digest component = Digest::of(source.wasm.span());
    auto admitted = config_.admission->admit({.manifest = source.manifest,
                                              .component = component,
                                              .origin = {.place = std::filesystem::canonical(folder, ignored).native()}});
    if (!admitted) return std::unexpected(std::move(admitted).error().within(folder.string()));
    return admitted;
  }

  Result<> have_room_for_keys(const Deployment& deployment, std::string_view where) const {
    if (!deployment.per_key || deployment.per_key->max_live_keys <= config_.max_live_keys) return {};
    return fail(Code::invalid_configuration, fmt::format("{}: [deployment] max_live_keys is {}, this host has room for {}", where,
                                                         deployment.per_key->max_live_keys, config_.max_live_keys));
  }

  // As MessageBroker::deliver; an error, and the message is as it was, where nobody follows whoever has ended.
  Result<rt::SendStatus> deliver(std::shared_ptr<const DirectoryEntry>& receiver, Message& message) {
    const rt::SendStatus status = broker_->deliver(receiver, std::move(message));
    if (status != rt::SendStatus::ended || !receiver->has_successor) return status;
    return broker_->deliver_to_successor(directory_, receiver, std::move(message));
  }

  // What goes wrong makes no second dead letter of it.
  Result<> send_again(std::string_view name, Message message) {
    AIRSSYS_TRY(const auto address, ComponentAddress::parse(name));
    AIRSSYS_TRY(auto receiver, entry_of(address, name));
    const auto sender = ComponentAddress::parse(message.sender.text());
    if (message.kind != MessageKind::external && (!sender || !receiver->grants.allows_receive(*sender)))
      return fail(Code::denied, fmt::format("'{}' does not receive from '{}' ([capabilities.messaging] receive_from)",
                                            address.short_text(), message.sender.text()));
    if (receiver->mailbox.ended() && !receiver->has_successor) return receiver->mailbox.result(rt::SendStatus::ended);
    AIRSSYS_TRY(const rt::SendStatus status, deliver(receiver, message));
    return receiver->mailbox.result(status);
  }

  // Who gets a message from outside; without one it is a dead letter.
  Result<std::shared_ptr<const DirectoryEntry>> receiver_of(std::string_view name, const Message& message) {
    const auto address = ComponentAddress::parse(name);
    if (!address) return no_such(name);
    auto entry = entry_of(*address, name);
    if (!entry) return std::unexpected(unresolved(*address, message, std::move(entry).error()));
    if (message.payload.size() > config_.max_message_bytes)
      return fail(Code::too_large, fmt::format("a message of {} to '{}'; the limit is {}", format_size(message.payload.size()),
                                               name, format_size(config_.max_message_bytes)));
    return entry;
  }
  // Of a key it is made when there is none.
  Result<std::shared_ptr<const DirectoryEntry>> entry_of(const ComponentAddress& address, std::string_view name) const {
    const HostedActor* const component = components_.find(address);
    if (!component) return no_such(name);
    if (component->has_keys() && component->state() != ComponentState::added) return directory_.resolve(address);
    if (auto entry = component->entry()) return entry;
    return fail(Code::unavailable, fmt::format("'{}' was not started", name));
  }
  Error unresolved(const ComponentAddress& receiver, const Message& message, Error why) {
    if (why.code() != Code::exhausted) dead_letters_.on_dead_letter(receiver, message, DeadLetterReason::unresolved, true);
    return why;
  }

  Result<> has_room(std::string_view name, std::string_view where) const {
    if (components_.find(name))
      return fail(Code::already_exists, fmt::format("{}: there is one named '{}' already; choose another name", where, name));
    if (components_.size() >= config_.max_components)
      return fail(Code::exhausted, fmt::format("{}: the host holds its limit of {} components", where, config_.max_components));
    return {};
  }

  Result<HostedActor*> find(std::string_view name) const {
    if (HostedActor* component = components_.find(name)) return component;
    return no_such(name);
  }
  static Result<Payload> answer_of(std::string_view name, Result<Bytes> wire) {
    if (!wire) return std::unexpected(std::move(wire).error());
    if (wire->empty()) return Payload();
    auto answer = decode(*wire);
    if (!answer) return fail(Code::execution_failed, fmt::format("the answer of '{}' is no payload: {}", name, answer.error()));
    return *std::move(answer);
  }
  // invalid_argument: no message is sent in that codec.
  Result<Message> from_outside(std::string_view to, const Payload& payload) {
    const Codec* const codec = find_codec(payload.codec);
    if (!codec || !codec->supported)
      return fail(Code::invalid_argument, fmt::format("to '{}': no message is sent in codec {}", to, codec_text(payload.codec)));
    return Message{.sender = external_sender_,
                   .payload = encode(payload),
                   .id = {external_id_.high, external_count_.fetch_add(1, std::memory_order_relaxed) + 1},
                   .sent_at = platform_.wall_now(),
                   .kind = MessageKind::external};
  }
  static Result<> understands(const DirectoryEntry& receiver, const Payload& payload) {
    if (receiver.codecs.takes(find_codec(payload.codec)->code)) return {};
    std::string known;
    for (const std::uint64_t code : receiver.codecs.codes()) known.append(known.empty() ? "" : ", ").append(codec_text(code));
    return fail(Code::invalid_argument, fmt::format("'{}' does not understand {}; it understands {}",
                                                    receiver.address.short_text(), codec_text(payload.codec), known));
  }
  static std::unexpected<Error> no_such(std::string_view name) {
    return fail(Code::not_found, fmt::format("no component named '{}'", name));
  }

  const HostConfig config_;
  Platform& platform_;
  LogSink& log_;
  const ComponentSecurity::Host security_;
  const std::unique_ptr<Storage> storage_;
  std::unique_ptr<Engine> engine_;
  Supervision supervision_;
  std::optional<MessageAudit> message_audit_;  // before who uses it
  Components components_;
  ComponentDirectory directory_;
  DeadLetterRecord dead_letters_;
  Events events_;
  std::optional<MessageBroker> broker_;  // before the system, whose last turns may still send when it ends
  rt::WorkStealingExecutor executor_;
  rt::ActorSystem system_;
  const Bytes external_sender_ = Bytes::copy_of("external");
  const MessageId external_id_;
  std::atomic<std::uint64_t> external_count_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace

std::string_view component_health_name(ComponentHealth health) noexcept {
  switch (health) {
    case ComponentHealth::healthy: return "healthy";
    case ComponentHealth::degraded: return "degraded";
    case ComponentHealth::unhealthy: return "unhealthy";
  }
  return "unknown";
}

std::string_view component_state_name(ComponentState state) noexcept {
  switch (state) {
    case ComponentState::added: return "added";
    case ComponentState::running: return "running";
    case ComponentState::restarting: return "restarting";
    case ComponentState::given_up: return "given-up";
    case ComponentState::failed: return "failed";
    case ComponentState::stopped: return "stopped";
  }
  return "unknown";
}

Result<std::unique_ptr<Host>> Host::create(const HostConfig& config, Platform& platform, LogSink& log) {
  HostConfig ours = config;
  AIRSSYS_TRY(ours.supervisors, order_supervisors(std::move(ours.supervisors)));
  ours.max_dead_letters = std::max<std::size_t>(1, ours.max_dead_letters);
  if (ours.workers == 0) ours.workers = std::max(1u, std::thread::hardware_concurrency());
  if (!ours.engine.audit) ours.engine.audit = ours.audit;
  // What waits for the disk must be able to.
  ours.engine.synced_storage = ours.storage.flush == FlushMode::always;
  AIRSSYS_TRY(auto storage, Storage::open(ours.storage, platform, log));
  AIRSSYS_TRY(auto engine, wasmtime_engine(ours.engine, platform, log));
  return std::make_unique<RealHost>(ours, std::move(engine), std::move(storage), platform, log);
}

}  // namespace airssys::wasm
