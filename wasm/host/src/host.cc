#include "airssys/wasm/host/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "airssys/base/assert.h"
#include "airssys/base/units.h"
#include "airssys/rt/system.h"
#include "airssys/rt/work_stealing_executor.h"
#include "hosted_component.h"
#include "sources.h"

namespace airssys::wasm {
namespace {

// The components by name. Looked up by senders and by the supervisor's events while others are added.
class Components {
 public:
  HostedComponent* find(std::string_view name) const {
    std::shared_lock lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }
  // Null when the name is taken.
  HostedComponent* add(std::unique_ptr<HostedComponent> component) {
    std::unique_lock lock(mutex_);
    HostedComponent& added = *component;
    if (!by_name_.try_emplace(std::string(added.address.name()), std::move(component)).second) return nullptr;
    in_order_.push_back(&added);
    return &added;
  }
  std::vector<HostedComponent*> in_order() const {
    std::shared_lock lock(mutex_);
    return in_order_;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<HostedComponent>, std::less<>> by_name_;
  std::vector<HostedComponent*> in_order_;
};

// What the supervisor does, as state, numbers and log lines of the component it is about.
class Events final : public rt::EventSink {
 public:
  Events(const Components& components, ComponentDirectory& directory, LogSink& log)
      : components_(components),
        directory_(directory),
        log_(log) {}

  void on_event(const rt::SupervisionEvent& event) noexcept override {
    HostedComponent* component = find(event.name);
    if (!component) return;
    if (event.error) component->set_last_error(*event.error);
    using Kind = rt::SupervisionEvent::Kind;
    switch (event.kind) {
      case Kind::started:
        component->set_state(ComponentState::running);
        say(LogLevel::info, *component, event.restarts == 0 ? "started" : fmt::format("restarted, {} so far", event.restarts));
        break;
      case Kind::start_failed: end(*component, ComponentState::failed); break;  // start() tells its caller
      case Kind::crashed: say_crash(*component, *event.error); break;
      case Kind::restarting:
        component->set_state(ComponentState::restarting);
        component->stats.restarts.add();
        if (event.delay > Duration::zero())
          say(LogLevel::info, *component, fmt::format("restarting in {}", format_duration(event.delay)));
        break;
      case Kind::gave_up:
        end(*component, ComponentState::given_up);
        say(LogLevel::error, *component,
            fmt::format("given up: more than {} restarts within {}", component->manifest.deployment.max_restarts,
                        format_duration(component->manifest.deployment.restart_window)));
        break;
      case Kind::stopped:
        end(*component, ComponentState::stopped);
        say(LogLevel::info, *component, "stopped");
        break;
      case Kind::killed:
        end(*component, ComponentState::stopped);
        say(LogLevel::warn, *component, "killed: it did not stop within its grace");
        break;
      case Kind::escalated:  // of supervisors; components are children of the root
      case Kind::unhealthy:  // components ask for no checks
      case Kind::degraded:
      case Kind::healthy: break;
    }
  }

  void on_dead_letter(const rt::DeadLetter& letter) noexcept override {
    HostedComponent* component = find(letter.receiver_name);
    if (!component) return;
    using Why = rt::DeadLetter::Why;
    if (letter.why == Why::discarded) component->discarded.add();
    if (letter.why == Why::overflow) component->stats.dropped.add();
    if (letter.why == Why::expired) component->stats.expired.add();
  }

 private:
  HostedComponent* find(std::string_view actor_name) const {
    const auto address = ComponentAddress::parse(actor_name);
    return address ? components_.find(address->name()) : nullptr;
  }
  void end(HostedComponent& component, ComponentState state) {
    component.set_state(state);
    directory_.remove(component.address);
  }
  void say(LogLevel level, const HostedComponent& component, std::string_view what) {
    log(log_, level, "supervisor", "{}: {}", component.address.short_text(), what);
  }
  void say_crash(const HostedComponent& component, const Error& error) {
    const std::string_view trap = error.field("trap");
    say(LogLevel::error, component, fmt::format("crashed{}{}: {}", trap.empty() ? "" : ", ", trap, error.message()));
    // Frames, innermost first; the log line above says what, these say where.
    if (const auto frames = error.field("backtrace"); !frames.empty()) {
      std::string_view rest = frames;
      while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        log(log_, LogLevel::debug, "supervisor", "{}:   at {}", component.address.short_text(), line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      }
    }
  }

  const Components& components_;
  ComponentDirectory& directory_;
  LogSink& log_;
};

class RealHost final : public Host {
 public:
  RealHost(const HostConfig& config, std::unique_ptr<Engine> engine, Platform& platform, LogSink& log)
      : config_(config),
        platform_(platform),
        log_(log),
        engine_(std::move(engine)),
        events_(components_, directory_, log),
        executor_(platform, config.workers),
        system_(executor_, log, system_limits(config), &events_),
        external_id_{platform.random(), 0} {}

  ~RealHost() override { stop(); }

