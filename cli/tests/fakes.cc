#include "fakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace airssys::cli::testing {

Result<Input> FakeConsole::read(std::span<char> into, Duration) noexcept {
  on_read();
  if (input.empty()) return Input{Input::State::end, 0};
  const auto piece = std::move(input.front());
  input.pop_front();
  if (!piece) return Input{};
  const std::size_t bytes = std::min(piece->size(), into.size());
  std::memcpy(into.data(), piece->data(), bytes);
  if (bytes < piece->size()) input.push_front(piece->substr(bytes));
  return Input{Input::State::data, bytes};
}

Result<std::string> FakeHost::add(const std::filesystem::path& folder) {
  FakeComponent& component = backend_.components.at(folder.string());
  if (component.add_error) {
    Error error = *component.add_error;
    if (component.added_when_tried_again) component.add_error.reset();
    return std::unexpected(std::move(error));
  }
  auto manifest = wasm::parse_manifest(fmt::format("[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
                                                   "[resources]\nmax_memory = \"1MiB\"\nmax_stack = \"64KiB\"\n{}",
                                                   component.name, component.extra_toml),
                                       "Component.toml");
  if (!manifest) return std::unexpected(manifest.error());
  if (!manifests_.try_emplace(component.name, *std::move(manifest)).second)
    return fail(Code::already_exists,
                fmt::format("{}: there is a component named '{}'; rename one", folder.string(), component.name));
  added_.push_back(&component);
  return component.name;
}

const wasm::Manifest& FakeHost::manifest(std::string_view name) const { return manifests_.find(name)->second; }

Result<> FakeHost::start(std::string_view name) {
  const auto found = std::ranges::find(added_, name, &FakeComponent::name);
  if ((*found)->start_error) return std::unexpected(*(*found)->start_error);
  (*found)->started = true;
  log(log_, LogLevel::info, "supervisor", "{}: started", name);
  return {};
}

Result<> FakeHost::add_actor(wasm::ActorOptions, wasm::ActorFactory) { return fail(Code::internal, "no command adds one"); }
Result<wasm::MessageTap> FakeHost::tap(std::string_view, std::size_t) { return fail(Code::internal, "no command taps"); }
Result<wasm::TopicTap> FakeHost::watch_topics(std::string_view, std::size_t) {
  return fail(Code::internal, "no command watches");
}
Result<std::uint32_t> FakeHost::publish(std::string_view, wasm::Payload) { return fail(Code::internal, "no command publishes"); }

Result<wasm::Payload> FakeHost::request(std::string_view, wasm::Payload, Duration) {
  return fail(Code::internal, "no command asks");
}
Result<wasm::Payload> FakeHost::invoke(std::string_view, wasm::Payload, Duration) {
  return fail(Code::internal, "no command invokes");
}

Result<> FakeHost::send(std::string_view name, wasm::Payload payload) {
  FakeComponent& component = **std::ranges::find(added_, name, &FakeComponent::name);
  if (!component.started) return fail(Code::unavailable, fmt::format("'{}' was not started", name));
  if (component.taken.size() >= component.gives_up_after) return fail(Code::unavailable, fmt::format("'{}' was given up", name));
  if (component.waiting >= component.room) {
    ++component.refused_sends;
    return fail(Code::exhausted, "the mailbox is full");
  }
  ++component.waiting;
  component.taken.push_back(payload.codec == wasm::raw_codec
                                ? std::string(payload.text())
                                : fmt::format("{}:{}", wasm::codec_text(payload.codec), payload.text()));
  return {};
}

bool FakeHost::wait_idle(Duration at_most) {
  backend_.on_wait();
  bool idle = true;
  for (FakeComponent* component : added_) {
    component->waiting -= std::min(component->waiting, component->drained_per_wait);
    idle = idle && component->waiting == 0 && !component->works_forever;
  }
  if (!idle) backend_.platform.advance(at_most);
  return idle;
}

