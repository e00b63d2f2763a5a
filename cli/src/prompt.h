// Questions to a person at a terminal.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "airssys/cli/cli.h"

namespace airssys::cli {

// Whether somebody can read a question and type the answer. What is piped into a program is never an answer.
[[nodiscard]] bool can_ask(const Context& context);

// Shows the question on standard error and returns the line that is typed, without its end; at most 100 bytes of it. None: nobody
// can be asked, standard input ended, or the user asked the program to end.
[[nodiscard]] std::optional<std::string> ask(std::string_view question, Context& context);

}  // namespace airssys::cli
