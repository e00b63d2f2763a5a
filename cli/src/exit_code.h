// Exit codes (R11.2) and the one table from error codes to them (X.17).
#pragma once
#include "airssys/base/result.h"

namespace airssys::cli {

enum class Exit : int {
  ok = 0,
  general = 1,
  usage = 2,
  configuration = 3,
  network = 4,
  authentication = 5,
  authorization = 6,
  validation = 7,
  build = 8,
  signature = 9,
};

// The CLI's own configuration is not in it: a bad environment variable is Exit::configuration, while a bad manifest, which
// has the same error code, is a matter of validation.
[[nodiscard]] Exit exit_code(Code code) noexcept;

}  // namespace airssys::cli
