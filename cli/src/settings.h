// Settings: what all commands share, out of flags and environment in the order of precedence (X.23).
#pragma once
#include <filesystem>
#include <optional>

#include "airssys/cli/cli.h"
#include "options.h"
#include "paint.h"

namespace airssys::cli {

struct Settings {
  bool json = false;
  bool quiet = false;
  LogLevel log_level = LogLevel::info;
  std::optional<bool> development_mode = {};  // what the environment says
  Paint out{Paint::Mode::plain}, err{Paint::Mode::plain};
  // Where compiled code is kept; none when no home is known.
  std::optional<std::filesystem::path> cache;
};

// A bad value of the environment: invalid_configuration.
[[nodiscard]] Result<Settings> resolve(const CommonOptions& options, const Context& context);

}  // namespace airssys::cli
