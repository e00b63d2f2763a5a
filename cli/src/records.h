// What commands read of the home folder beside keys: the audit log, and what nobody gets.
#pragma once
#include <filesystem>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/cli/cli.h"
#include "airssys/wasm/core/forbidden_list.h"

namespace airssys::cli {

// The folders of the logs at home. not_found: there is none yet.
[[nodiscard]] Result<std::vector<std::filesystem::path>> audit_logs_at_home(const Context& context);
// `named`, or, when nothing is named, all files of all logs at home, in their order.
[[nodiscard]] Result<std::vector<std::filesystem::path>> audit_files_of(const std::vector<std::filesystem::path>& named,
                                                                        const Context& context);
// The user's, or the defaults where there is no home.
[[nodiscard]] Result<wasm::ForbiddenList> forbidden_list(const Context& context);

}  // namespace airssys::cli
