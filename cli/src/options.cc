#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "airssys/base/text.h"
#include "airssys/wasm/core/multicodec.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

std::string did_you_mean(std::string_view near, std::string_view otherwise) {
  return near.empty() ? std::string(otherwise) : fmt::format("did you mean '{}'?", near);
}

// In the order in which they were declared.
std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* known : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(known->get_name());
  return names;
}

std::unexpected<Error> unknown_word(const CLI::App& app, const std::string& word) {
  const bool option = word.starts_with('-');
  const std::string bare = word.substr(0, word.find('='));
  std::vector<std::string> names;
  if (option) {
    for (const CLI::Option* known : app.get_options())
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
  } else {
    names = command_names(app);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string help = fmt::format("see '{} --help'", full_name(app));
  if (option) return usage(fmt::format("unknown option {}; {}", airssys::quoted(bare), did_you_mean(nearest(bare, views), help)));
  if (!names.empty()) {
    const std::string all = fmt::format("the commands are {}", fmt::join(names, ", "));
    return usage(fmt::format("unknown command {}; {}", airssys::quoted(word), did_you_mean(nearest(bare, views), all)));
  }
  return usage(fmt::format("unexpected argument {}; {}", airssys::quoted(word), help));
}

std::unexpected<Error> no_command(const CLI::App& app) {
  return usage(fmt::format("{}no command; the commands are {}, see '{} --help'",
                           app.get_parent() == nullptr ? "" : app.get_name() + ": ", fmt::join(command_names(app), ", "),
                           full_name(app)));
}

}  // namespace

std::unexpected<Error> usage(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

Result<> required(const CLI::App& app, const std::string& value, std::string_view what) {
  if (!value.empty()) return {};
  return usage(fmt::format("{}: {} is missing; see '{} --help'", app.get_name(), what, full_name(app)));
}

CommandLine::CommandLine() : root_("Runs WebAssembly components as supervised actors.", "airssys-wasm") {
  root_.set_version_flag("--version,-V", "airssys-wasm " AIRSSYS_VERSION);
  root_.require_subcommand(0, 1);
  root_.footer(
      "Environment:\n"
      "  AIRSSYS_WASM_HOME       where keys, decisions about trust and compiled code are kept (default ~/.airssys)\n"
      "  AIRSSYS_WASM_DEV_MODE   1: development mode, 0: none, whatever 'trust enable-dev-mode' said\n"
      "  AIRSSYS_WASM_HOST       as --host\n"
      "  AIRSSYS_WASM_LOG_LEVEL  as --log-level\n"
      "  NO_COLOR                as --no-color\n\n"
      "Exit codes: 0 ok, 1 failed, 2 wrong arguments, 3 wrong configuration, 4 no host runs, 5 no key, 6 not allowed or not yet "
      "decided,\n"
      "7 not a valid component or manifest, 9 a signature that does not fit\n\n"
      "Examples:\n"
      "  airssys-wasm run examples/echo --send echo=README.md\n"
      "  airssys-wasm inspect examples/echo\n"
      "  airssys-wasm run --help");
}

CLI::App& CommandLine::add(CLI::App& parent, const std::string& name, const std::string& description, Take take) {
  CLI::App& app = *parent.add_subcommand(name, description);
  declared_.push_back(&app);
  takes_.emplace(&app, std::move(take));
  return app;
}

CLI::App& CommandLine::add_group(const std::string& name, const std::string& description) {
  return *root_.add_subcommand(name, description);
}

void CommandLine::add_common(CLI::App& app) {
  app.add_flag("--json", common_.json, "One JSON document on standard output instead of text");
  app.add_flag("--no-color", common_.no_color, "No colours, on a terminal either");
  app.add_flag("--quiet,-q", common_.quiet, "Nothing on standard error but errors");
  app.add_option("--log-level", log_level_, "error, warn, info (default), debug or trace")->type_name("LEVEL");
}

// The parsed command, innermost.
const CLI::App& CommandLine::active() const {
  const CLI::App* app = &root_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

Result<Invocation> CommandLine::checked() {
  Invocation invocation{.common = common_, .command = {}};
  if (!log_level_.empty()) {
    auto level = parse_log_level(log_level_);
    if (!level) return std::unexpected(std::move(level).error().within("--log-level"));
    invocation.common.log_level = *level;
  }
  const CLI::App& app = active();
  const auto take = takes_.find(&app);
  if (take == takes_.end()) return no_command(app);
  AIRSSYS_TRY(invocation.command, take->second(app));
  return invocation;
}

Result<Invocation> CommandLine::parse(std::span<const std::string> arguments) {
  add_common(root_);
  for (CLI::App* app : declared_) add_common(*app);
  // CLI11 wants them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root_.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Invocation{.common = common_, .command = ShowText{root_.help()}};
  } catch (const CLI::CallForVersion& version) {
    return Invocation{.common = common_, .command = ShowText{fmt::format("{}\n", version.what())}};
  } catch (const CLI::ExtrasError&) {
    const auto words = root_.remaining(true);
    if (!words.empty()) return unknown_word(active(), words.front());
    return usage(fmt::format("too many arguments; see '{} --help'", full_name(active())));
  } catch (const CLI::ParseError& error) {
    return usage(fmt::format("{}; see '{} --help'", error.what(), full_name(active())));
  }
  return checked();
}

Result<std::uint64_t> parse_codec(const std::string& name) {
  const wasm::Codec* const found = wasm::find_codec(name);
  if (found && found->supported) return found->code;
  std::vector<std::string_view> known;
  for (const wasm::Codec& codec : wasm::codecs())
    if (codec.supported) known.push_back(codec.name);
  return usage(
      fmt::format("--codec {}: messages cannot be sent in it; the codecs are {}", airssys::quoted(name), fmt::join(known, ", ")));
}

Result<LogLevel> parse_log_level(std::string_view text) {
  constexpr std::array levels{LogLevel::error, LogLevel::warn, LogLevel::info, LogLevel::debug, LogLevel::trace};
  std::array<std::string_view, levels.size()> names{};
  std::ranges::transform(levels, names.begin(), log_level_name);
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (names[i] == text) return levels[i];
  return usage(fmt::format("{} is not a log level; {}", airssys::quoted(text),
                           did_you_mean(nearest(text, names), fmt::format("the levels are {}", fmt::join(names, ", ")))));
}

Result<Invocation> parse_arguments(std::span<const std::string> arguments) {
  CommandLine line;
  declare_run(line);
  declare_tools(line);
  declare_keys(line);
  declare_trust(line);
  declare_audit(line);
  declare_explain(line);
  declare_storage(line);
  declare_admin(line);
  return line.parse(arguments);
}

}  // namespace airssys::cli
