#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "airssys/base/text.h"
#include "airssys/base/units.h"

namespace airssys::cli {
namespace {

constexpr std::uint32_t max_repeat = 1'000'000;
constexpr std::array<std::string_view, 4> guest_languages{"c", "cpp", "go", "rust"};
constexpr std::array<std::string_view, 4> commands{"run", "inspect", "componentize", "wit"};

// What CLI11 fills in; checked and turned into an Invocation afterwards.
struct Raw {
  CommonOptions common;
  std::string log_level, repeat, at_most;
  std::vector<std::string> sends, paths;
  std::string inspect_path;
  ComponentizeOptions componentize;
  BindgenOptions bindgen;
  std::string module, output, wit, wit_before, wit_after;
};

struct Apps {
  CLI::App root{"Runs WebAssembly components as supervised actors.", "airssys-wasm"};
  CLI::App* run = nullptr;
  CLI::App* inspect = nullptr;
  CLI::App* componentize = nullptr;
  CLI::App* wit = nullptr;
  CLI::App* bindgen = nullptr;
  CLI::App* check = nullptr;
  CLI::App* diff = nullptr;
};

void add_common(CLI::App& app, Raw& raw) {
  app.add_flag("--json", raw.common.json, "One JSON document on standard output instead of text");
  app.add_flag("--no-color", raw.common.no_color, "No colours, on a terminal either");
  app.add_flag("--quiet,-q", raw.common.quiet, "Nothing on standard error but errors");
  app.add_option("--log-level", raw.log_level, "error, warn, info (default), debug or trace")->type_name("LEVEL");
}

void declare_run(Apps& apps, Raw& raw) {
  apps.run = apps.root.add_subcommand("run", "Run components in the foreground until they are idle, or Ctrl-C");
  CLI::App& app = *apps.run;
  app.add_option("PATH", raw.paths, "Folders with a Component.toml, or folders of such folders")->type_name("");
  app.add_option("--send,-s", raw.sends, "Send the file as one message; -: each line of standard input. Repeatable")
      ->type_name("NAME=FILE|-")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--repeat", raw.repeat, "Send every file N times")->type_name("N");
  app.add_option("--for", raw.at_most, "Stop after this time (500ms, 10s, 2m) even when there is work left")
      ->type_name("DURATION");
  add_common(app, raw);
  app.footer(
      "Without --send the files of [development] send in the manifests are sent.\n"
      "Ends with a table of what each component did. The exit code is 0, or that of the first error.\n"
      "Ctrl-C stops in order; a second one ends at once.\n\n"
      "Examples:\n"
      "  airssys-wasm run examples/echo --send echo=README.md\n"
      "  airssys-wasm run examples/text-pipeline --json | jq '.components[].handled'\n"
      "  tail -f access.log | airssys-wasm run counter/ --send counter=-");
}

void declare_tools(Apps& apps, Raw& raw) {
  apps.inspect = apps.root.add_subcommand("inspect", "Show what a component is, and what it may do");
  apps.inspect->add_option("PATH", raw.inspect_path, "A .wasm file, or a folder with a Component.toml")
      ->type_name("FILE.wasm|DIR");
  add_common(*apps.inspect, raw);
  apps.inspect->footer("Examples:\n  airssys-wasm inspect examples/echo\n  airssys-wasm inspect echo.wasm --json");

  apps.componentize = apps.root.add_subcommand("componentize", "Turn a core module into a component");
  apps.componentize->add_option("CORE", raw.module, "A core module, .wasm or .wat")->type_name("CORE.wasm");
  apps.componentize->add_option("--output,-o", raw.output, "The component to write")->type_name("OUT.wasm");
  apps.componentize->add_option("--wit", raw.wit, "Folder of WIT files (default: the host's own, built in)")->type_name("DIR");
  apps.componentize->add_option("--world", raw.componentize.world, "World of the component (default: the module says it)")
      ->type_name("W");
  add_common(*apps.componentize, raw);
  apps.componentize->footer("Example:\n  airssys-wasm componentize core.wasm -o echo.wasm --world component");

  apps.wit = apps.root.add_subcommand("wit", "Work with WIT, the language of interfaces");
  apps.bindgen = apps.wit->add_subcommand("bindgen", "Write the bindings of a world for guests");
  apps.bindgen->add_option("--lang", raw.bindgen.language, "Language of the guest: c, cpp, go, rust")->type_name("LANG");
  apps.bindgen->add_option("--world", raw.bindgen.world, "World the guest implements")->type_name("W");
  apps.bindgen->add_option("--out", raw.output, "Folder to write to; files that would not change stay untouched")
      ->type_name("DIR");
  apps.bindgen->add_option("--wit", raw.wit, "Folder of WIT files (default: the host's own, built in)")->type_name("DIR");
  add_common(*apps.bindgen, raw);
  apps.bindgen->footer("Example:\n  airssys-wasm wit bindgen --lang c --world component --out generated/");

  apps.check = apps.wit->add_subcommand("check", "List the functions that WIT offers, with the capability that each needs");
  apps.check->add_option("WIT", raw.wit, "Folder of WIT files, or a file (default: the host's own, built in)")->type_name("PATH");
  add_common(*apps.check, raw);
  apps.check->footer(
      "Ends with 7 when a function has no annotation, or one that is not understood.\n\n"
      "Example:\n  airssys-wasm wit check wit/");

  apps.diff = apps.wit->add_subcommand("diff", "Say which changes between two versions of WIT break components");
  apps.diff->add_option("OLD", raw.wit_before, "Folder of WIT files, or a file")->type_name("");
  apps.diff->add_option("NEW", raw.wit_after, "The same, later")->type_name("");
  add_common(*apps.diff, raw);
  apps.diff->footer(
      "What is removed or changed breaks what was built against it, and needs a new major version; what is added does not.\n"
      "Ends with 1 when something breaks.\n\n"
      "Example:\n  airssys-wasm wit diff released/wit wit");
}

void declare(Apps& apps, Raw& raw) {
  apps.root.set_version_flag("--version,-V", "airssys-wasm " AIRSSYS_VERSION);
  apps.root.require_subcommand(0, 1);
  add_common(apps.root, raw);
  declare_run(apps, raw);
  declare_tools(apps, raw);
  apps.root.footer(
      "Environment:\n"
      "  AIRSSYS_WASM_HOME       where compiled code is kept (default ~/.airssys)\n"
      "  AIRSSYS_WASM_LOG_LEVEL  as --log-level\n"
      "  NO_COLOR                as --no-color\n\n"
      "Exit codes: 0 ok, 1 failed, 2 wrong arguments, 3 wrong configuration, 6 not allowed, 7 not a valid component or "
      "manifest\n\n"
      "Examples:\n"
      "  airssys-wasm run examples/echo --send echo=README.md\n"
      "  airssys-wasm inspect examples/echo\n"
      "  airssys-wasm run --help");
}

std::unexpected<Error> usage(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

std::string did_you_mean(std::string_view near, std::string_view otherwise) {
  return near.empty() ? std::string(otherwise) : fmt::format("did you mean '{}'?", near);
}

// The parsed command, innermost.
const CLI::App& active(const Apps& apps) {
  const CLI::App* app = &apps.root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

// "airssys-wasm run", for the advice of messages.
std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::unexpected<Error> unknown_word(const Apps& apps, const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  const bool option = word.starts_with('-');
  const std::string bare = word.substr(0, word.find('='));
  if (option) {
    for (const CLI::Option* known : app.get_options())
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
  } else {
    for (const CLI::App* known : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(known->get_name());
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string help = fmt::format("see '{} --help'", full_name(app));
  if (option) return usage(fmt::format("unknown option {}; {}", airssys::quoted(bare), did_you_mean(nearest(bare, views), help)));
  if (&app == &apps.root || &app == apps.wit) {
    const std::string all = fmt::format("the commands are {}", fmt::join(names, ", "));
    return usage(fmt::format("unknown command {}; {}", airssys::quoted(word), did_you_mean(nearest(bare, views), all)));
  }
  return usage(fmt::format("unexpected argument {}; {}", airssys::quoted(word), help));
}

Result<SendOption> parse_send(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return usage(
        fmt::format("--send {}: not of the form NAME=FILE; write --send counter=words.txt, or --send counter=- for the "
                    "lines of standard input",
                    airssys::quoted(text)));
  return SendOption{text.substr(0, equals), text.substr(equals + 1)};
}

Result<RunOptions> checked_run(const Raw& raw) {
  RunOptions options;
  options.paths.assign(raw.paths.begin(), raw.paths.end());
  if (options.paths.empty())
    return usage("run: no PATH; name a folder with a Component.toml, as in 'airssys-wasm run examples/echo'");
  bool input = false;
  for (const std::string& text : raw.sends) {
    AIRSSYS_TRY(auto send, parse_send(text));
    if (send.from_input() && std::exchange(input, true))
      return usage("--send NAME=- is given twice; standard input can feed one component only");
    options.sends.push_back(std::move(send));
  }
  if (!raw.repeat.empty()) {
    const char* end = raw.repeat.data() + raw.repeat.size();
    const auto [stop, error] = std::from_chars(raw.repeat.data(), end, options.repeat);
    if (error != std::errc() || stop != end || options.repeat == 0 || options.repeat > max_repeat)
      return usage(fmt::format("--repeat {}: not a number of times; write an integer from 1 to {}", airssys::quoted(raw.repeat),
                               max_repeat));
    if (input && options.repeat > 1)
      return usage("--repeat does not go with --send NAME=-; standard input can be read only once");
  }
  if (!raw.at_most.empty()) {
    auto duration = parse_duration(raw.at_most);
    if (!duration) return std::unexpected(std::move(duration).error().within("--for"));
    options.at_most = *duration;
  }
  return options;
}

Result<Invocation> checked(const Apps& apps, const Raw& raw) {
  Invocation invocation{.common = raw.common, .command = {}};
  if (!raw.log_level.empty()) {
    auto level = parse_log_level(raw.log_level);
    if (!level) return std::unexpected(std::move(level).error().within("--log-level"));
    invocation.common.log_level = *level;
  }
  const CLI::App& app = active(apps);
  if (&app == &apps.root)
    return usage(fmt::format("no command; the commands are {}, see 'airssys-wasm --help'", fmt::join(commands, ", ")));
  if (&app == apps.wit) return usage("wit: no command; the commands are bindgen, check, diff, see 'airssys-wasm wit --help'");
  const auto required = [&](const std::string& value, std::string_view what) -> Result<> {
    if (!value.empty()) return {};
    return usage(fmt::format("{}: {} is missing; see '{} --help'", app.get_name(), what, full_name(app)));
  };
  if (&app == apps.run) {
    AIRSSYS_TRY(invocation.command, checked_run(raw));
  } else if (&app == apps.inspect) {
    AIRSSYS_TRY_VOID(required(raw.inspect_path, "the .wasm file or folder"));
    invocation.command = InspectOptions{raw.inspect_path};
  } else if (&app == apps.componentize) {
    AIRSSYS_TRY_VOID(required(raw.module, "the core module"));
    AIRSSYS_TRY_VOID(required(raw.output, "-o OUT.wasm"));
    invocation.command = ComponentizeOptions{raw.module, raw.output, raw.wit, raw.componentize.world};
  } else if (&app == apps.check) {
    invocation.command = WitCheckOptions{raw.wit};
  } else if (&app == apps.diff) {
    AIRSSYS_TRY_VOID(required(raw.wit_before, "OLD"));
    AIRSSYS_TRY_VOID(required(raw.wit_after, "NEW"));
    invocation.command = WitDiffOptions{raw.wit_before, raw.wit_after};
  } else {
    AIRSSYS_TRY_VOID(required(raw.bindgen.language, "--lang"));
    if (std::ranges::find(guest_languages, raw.bindgen.language) == guest_languages.end())
      return usage(fmt::format("bindgen: --lang {} is not supported; the languages are: {}",
                               airssys::quoted(raw.bindgen.language), fmt::join(guest_languages, ", ")));
    AIRSSYS_TRY_VOID(required(raw.bindgen.world, "--world"));
    AIRSSYS_TRY_VOID(required(raw.output, "--out"));
    invocation.command = BindgenOptions{raw.bindgen.language, raw.bindgen.world, raw.output, raw.wit};
  }
  return invocation;
}

}  // namespace

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
  Raw raw;
  Apps apps;
  declare(apps, raw);
  // CLI11 wants them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    apps.root.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Invocation{.common = raw.common, .command = ShowText{apps.root.help()}};
  } catch (const CLI::CallForVersion& version) {
    return Invocation{.common = raw.common, .command = ShowText{fmt::format("{}\n", version.what())}};
  } catch (const CLI::ExtrasError&) {
    const CLI::App& app = active(apps);
    const auto words = apps.root.remaining(true);
    if (!words.empty()) return unknown_word(apps, app, words.front());
    return usage(fmt::format("too many arguments; see '{} --help'", full_name(app)));
  } catch (const CLI::ParseError& error) {
    return usage(fmt::format("{}; see '{} --help'", error.what(), full_name(active(apps))));
  }
  return checked(apps, raw);
}

}  // namespace airssys::cli
