// The world of a command in a test: a console of strings, a host of counters, a clock that the host's waiting moves.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "airssys/cli/cli.h"

namespace airssys::cli::testing {

class FakeConsole final : public Console {
 public:
  void out(std::string_view text) noexcept override {
    out_text += text;
    on_out();
  }
  void err(std::string_view text) noexcept override {
    const std::scoped_lock lock(mutex_);
    err_text_ += text;
  }
  Result<Input> read(std::span<char> into, Duration) noexcept override;
  bool in_is_terminal() const noexcept override { return terminal && !piped_input; }
  bool out_is_terminal() const noexcept override { return terminal; }
  bool err_is_terminal() const noexcept override { return terminal; }
  std::size_t width() const noexcept override { return terminal ? columns : 0; }
  bool broken() const noexcept override { return is_broken; }
  Result<> failure() const noexcept override {
    return disk_full ? Result<>(fail(Code::io, "standard output: No space left on device")) : Result<>();
  }
  [[nodiscard]] std::string err_text() const {
    const std::scoped_lock lock(mutex_);
    return err_text_;
  }

  std::string out_text;
  std::deque<std::optional<std::string>> input;  // pieces as they come; none: nothing for now
  std::function<void()> on_read = [] {}, on_out = [] {};
  bool terminal = false, piped_input = false, disk_full = false;
  std::size_t columns = 80;
  std::atomic<bool> is_broken{false};

 private:
  mutable std::mutex mutex_;
  std::string err_text_;
};

// Threads are real ones; time stands still until somebody moves it.
class FakePlatform final : public Platform {
 public:
  Instant now() const noexcept override { return Instant(Duration(now_.load())); }
  WallTime wall_now() const noexcept override { return WallTime(Duration(now_.load())); }
  std::uint64_t random() noexcept override { return 4; }
  std::unique_ptr<Thread> start_thread(std::string name, std::function<void()> body) override {
    return real_->start_thread(std::move(name), std::move(body));
  }
  std::unique_ptr<Thread> start_ticker(std::string name, Duration period, std::function<void()> body) override {
    return real_->start_ticker(std::move(name), period, std::move(body));
  }
  void advance(Duration by) noexcept { now_.fetch_add(by.count()); }

 private:
  std::unique_ptr<Platform> real_ = real_platform();
  std::atomic<Duration::rep> now_{0};
};

struct FakeInterrupt final : Interrupt {
  bool requested() const noexcept override { return flag; }
  void wait(Duration) const noexcept override { on_wait(); }
  std::function<void()> on_wait = [] {};
  std::atomic<bool> flag{false};
};

// One folder and what is in it.
struct FakeComponent {
  std::string name;
  std::string extra_toml = {};               // after the required part of the manifest
  std::optional<Error> add_error = {};
  bool added_when_tried_again = false;       // the error is that of the first time
  std::optional<Error> start_error = {};
  std::size_t room = 1000;                   // of the mailbox
  std::size_t drained_per_wait = SIZE_MAX;   // of messages by one wait_idle
  std::size_t gives_up_after = SIZE_MAX;     // messages taken
  bool works_forever = false;                // never idle
  bool ignores_stop = false;
  // Filled by the host.
  std::vector<std::string> taken = {};  // what is not raw after the name of its codec and a colon
  std::size_t waiting = 0, refused_sends = 0;
  bool started = false;
};

class FakeBackend;

class FakeHost final : public wasm::Host {
 public:
  FakeHost(FakeBackend& backend, const wasm::HostConfig& config, LogSink& log) : backend_(backend), config_(config), log_(log) {}
  Result<std::string> add(const std::filesystem::path& folder) override;
  const wasm::Manifest& manifest(std::string_view name) const override;
  Result<> grant(std::string_view, wasm::Capability) override { return {}; }
  Result<bool> revoke(std::string_view, wasm::Action, std::string_view) override { return false; }
  Result<> start(std::string_view name) override;
  Result<> add_actor(wasm::ActorOptions options, wasm::ActorFactory factory) override;
  Result<wasm::MessageTap> tap(std::string_view pattern, std::size_t capacity) override;
  Result<wasm::TopicTap> watch_topics(std::string_view pattern, std::size_t capacity) override;
  Result<std::uint32_t> publish(std::string_view topic, wasm::Payload payload) override;
  Result<> send(std::string_view name, wasm::Payload payload) override;
  Result<wasm::Payload> request(std::string_view name, wasm::Payload payload, Duration timeout) override;
  Result<wasm::Payload> invoke(std::string_view name, wasm::Payload operation, Duration timeout) override;
  bool wait_idle(Duration at_most) override;
  std::vector<wasm::ComponentReport> report() const override;
  wasm::SupervisionNode tree() const override;
  wasm::DeadLetters dead_letters() const override;
  Result<> resend(std::uint64_t number) override;
  std::vector<std::string> stop() override;
  wasm::Storage& storage() override { return *storage_; }

