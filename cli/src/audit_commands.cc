#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "airssys/base/text.h"
#include "airssys/wasm/core/identity.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/security/audit_verify.h"
#include "audit_json.h"
#include "commands.h"
#include "records.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::AuditLine;
using wasm::AuditReport;

constexpr std::size_t max_resource_shown = 100, max_rule_shown = 120;

Result<std::vector<VerifiedLog>> verify(const std::vector<fs::path>& files, const Context& context) {
  std::vector<VerifiedLog> logs;
  if (!files.empty()) {
    AIRSSYS_TRY(AuditReport report, wasm::verify_audit_files(files));
    logs.push_back({files.front(), std::move(report)});
    return logs;
  }
  AIRSSYS_TRY(const auto folders, audit_logs_at_home(context));
  for (const fs::path& folder : folders) {
    AIRSSYS_TRY(AuditReport report, wasm::verify_audit_folder(folder));
    logs.push_back({folder, std::move(report)});
  }
  return logs;
}

std::string plural(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string report_text(const VerifiedLog& log, Paint paint) {
  const AuditReport& report = log.report;
  const std::string verdict = report.intact() ? paint(Colour::green, "intact") : paint(Colour::red, "not as it was written");
  std::string out = fmt::format("{}: {}\n", printable(log.path.native()), verdict);
  for (const wasm::AuditProblem& problem : report.problems)
    out += fmt::format("  {}{}: {}: {}\n", printable(problem.file), problem.line == 0 ? "" : fmt::format(":{}", problem.line),
                       paint(Colour::red, audit_problem_name(problem.kind)), printable(problem.text));
  if (report.more_problems > 0) out += fmt::format("  and {} more\n", report.more_problems);
  for (const std::string& note : report.notes) out += fmt::format("  {}: {}\n", paint(Colour::yellow, "note"), printable(note));
  return out + fmt::format("  {}, {}, {}; it ends with number {}, hash {}\n", plural(report.files, "file"),
                           plural(report.lines, "line"), plural(report.decisions, "decision"), report.seq,
                           wasm::audit_hash_text(report.hash));
}

class Filter {
 public:
  Filter(const AuditShowOptions& options, WallTime now) : options_(options) {
    const auto time = [now](const std::optional<AuditTime>& at, WallTime otherwise) {
      if (!at) return otherwise;
      const auto* const ago = std::get_if<Duration>(&*at);
      return ago ? now - *ago : std::get<WallTime>(*at);
    };
    since_ = time(options.since, WallTime::min());
    until_ = time(options.until, WallTime::max());
  }
  [[nodiscard]] bool matches(const AuditLine& line) const {
    if (line.time < since_ || line.time >= until_) return false;
    if (options_.decision && line.decision != *options_.decision) return false;
    if (!options_.component.empty() && !is_component(line.component)) return false;
    const std::string& action = options_.action;
    if (!action.empty() && line.action != action && !line.action.starts_with(action + ".")) return false;
    const std::string& text = options_.containing;
    return text.empty() || line.resource.contains(text) || line.rule.contains(text);
  }

 private:
  [[nodiscard]] bool is_component(const std::string& component) const {
    if (component == options_.component) return true;
    const auto address = wasm::ComponentAddress::parse(component);
    return address && (address->short_text() == options_.component || address->name() == options_.component);
  }
  const AuditShowOptions& options_;
  WallTime since_, until_;
};

std::string line_text(const AuditLine& line, Paint paint) {
  const bool denied = line.decision == wasm::AuditDecision::deny;
  std::string out = fmt::format("{}  {}  {}  {}  {}", paint(Colour::dim, wasm::audit_time_text(line.time)),
                                paint(denied ? Colour::red : Colour::green, denied ? "deny " : "allow"),
                                line.component.empty() ? "host" : printable(line.component), printable(line.action),
                                airssys::printable(line.resource, max_resource_shown));
  if (!line.rule.empty()) out += fmt::format("  ({})", airssys::printable(line.rule, max_rule_shown));
  if (!line.place.empty()) out += fmt::format("  {}", printable(line.place));
  if (line.number > 0) out += "  " + wasm::denial_reference(line.session, line.number);
  if (line.count > 1) out += fmt::format("  {} times", line.count);
  return out + "\n";
}

struct Shown {
  std::deque<AuditLine> lines;
  std::uint64_t matching = 0, unreadable = 0;
};

Result<> show_file(const fs::path& file, const Filter& filter, std::size_t last, Shown& shown) {
  AIRSSYS_TRY_VOID(wasm::for_each_audit_line(file, [&](std::string_view text) {
    auto line = AuditLine::parse(text);
    if (!line) ++shown.unreadable;
    if (!line || !filter.matches(*line)) return;
    ++shown.matching;
    if (shown.lines.size() == last) shown.lines.pop_front();
    shown.lines.push_back(*std::move(line));
  }));
  return {};
}

Result<Shown> show(const AuditShowOptions& options, const Context& context) {
  AIRSSYS_TRY(const auto files, audit_files_of(options.files, context));
  Shown shown;
  const Filter filter(options, context.platform.wall_now());
  for (const fs::path& file : files) AIRSSYS_TRY_VOID(show_file(file, filter, options.last, shown));
  return shown;
}

}  // namespace

Exit perform(const AuditVerifyOptions& options, const Settings& settings, Context& context) {
  const auto logs = verify(options.files, context);
  if (!logs) return end_with(logs.error(), settings, context);
  std::string out;
  if (settings.json)
    out = audit_verify_json(*logs);
  else
    for (const VerifiedLog& log : *logs) out += report_text(log, settings.out);
  context.console.out(out);
  return std::ranges::all_of(*logs, [](const VerifiedLog& log) { return log.report.intact(); }) ? Exit::ok : Exit::validation;
}

Exit perform(const AuditShowOptions& options, const Settings& settings, Context& context) {
  const auto shown = show(options, context);
  if (!shown) return end_with(shown.error(), settings, context);
  Narration narration = narration_of(settings, context.console);
  if (shown->unreadable > 0)
    narration.warning(fmt::format("{} cannot be read; see `airssys-wasm audit verify`", plural(shown->unreadable, "line")));
  if (settings.json) {
    context.console.out(audit_show_json(shown->lines, shown->matching));
    return Exit::ok;
  }
  std::string out;
  for (const AuditLine& line : shown->lines) out += line_text(line, settings.out);
  context.console.out(out);
  if (shown->matching > shown->lines.size())
    narration.hint(fmt::format("the last {} of {}; --last N shows more", shown->lines.size(), shown->matching));
  if (shown->matching == 0) narration.hint("nothing matches");
  return Exit::ok;
}

}  // namespace airssys::cli
