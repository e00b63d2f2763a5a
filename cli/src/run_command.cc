#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/admin/admin_server.h"
#include "commands.h"
#include "feeder.h"
#include "files.h"
#include "home.h"
#include "json.h"
#include "prompt.h"
#include "table.h"
#include "tree.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// What is wrong with a manifest is said when it is added.
bool keeps_something(const fs::path& folder) {
  const auto manifest = wasm::read_manifest(folder);
  if (!manifest) return false;
  const auto wants = [](const wasm::DeclaredCapabilities& declared) {
    return std::ranges::any_of(declared.set,
                               [](const wasm::Capability& one) { return wasm::action_kind(one.action) == "storage"; });
  };
  return wants(manifest->capabilities) || std::ranges::any_of(manifest->capabilities.optional, wants);
}

fs::path data_folder(const RunOptions& options, const Context& context) {
  if (!options.data.empty()) return options.data;
  const auto home = find_home(context);
  return home ? home->data() : fs::path();
}

// How long one wait lasts at most: the delay with which Ctrl-C is seen.
constexpr Duration slice = milliseconds(50);
// Between two looks whether a full mailbox has room; it ends early when everybody is idle.
constexpr Duration room_slice = milliseconds(2);
// Somebody at a terminal waits for the end: what does not stop by then is killed, whatever grace its manifest asks for.
constexpr Duration stop_within = milliseconds(1500);
constexpr std::size_t kept_log_lines = 10'000;
constexpr std::size_t dead_letters_shown = 10;

class RunCommand {
 public:
  RunCommand(const RunOptions& options, const Settings& settings, Context& context, std::optional<wasm::WallReport> wall,
             Result<std::optional<wasm::AdminSocket>> socket)
      : options_(options),
        settings_(settings),
        context_(context),
        narration_(narration_of(settings, context.console)),
        log_({.level = settings.log_level,
              .print = settings.quiet ? LogConfig::Print::no : LogConfig::Print::yes,
              .keep = settings.json ? kept_log_lines : 0},
             context.platform, narration_, settings.err),
        feeder_(context.console, narration_, options.codec, max_content_bytes()),
        socket_(std::move(socket)) {
    result_.begin = context.platform.now();
    result_.wall = std::move(wall);
    if (result_.wall)
      for (const std::string& missing : result_.wall->missing) narration_.hint(missing);
  }

  Exit execute() {
    const auto folders = can_be_reached() ? find_folders() : std::vector<fs::path>();
    if (!folders.empty() && find_supervisors(folders) && open_safeguards() && find_storage(folders) &&
        create_host(folders.size())) {
      add_all(folders);
      if (ended()) {
        narration_.error(Error(Code::cancelled, "interrupted before the components were started"));
      } else if (!names_.empty() && plan()) {
        start_all();
        open_admin();
        feed_and_wait();
        stop();
      }
      host_.reset();
    }
    close_safeguards();
    log_.close();
    return show();
  }

 private:
  std::vector<fs::path> find_folders() {
    std::vector<fs::path> all;
    for (const fs::path& path : options_.paths) {
      auto folders = context_.backend.component_folders(path);
      if (folders)
        all.insert(all.end(), folders->begin(), folders->end());
      else
        narration_.error(folders.error());
    }
    return all;
  }

  bool find_supervisors(const std::vector<fs::path>& folders) {
    auto supervisors = context_.backend.supervisors_beside(folders);
    if (!supervisors) {
      narration_.error(supervisors.error());
      return false;
    }
    config_.supervisors = *std::move(supervisors);
    return true;
  }

  bool open_safeguards() {
    const auto home = find_home(context_);
    auto opened = home ? context_.backend.open_safeguards({.home = home->folder(),
                                                           .record_permissions = options_.record_permissions,
                                                           .development_mode = settings_.development_mode},
                                                          context_.platform, log_)
                       : std::unexpected(home.error());
    if (!opened) {
      narration_.error(opened.error());
      return false;
    }
    safeguards_ = *std::move(opened);
    result_.development_mode = safeguards_->development_mode();
    if (result_.development_mode)
      narration_.warning(fmt::format(
          "DEVELOPMENT MODE: components may do whatever is not forbidden to all, and need no approval; what they do is recorded. "
          "{} ends it",
          settings_.development_mode ? "To unset AIRSSYS_WASM_DEV_MODE" : "`airssys-wasm trust disable-dev-mode`"));
    safeguards_->apply(config_);
    config_.audit_messages = options_.audit_messages;
    return true;
  }