 private:
  FakeBackend& backend_;
  const std::unique_ptr<Platform> platform_ = real_platform();
  const std::unique_ptr<wasm::Storage> storage_ =
      *wasm::Storage::open({.flush = wasm::FlushMode::manual, .check_interval = Duration::zero()}, *platform_, null_log());
  const wasm::HostConfig config_;
  LogSink& log_;
  std::vector<FakeComponent*> added_;
  std::map<std::string, wasm::Manifest, std::less<>> manifests_;
};

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(FakePlatform& with) : platform(with) {}
  Result<std::unique_ptr<Safeguards>> open_safeguards(const SafeguardsConfig& config, Platform&, LogSink&) override;
  Result<std::optional<wasm::AdminSocket>> open_admin_socket(const std::filesystem::path& home, std::string_view name) override;
  Result<wasm::WallReport> raise_wall(const wasm::ProcessWall& asked) override {
    walls.push_back(asked);
    return wall;
  }
  Result<std::unique_ptr<wasm::Host>> create_host(const wasm::HostConfig& config, Platform&, LogSink& log) override;
  Result<std::vector<std::filesystem::path>> component_folders(const std::filesystem::path& path) override;
  Result<std::vector<wasm::SupervisorConfig>> supervisors_beside(std::span<const std::filesystem::path> folders) override;
  Result<wasm::Inspection> inspect(const std::filesystem::path& path, const wasm::HostConfig&, Platform&, LogSink&) override;
  Result<std::vector<wasm::GeneratedFile>> generate_bindings(std::string_view language, const std::filesystem::path& wit,
                                                             std::string_view world) override;
  Result<Bytes> componentize(std::span<const std::byte> module, const std::filesystem::path& wit,
                             std::string_view world) override;
  Result<std::vector<wasm::WitFunction>> wit_functions(const std::filesystem::path& wit) override;
  Result<std::vector<wasm::WitDifference>> wit_differences(const std::filesystem::path& before,
                                                           const std::filesystem::path& after) override;

  FakePlatform& platform;
  std::map<std::string, FakeComponent> components;  // by folder
  std::optional<Error> create_error;
  std::vector<wasm::ProcessWall> walls;  // that were raised
  Result<wasm::WallReport> wall = wasm::WallReport{.landlock = 7, .network = true, .calls = true};
  bool reachable = false;  // through a socket in the home folder
  std::optional<Error> admin_error;
  bool development_mode = false;
  std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>> recorded;
  std::optional<SafeguardsConfig> safeguarded_with;
  bool closed_safeguards = false;
  int trust_was_reread = 0;
  std::optional<wasm::HostConfig> created_with;
  std::function<void()> on_wait = [] {};
  wasm::DeadLetters dead_letters;
  wasm::ComponentState supervisor_state = wasm::ComponentState::stopped;
  Result<std::vector<wasm::SupervisorConfig>> supervisors = std::vector<wasm::SupervisorConfig>();
  std::optional<wasm::Inspection> inspection;
  std::vector<wasm::GeneratedFile> bindings;
  std::vector<wasm::WitFunction> functions;
  std::vector<wasm::WitDifference> differences;
};

// All of them together.
struct World {
  int run(std::vector<std::string> arguments);
  [[nodiscard]] std::string out() const { return console.out_text; }
  [[nodiscard]] std::string err() const { return console.err_text(); }
  FakeComponent& add(std::string folder, FakeComponent component) {
    return backend.components.insert_or_assign(std::move(folder), std::move(component)).first->second;
  }

  FakeConsole console;
  FakePlatform platform;
  FakeBackend backend{platform};
  FakeInterrupt interrupt;
  std::map<std::string, std::string, std::less<>> environment{{"HOME", "/home"}};
};

}  // namespace airssys::cli::testing
