#include "airssys/cli/cli.h"

#include <algorithm>

#include "commands.h"
#include "json.h"

namespace airssys::cli {

Exit perform(const ShowText& options, const Settings&, Context& context) {
  context.console.out(options.text);
  return Exit::ok;
}

Exit end_with(const Error& error, Exit exit, const Settings& settings, Context& context) {
  Narration narration = narration_of(settings, context.console);
  narration.error(error, exit);
  if (settings.json) context.console.out(error_json(narration.problems().front()));
  return exit;
}

Exit end_with(const Error& error, const Settings& settings, Context& context) {
  return end_with(error, exit_code(error.code()), settings, context);
}

int execute(std::span<const std::string> arguments, Context& context) {
  const auto invocation = parse_arguments(arguments);
  // Arguments that make no sense may still say in which form to complain.
  CommonOptions fallback{.json = std::ranges::find(arguments, "--json") != arguments.end(), .log_level = LogLevel::info};
  const auto settings = resolve(invocation ? invocation->common : fallback, context);
  Exit exit = Exit::ok;
  if (!invocation) {
    const Settings plain = settings ? *settings : Settings{.json = fallback.json, .cache = {}};
    exit = end_with(invocation.error(), Exit::usage, plain, context);
  } else if (!settings) {
    exit = end_with(settings.error(), Exit::configuration, Settings{.json = invocation->common.json, .cache = {}}, context);
  } else {
    exit = std::visit([&](const auto& command) { return perform(command, *settings, context); }, invocation->command);
  }
  if (const auto written = context.console.failure(); !written) {
    Narration(context.console, Paint(Paint::Mode::plain), Narration::Detail::errors_only).error(written.error());
    if (exit == Exit::ok) exit = exit_code(written.error().code());
  }
  return static_cast<int>(exit);
}

}  // namespace airssys::cli
