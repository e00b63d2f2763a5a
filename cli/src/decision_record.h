// Decisions of the user, in the audit log beside those of the host.
#pragma once
#include <string_view>

#include "airssys/wasm/core/audit.h"
#include "commands.h"

namespace airssys::cli {

// Records it in the log of the home folder, on disk, before it is carried out: one that cannot be recorded is not taken.
// Failures are those of AuditLog::open and flush, and what to do.
[[nodiscard]] Result<> record_decision(std::string_view action, std::string_view resource, wasm::AuditDecision decision,
                                       std::string_view rule, const Settings& settings, Context& context);

}  // namespace airssys::cli