  void close_safeguards() {
    if (!safeguards_) return;
    result_.recorded = safeguards_->recorded();
    if (const auto closed = safeguards_->close(); !closed) narration_.error(closed.error());
  }

  // Where nobody keeps anything nothing is opened: two such runs do not hinder each other.
  bool find_storage(const std::vector<fs::path>& folders) {
    wasm::StorageConfig& storage = config_.storage;
    storage.flush = options_.flush;
    storage.flush_interval = options_.flush_interval;
    storage.limits = options_.storage_limits;
    if (std::ranges::none_of(folders, keeps_something)) return true;
    storage.backend.directory = data_folder(options_, context_);
    auto kind = options_.storage ? Result<std::optional<wasm::BackendKind>>(options_.storage)
                                 : wasm::backend_of(storage.backend.directory);
    if (!kind) {
      narration_.error(kind.error());
      return false;
    }
    storage.backend.kind = kind->value_or(wasm::BackendKind::rocksdb);
    return true;
  }

  bool create_host(std::size_t components) {
    // Sized for these components and not for a server: reserving a pool takes time at every start. A restart may begin before
    // the memory of the one that crashed is back.
    const auto instances = static_cast<std::uint32_t>(2 * components + 2);
    config_.max_components = std::max(config_.max_components, components);
    config_.shutdown_timeout = stop_within;
    config_.engine.max_instances = instances;
    config_.engine.max_fibers = instances;
    config_.engine.cache_directory = settings_.cache;
    auto host = context_.backend.create_host(config_, context_.platform, log_);
    if (!host) {
      narration_.error(host.error());
      return false;
    }
    host_ = *std::move(host);
    return true;
  }

