// The JSON documents of `--json`. Their keys are a contract with scripts: docs/guide/run.md.
#pragma once
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "airssys/wasm/admin/admin_server.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/security/permission_recorder.h"
#include "airssys/wasm/security/process_wall.h"
#include "log_pipeline.h"
#include "narration.h"

namespace airssys::cli {

struct RunResult {
  Duration duration{};
  Instant begin{};  // of the log
  std::vector<wasm::ComponentReport> reports;
  wasm::SupervisionNode tree;
  wasm::DeadLetters dead_letters;
  std::deque<LogLine> log;
  std::uint64_t log_dropped = 0;
  std::vector<Problem> problems;
  std::vector<std::string> killed;
  std::optional<wasm::WallReport> wall = std::nullopt;  // none: not raised
  // How others reach it, and how many did.
  struct Admin {
    std::string host;
    std::filesystem::path socket;
    wasm::AdminStats stats;
  };
  std::optional<Admin> admin = std::nullopt;
  bool development_mode = false;
  std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>> recorded = {};  // by address
};

// Each ends with a line feed. Text that is not UTF-8 comes with replacement characters.
[[nodiscard]] std::string run_json(const RunResult& result);
[[nodiscard]] std::string inspect_json(const wasm::Inspection& inspection);
// What `wit check` and `wit diff` found: {"functions": […]}, {"breaks": …, "differences": […]}.
[[nodiscard]] std::string wit_functions_json(std::span<const wasm::WitFunction> functions);
[[nodiscard]] std::string wit_differences_json(std::span<const wasm::WitDifference> differences);
// {"error": {code, message, hint}}: there is no other result.
[[nodiscard]] std::string error_json(const Problem& problem);
// {"files": […]}: what a tool wrote.
[[nodiscard]] std::string files_json(std::span<const std::string> written, std::span<const std::string> unchanged);

}  // namespace airssys::cli
