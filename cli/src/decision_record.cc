#include "decision_record.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "airssys/wasm/security/audit_log.h"
#include "home.h"
#include "log_pipeline.h"

namespace airssys::cli {
namespace {

Result<> write(const std::filesystem::path& folder, const wasm::AuditEvent& event, Platform& platform, LogSink& log) {
  AIRSSYS_TRY(const auto audit, wasm::AuditLog::open(folder, {}, platform, log));
  if (const auto status = audit->record(event); status != wasm::AuditStatus::recorded)
    return fail(Code::unavailable, fmt::format("the audit log is {}", audit_status_name(status)));
  return audit->close();
}

Result<> make_home(const Home& home) {
  std::error_code error;
  std::filesystem::create_directories(home.folder().parent_path(), error);
  if (!error && (::mkdir(home.folder().c_str(), 0700) == 0 || errno == EEXIST)) return {};
  if (!error) error = {errno, std::generic_category()};
  return fail(Code::io, fmt::format("{}: the folder cannot be made: {}", home.folder().string(), error.message()));
}

}  // namespace

Result<> record_decision(std::string_view action, std::string_view resource, wasm::AuditDecision decision, std::string_view rule,
                         const Settings& settings, Context& context) {
  AIRSSYS_TRY(const Home home, find_home(context));
  AIRSSYS_TRY_VOID(make_home(home));
  Narration narration = narration_of(settings, context.console);
  LogPipeline log({.level = LogLevel::warn}, context.platform, narration, settings.err);
  auto written =
      write(home.audit(), {.component = {}, .action = action, .resource = resource, .decision = decision, .rule = rule},
            context.platform, log);
  log.close();
  if (written) return {};
  return std::unexpected(std::move(written).error().within("nothing was decided, because it cannot be recorded"));
}

}  // namespace airssys::cli