std::vector<wasm::ComponentReport> FakeHost::report() const {
  std::vector<wasm::ComponentReport> reports;
  for (const FakeComponent* component : added_) {
    wasm::ComponentReport report;
    report.name = component->name;
    report.state = wasm::ComponentState::stopped;
    if (!component->started) report.state = wasm::ComponentState::failed;
    report.messages_in = report.handled = component->taken.size();
    report.p50 = report.p99 = std::chrono::microseconds(12);
    if (component->taken.size() >= component->gives_up_after) {
      report.state = wasm::ComponentState::given_up;
      report.restarts = 3;
      report.traps[static_cast<std::size_t>(wasm::TrapKind::out_of_fuel)] = 4;
      report.last_error = "out of fuel";
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

// Its supervisors with nothing below them, then the components.
wasm::SupervisionNode FakeHost::tree() const {
  using Kind = wasm::SupervisionNode::Kind;
  wasm::SupervisionNode root{.kind = Kind::supervisor, .name = "root", .state = wasm::ComponentState::stopped};
  for (const wasm::SupervisorConfig& config : config_.supervisors)
    root.children.push_back({.kind = Kind::supervisor, .name = config.name, .state = backend_.supervisor_state});
  for (const wasm::ComponentReport& one : report())
    root.children.push_back({.name = one.name, .state = one.state, .restarts = one.restarts, .last_error = one.last_error});
  return root;
}

wasm::DeadLetters FakeHost::dead_letters() const { return backend_.dead_letters; }

Result<> FakeHost::resend(std::uint64_t) { return fail(Code::internal, "no command resends"); }

std::vector<std::string> FakeHost::stop() {
  std::vector<std::string> killed;
  for (const FakeComponent* component : added_)
    if (component->ignores_stop) killed.push_back(component->name);
  return killed;
}

namespace {

class FakeSafeguards final : public Safeguards {
 public:
  explicit FakeSafeguards(FakeBackend& backend) : backend_(backend) {}
  void apply(wasm::HostConfig&) override {}
  bool development_mode() const override { return backend_.development_mode; }
  Result<> reread_trust() override {
    ++backend_.trust_was_reread;
    return {};
  }
  std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>> recorded() const override { return backend_.recorded; }
  Result<> close() override {
    backend_.closed_safeguards = true;
    return {};
  }

 private:
  FakeBackend& backend_;
};

}  // namespace

Result<std::unique_ptr<Safeguards>> FakeBackend::open_safeguards(const SafeguardsConfig& config, Platform&, LogSink&) {
  safeguarded_with = config;
  return std::make_unique<FakeSafeguards>(*this);
}

Result<std::optional<wasm::AdminSocket>> FakeBackend::open_admin_socket(const std::filesystem::path& home,
                                                                        std::string_view name) {
  if (admin_error) return std::unexpected(*admin_error);
  if (!reachable) return std::nullopt;
  AIRSSYS_TRY(wasm::AdminSocket socket, wasm::AdminSocket::open(home, name));
  return std::optional(std::move(socket));
}

Result<std::unique_ptr<wasm::Host>> FakeBackend::create_host(const wasm::HostConfig& config, Platform&, LogSink& log) {
  created_with.emplace(config);
  if (create_error) return std::unexpected(*create_error);
  return std::make_unique<FakeHost>(*this, config, log);
}

Result<std::vector<std::filesystem::path>> FakeBackend::component_folders(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> found;
  for (const auto& [folder, component] : components)
    if (folder == path.string() || folder.starts_with(path.string() + "/")) found.emplace_back(folder);
  if (found.empty()) return fail(Code::not_found, fmt::format("{}: no such file or folder", path.string()));
  return found;
}

Result<std::vector<wasm::SupervisorConfig>> FakeBackend::supervisors_beside(std::span<const std::filesystem::path>) {
  return supervisors;
}

Result<wasm::Inspection> FakeBackend::inspect(const std::filesystem::path& path, const wasm::HostConfig&, Platform&, LogSink&) {
  if (!inspection)
    return fail(Code::invalid_component, fmt::format("{}: is a core module; make a component of it", path.string()));
  return *inspection;
}

Result<std::vector<wasm::GeneratedFile>> FakeBackend::generate_bindings(std::string_view, const std::filesystem::path&,
                                                                        std::string_view world) {
  if (bindings.empty()) return fail(Code::invalid_component, fmt::format("no world '{}'", world));
  return bindings;
}

Result<Bytes> FakeBackend::componentize(std::span<const std::byte> module, const std::filesystem::path&, std::string_view world) {
  if (module.empty()) return fail(Code::invalid_component, "empty; give a core module");
  return Bytes::copy_of(fmt::format("component of {} bytes, world {}", module.size(), world));
}

Result<std::vector<wasm::WitFunction>> FakeBackend::wit_functions(const std::filesystem::path&) { return functions; }

Result<std::vector<wasm::WitDifference>> FakeBackend::wit_differences(const std::filesystem::path& before,
                                                                      const std::filesystem::path&) {
  if (before == "broken") return fail(Code::invalid_component, "the WIT in `broken` can't be used");
  return differences;
}

int World::run(std::vector<std::string> arguments) {
  Context context{console, platform, backend, interrupt, environment};
  return execute(arguments, context);
}

}  // namespace airssys::cli::testing