  void add_all(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) {
      if (ended()) break;
      narration_.progress(fmt::format("compiling {}...", folder.string()));
      auto name = host_->add(folder);
      narration_.progress("");
      if (!name && was_decided_now(name.error())) name = host_->add(folder);
      if (!name) {
        narration_.error(name.error());
        continue;
      }
      folders_.emplace(*name, folder);
      names_.push_back(*std::move(name));
    }
  }

  // R4.12: who is at the terminal decides what nobody has decided yet, and the host is asked again.
  bool was_decided_now(const Error& refusal) {
    const std::string_view request = refusal.field("request");
    if (refusal.code() != Code::approval_needed || request.empty() || settings_.json || !can_ask(context_)) return false;
    auto decided = review(request, settings_, context_);
    if (decided && *decided)
      if (auto reread = safeguards_->reread_trust(); !reread) decided = std::unexpected(std::move(reread).error());
    if (!decided) narration_.error(decided.error());
    return decided && *decided;
  }

  [[nodiscard]] std::uint64_t max_content_bytes() const {
    return config_.max_message_bytes - wasm::encode_prefix(options_.codec).size;
  }

  // What is sent. False: the command line is wrong, and nothing shall start.
  bool plan() {
    if (options_.sends.empty()) {
      for (const std::string& name : names_) plan_development_send(name);
      return true;
    }
    const bool all_loaded = narration_.problems().empty();
    bool good = true;
    std::vector<std::string> receivers;
    std::map<std::string, std::vector<Bytes>> messages;
    for (const SendOption& send : options_.sends) {
      if (!folders_.contains(send.component)) {
        unknown_receiver(send, all_loaded);
        // A component that could not be loaded is no reason to keep the others from working.
        good = good && !all_loaded;
      } else if (send.from_input()) {
        feeder_.add_input(send.component);
      } else if (auto content = read_file(send.file, max_content_bytes())) {
        if (!messages.contains(send.component)) receivers.push_back(send.component);
        messages[send.component].push_back(*std::move(content));
      } else {
        narration_.error(std::move(content).error().within(fmt::format("--send {}", send.component)));
        good = false;
      }
    }
    for (const std::string& name : receivers) feeder_.add_messages(name, std::move(messages[name]), options_.repeat);
    return good;
  }

  void plan_development_send(const std::string& name) {
    std::vector<Bytes> messages;
    for (const fs::path& file : host_->manifest(name).development_send) {
      // operator/ leaves an absolute one as it is.
      auto content = read_file(folders_.at(name) / file, max_content_bytes());
      if (content)
        messages.push_back(*std::move(content));
      else
        narration_.error(std::move(content).error().within(fmt::format("{}: [development] send", name)));
    }
    feeder_.add_messages(name, std::move(messages), options_.repeat);
  }

  void unknown_receiver(const SendOption& send, bool all_loaded) {
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    const std::string_view near = nearest(send.component, known);
    const std::string advice = near.empty() ? fmt::format("the components are {}", fmt::join(names_, ", "))
                                            : fmt::format("did you mean {}?", airssys::quoted(near));
    const std::string what = fmt::format("--send: no component named {} {}; {}", airssys::quoted(send.component),
                                         all_loaded ? "is here" : "was loaded", advice);
    narration_.error(Error(all_loaded ? Code::invalid_argument : Code::not_found, what));
  }

  void start_all() {
    if (feeder_.nothing_to_send() && !options_.stay)
      narration_.hint(
          "nothing is sent to these components; use --send NAME=FILE, or name files in [development] send of Component.toml");
    std::vector<const wasm::Manifest*> manifests;
    for (const std::string& name : names_) manifests.push_back(&host_->manifest(name));
    for (const std::string& name : wasm::start_order(manifests)) {
      if (ended()) return;
      if (auto started = host_->start(name); !started) narration_.error(started.error());
    }
  }

  // Whoever asks for a name or for the host to stay wants it to be reached; others have work for it that goes on all the same.
  bool can_be_reached() {
    if (socket_) return true;
    if (options_.stay || !options_.name.empty()) {
      const Error& error = socket_.error();
      narration_.error(error, error.code() == Code::invalid_configuration ? Exit::configuration : exit_code(error.code()));
      return false;
    }
    narration_.warning(fmt::format("nobody can send to this host: {}", socket_.error().message()));
    return true;
  }

  // From now on: before, there was nobody to send to.
  void open_admin() {
    if (!socket_ || !*socket_) return;
    result_.admin = {.host = (*socket_)->name(), .socket = (*socket_)->path(), .stats = {}};
    auto server = wasm::AdminServer::start(**std::move(socket_), {.program = AIRSSYS_VERSION}, *host_,
                                           config_.audit ? *config_.audit : wasm::null_audit(), context_.platform, log_);
    if (!server) {
      narration_.error(server.error());
      return;
    }
    admin_ = *std::move(server);
    if (options_.stay)
      log(log_, LogLevel::info, "host", "stays until Ctrl-C; `airssys-wasm send` and others find it as '{}'",
          result_.admin->host);
  }

  void feed_and_wait() {
    begin_ = context_.platform.now();
    for (Duration left = slice; left > Duration::zero() && !ended(); left = wait_left()) {
      switch (feeder_.step(*host_, left)) {
        case Feeder::Step::sent:
        case Feeder::Step::no_input: break;
        case Feeder::Step::full: host_->wait_idle(std::min(left, room_slice)); break;
        case Feeder::Step::done:
          if (!host_->wait_idle(left)) break;
          if (!options_.stay) return;
          context_.interrupt.wait(left);
          break;
      }
    }
  }

  // How long the next wait may be; nothing when --for has passed.
  [[nodiscard]] Duration wait_left() const {
    return options_.at_most ? std::min(slice, *options_.at_most - (context_.platform.now() - begin_)) : slice;
  }
  [[nodiscard]] bool ended() const { return context_.interrupt.requested() || context_.console.broken(); }

  void stop() {
    result_.duration = context_.platform.now() - begin_;
    result_.killed = host_->stop();
    if (admin_) result_.admin->stats = admin_->stats();
    admin_.reset();
    result_.reports = host_->report();
    result_.tree = host_->tree();
    result_.dead_letters = host_->dead_letters();
    for (const std::string& name : result_.killed)
      narration_.warning(fmt::format("{} did not stop within {} and was killed", name, format_duration(stop_within)));
    for (const wasm::ComponentReport& report : result_.reports)
      if (report.state == wasm::ComponentState::given_up)
        narration_.error(
            Error(Code::restart_limit, fmt::format("{}: given up after {} restarts: {}", report.name, report.restarts,
                                                   report.last_error.empty() ? "no error is known" : report.last_error)));
    say_given_up(result_.tree);
  }

  // A supervisor takes what is below it along, which then has stopped in order and says nothing of it.
  void say_given_up(const wasm::SupervisionNode& node) {
    for (const wasm::SupervisionNode& child : node.children) {
      if (child.kind != wasm::SupervisionNode::Kind::supervisor) continue;
      if (child.state == wasm::ComponentState::given_up)
        narration_.error(Error(Code::restart_limit, fmt::format("supervisor {}: given up with all below it after {} restarts: {}",
                                                                child.name, child.restarts, child.last_error)));
      say_given_up(child);
    }
  }

  // As it can be copied into the manifests.
  [[nodiscard]] std::string recorded_text() const {
    std::string text;
    for (const auto& [component, recorded] : result_.recorded) {
      text +=
          fmt::format("\n# {}: what it needed in this run{}\n{}", component,
                      recorded.left_out == 0 ? "" : fmt::format(", but for {} things that cannot be granted", recorded.left_out),
                      wasm::capabilities_toml(recorded.needed));
    }
    return text;
  }

  Exit show() {
    result_.log = log_.lines();
    result_.log_dropped = log_.dropped();
    result_.problems = narration_.problems();
    if (result_.log_dropped > 0)
      narration_.warning(
          fmt::format("{} log lines were dropped: they came faster than they could be written", result_.log_dropped));
    Console& console = context_.console;
    if (settings_.json) {
      console.out(run_json(result_));
    } else if (!result_.reports.empty()) {
      const std::string_view space = console.out_is_terminal() && console.err_is_terminal() && !settings_.quiet ? "\n" : "";
      console.out(fmt::format(
          "{}{}{}{}{}\n{}", space, component_table(result_.reports, console.width(), settings_.out),
          supervision_tree(result_.tree, settings_.out),
          dead_letter_lines(result_.dead_letters, result_.begin, dead_letters_shown, settings_.out),
          settings_.out(Colour::dim, fmt::format("{} component{}, {}", result_.reports.size(),
                                                 result_.reports.size() == 1 ? "" : "s", format_duration(result_.duration))),
          recorded_text()));
    }
    return result_.problems.empty() ? Exit::ok : result_.problems.front().exit;
  }

  const RunOptions& options_;
  const Settings& settings_;
  Context& context_;
  wasm::HostConfig config_;
  Narration narration_;
  LogPipeline log_;
  Feeder feeder_;
  std::vector<std::string> names_;  // as added
  std::map<std::string, fs::path> folders_;  // by name
  Instant begin_{};
  RunResult result_;
  std::unique_ptr<Safeguards> safeguards_;  // the host tells them what it does
  Result<std::optional<wasm::AdminSocket>> socket_;
  std::unique_ptr<wasm::Host> host_;  // it logs while it ends
  std::unique_ptr<wasm::AdminServer> admin_;
};