  Result<std::string> add(const std::filesystem::path& folder) override {
    AIRSSYS_TRY(ComponentSource source, read_component(folder, config_.engine.max_component_bytes));
    std::string name = source.manifest.package.name.text();
    if (components_.find(name))
      return fail(Code::already_exists,
                  fmt::format("{}: a component named '{}' is there already; change [package] name", folder.string(), name));
    if (components_.in_order().size() >= config_.max_components)
      return fail(Code::exhausted,
                  fmt::format("{}: the host holds its limit of {} components", folder.string(), config_.max_components));
    if (source.manifest.resources.max_memory > config_.engine.max_memory_bytes)
      return fail(Code::invalid_configuration,
                  fmt::format("{}: [resources] max_memory is {}, this host allows {} (max_memory_ceiling)", folder.string(),
                              format_size(source.manifest.resources.max_memory), format_size(config_.engine.max_memory_bytes)));
    if (source.manifest.resources.max_stack > config_.engine.max_wasm_stack_bytes)
      return fail(Code::invalid_configuration, fmt::format("{}: [resources] max_stack is {}, this host's stacks have {}",
                                                           folder.string(), format_size(source.manifest.resources.max_stack),
                                                           format_size(config_.engine.max_wasm_stack_bytes)));
    for (const std::string& warning : source.manifest.warnings)
      log_.write({.level = LogLevel::warn, .source = "host", .text = warning});
    AIRSSYS_TRY(auto code, engine_->compile(source.wasm_file.string(), source.wasm.span(), compile_options(source.manifest)));
    if (auto fits = admit(code->description(), source.manifest.resources.engine_limits(config_.max_message_bytes)); !fits)
      return std::unexpected(std::move(fits).error().within(folder.string()));
    components_.add(
        std::make_unique<HostedComponent>(std::move(source.manifest), std::move(code), config_, directory_, platform_, log_));
    return name;
  }

  const Manifest& manifest(std::string_view name) const override {
    const HostedComponent* component = components_.find(name);
    AIRSSYS_ASSERT(component, "no component '{}' was added", name);
    return component->manifest;
  }

  Result<> start(std::string_view name) override {
    AIRSSYS_TRY(HostedComponent * component, find(name));
    rt::SpawnOptions options = component->spawn_options();
    auto mailbox = system_.spawn_and_wait(std::move(options),
                                          [component] { return std::make_unique<ComponentActor>(component->definition); });
    if (!mailbox) {
      component->set_state(ComponentState::failed);
      component->set_last_error(mailbox.error());
      return std::unexpected(std::move(mailbox).error().within(fmt::format("start {}", name)));
    }
    auto entry = std::make_shared<const DirectoryEntry>(
        DirectoryEntry{component->address, component->manifest.messaging, component->stats,
                       ComponentMailbox(*std::move(mailbox), component->inbox), &component->metadata});
    component->set_entry(entry);
    AIRSSYS_TRY_VOID(directory_.add(std::move(entry)));
    // It may have ended for good meanwhile, before there was an entry to remove.
    if (component->ended()) directory_.remove(component->address);
    return {};
  }

  Result<> send(std::string_view name, Bytes payload) override {
    AIRSSYS_TRY(const HostedComponent* component, find(name));
    const auto entry = component->entry();
    if (!entry) return fail(Code::unavailable, fmt::format("'{}' was not started", name));
    if (payload.size() > config_.max_message_bytes)
      return fail(Code::too_large, fmt::format("a message of {} to '{}'; the limit is {}", format_size(payload.size()), name,
                                               format_size(config_.max_message_bytes)));
    const std::uint64_t number = external_count_.fetch_add(1, std::memory_order_relaxed) + 1;
    return entry->mailbox.result(entry->mailbox.send({.sender = external_sender_,
                                                      .payload = std::move(payload),
                                                      .id = {external_id_.high, number},
                                                      .sent_at = platform_.wall_now(),
                                                      .kind = MessageKind::external}));
  }

  bool wait_idle(Duration at_most) override { return system_.wait_idle(platform_.now() + at_most); }

  std::vector<ComponentReport> report() const override {
    std::vector<ComponentReport> reports;
    for (const HostedComponent* component : components_.in_order()) reports.push_back(component->report());
    return reports;
  }

  std::vector<std::string> stop() override {
    if (stopped_) return {};
    stopped_ = true;
    std::vector<std::string> killed;
    for (const rt::Unstopped& left : system_.shutdown(config_.shutdown_timeout)) {
      const auto address = ComponentAddress::parse(left.name);
      HostedComponent* component = address ? components_.find(address->name()) : nullptr;
      // Its last turn may not have ended yet, and the event of its end comes with that.
      if (component) component->set_state(ComponentState::stopped);
      killed.emplace_back(component ? component->address.short_text() : std::string_view(left.name));
    }
    return killed;
  }

 private:
  static rt::SystemLimits system_limits(const HostConfig& config) {
    rt::SystemLimits limits;
    limits.max_actors = static_cast<std::uint32_t>(config.max_components);
    limits.mailbox_capacity = static_cast<std::uint32_t>(config.mailbox_capacity);
    return limits;
  }

  Result<HostedComponent*> find(std::string_view name) const {
    if (HostedComponent* component = components_.find(name)) return component;
    return fail(Code::not_found, fmt::format("no component named '{}'", name));
  }

  const HostConfig config_;
  Platform& platform_;
  LogSink& log_;
  std::unique_ptr<Engine> engine_;
  Components components_;
  ComponentDirectory directory_;
  Events events_;
  rt::WorkStealingExecutor executor_;
  rt::ActorSystem system_;
  const Bytes external_sender_ = Bytes::copy_of("external");
  const MessageId external_id_;
  std::atomic<std::uint64_t> external_count_{0};
  bool stopped_ = false;
};

}  // namespace

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
  if (ours.workers == 0) ours.workers = std::max(1u, std::thread::hardware_concurrency());
  AIRSSYS_TRY(auto engine, wasmtime_engine(ours.engine, platform, log));
  return std::make_unique<RealHost>(ours, std::move(engine), platform, log);
}

}  // namespace airssys::wasm
