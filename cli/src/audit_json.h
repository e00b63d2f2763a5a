// The JSON documents of `audit`: docs/guide/security.md.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "airssys/wasm/security/audit_verify.h"

namespace airssys::cli {

struct VerifiedLog {
  std::filesystem::path path;  // its folder, or its first file
  wasm::AuditReport report;
};

// {"intact": …, "logs": […]}.
[[nodiscard]] std::string audit_verify_json(const std::vector<VerifiedLog>& logs);
// {"matching": …, "lines": […]}.
[[nodiscard]] std::string audit_show_json(const std::deque<wasm::AuditLine>& lines, std::uint64_t matching);

}  // namespace airssys::cli