// What this run needs of the machine, and no more.
wasm::ProcessWall wall_around(const RunOptions& options, Context& context) {
  wasm::ProcessWall wall;
  for (const fs::path& path : options.paths) {
    std::error_code ignored;
    const fs::path whole = fs::absolute(path, ignored);
    wall.read.push_back(whole);
    wall.read.push_back(whole.parent_path() / "supervisors.toml");
  }
  for (const SendOption& send : options.sends)
    if (!send.from_input()) wall.read.emplace_back(send.file);
  // What the manifests send; what is wrong with them is said when they are added.
  for (const fs::path& path : options.paths)
    if (const auto folders = context.backend.component_folders(path))
      for (const fs::path& folder : *folders)
        if (const auto manifest = wasm::read_manifest(folder))
          for (const fs::path& file : manifest->development_send)
            if (file.is_absolute()) wall.read.push_back(file);
  if (const auto home = find_home(context)) wall.write.push_back(home->folder());
  if (!options.data.empty()) wall.write.push_back(options.data);
  std::error_code ignored;
  wall.execute.push_back(fs::read_symlink("/proc/self/exe", ignored).parent_path());  // airssys-compile is beside us
  return wall;
}

}  // namespace

Exit perform(const RunOptions& options, const Settings& settings, Context& context) {
  // Before the wall, which lets nobody make connections, and that before there is any other thread.
  const auto home = find_home(context);
  Result<std::optional<wasm::AdminSocket>> socket = std::nullopt;  // without a home there will be no run
  if (home)
    socket = context.backend.open_admin_socket(home->folder(), options.name.empty() ? fmt::to_string(::getpid()) : options.name);
  std::optional<wasm::WallReport> wall;
  if (options.wall) {
    auto raised = context.backend.raise_wall(wall_around(options, context));
    if (!raised) return end_with(std::move(raised).error().within("run: --no-wall does without"), settings, context);
    wall = *std::move(raised);
  }
  return RunCommand(options, settings, context, std::move(wall), std::move(socket)).execute();
}

}  // namespace airssys::cli
