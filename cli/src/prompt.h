// Questions to a person at a terminal.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "airssys/cli/cli.h"

namespace airssys::cli {

// Shows the question on standard error and returns the line that is typed, without its end; at most 100 bytes of it. None: nobody
// is at a terminal, standard input ended, or the user asked the program to end.
[[nodiscard]] std::optional<std::string> ask(std::string_view question, Context& context);

}  // namespace airssys::cli
