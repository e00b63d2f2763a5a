#include "settings.h"

#include <fmt/format.h>

#include "airssys/base/text.h"
#include "home.h"

namespace airssys::cli {

Result<Settings> resolve(const CommonOptions& options, const Context& context) {
  Settings settings{.json = options.json, .quiet = options.quiet, .cache = {}};
  if (options.log_level) {
    settings.log_level = *options.log_level;
  } else if (const auto text = variable(context, "AIRSSYS_WASM_LOG_LEVEL"); !text.empty()) {
    auto level = parse_log_level(text);
    if (!level) return fail(Code::invalid_configuration, "AIRSSYS_WASM_LOG_LEVEL: " + level.error().message());
    settings.log_level = *level;
  }
  if (const auto text = variable(context, "AIRSSYS_WASM_DEV_MODE"); !text.empty()) {
    if (text != "1" && text != "0" && text != "true" && text != "false")
      return fail(Code::invalid_configuration,
                  fmt::format("AIRSSYS_WASM_DEV_MODE: {} is neither 1 nor 0; unset it for what trust-config.toml says",
                              airssys::quoted(text)));
    settings.development_mode = text == "1" || text == "true";
  }
  const bool colours = !options.no_color && variable(context, "NO_COLOR").empty() && variable(context, "TERM") != "dumb";
  const auto mode = [&](bool terminal) { return colours && terminal ? Paint::Mode::coloured : Paint::Mode::plain; };
  settings.out = Paint(mode(context.console.out_is_terminal()));
  settings.err = Paint(mode(context.console.err_is_terminal()));
  if (const auto home = find_home(context)) settings.cache = home->cache();
  return settings;
}

}  // namespace airssys::cli
