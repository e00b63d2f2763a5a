// Signals of the process as an Interrupt.
#pragma once
#include <memory>

#include "airssys/cli/cli.h"

namespace airssys::cli {

// SIGINT, SIGTERM and SIGHUP ask for the end; a second one of them ends the process at once with 128 + its number. SIGPIPE is
// ignored: writing tells. SIGHUP stays ignored where it was (nohup). For main(), once.
[[nodiscard]] std::unique_ptr<Interrupt> process_interrupt();

}  // namespace airssys::cli
