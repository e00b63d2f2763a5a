#include <fmt/format.h>

#include <memory>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "airssys/wasm/security/audit_line.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

constexpr std::uint32_t max_last = 1'000'000;

struct Raw {
  std::vector<std::string> files;
  std::string component, action, decision, containing, since, until;
  std::uint32_t last = AuditShowOptions{}.last;
};

std::vector<std::filesystem::path> paths_of(const std::vector<std::string>& files) { return {files.begin(), files.end()}; }

// "10m": before now; "2026-11-21T19:50:20Z", with or without a fraction.
Result<std::optional<AuditTime>> parse_time(const std::string& text, std::string_view option) {
  if (text.empty()) return std::nullopt;
  if (const auto ago = parse_duration(text)) return AuditTime(*ago);
  static constexpr std::string_view seconds = "0000-00-00T00:00:00";
  std::string whole = text;
  if (whole.ends_with('Z')) whole.pop_back();
  if (whole.size() == seconds.size()) whole += '.';
  whole.resize(std::max(whole.size(), seconds.size() + 10), '0');
  if (const auto time = wasm::parse_audit_time(whole + "Z")) return AuditTime(*time);
  return usage(fmt::format("show: {} {} is no time; write 10m for ten minutes ago, or 2026-11-21T19:50:20Z", option,
                           airssys::quoted(text)));
}

Result<Command> take_show(const Raw& raw) {
  AuditShowOptions options{.files = paths_of(raw.files),
                           .component = raw.component,
                           .action = raw.action,
                           .decision = {},
                           .containing = raw.containing,
                           .since = {},
                           .until = {},
                           .last = raw.last};
  for (const auto decision : {wasm::AuditDecision::allow, wasm::AuditDecision::deny})
    if (raw.decision == audit_decision_name(decision)) options.decision = decision;
  if (!raw.decision.empty() && !options.decision)
    return usage(fmt::format("show: --decision {} is neither allow nor deny", airssys::quoted(raw.decision)));
  AIRSSYS_TRY(options.since, parse_time(raw.since, "--since"));
  AIRSSYS_TRY(options.until, parse_time(raw.until, "--until"));
  if (raw.last == 0 || raw.last > max_last) return usage(fmt::format("show: --last is 1 to {}", max_last));
  return options;
}

}  // namespace

void declare_audit(CommandLine& line) {
  CLI::App& audit = line.add_group("audit", "Look at the record of what components did and were refused");
  const auto raw = std::make_shared<Raw>();
  CLI::App& verify = line.add(audit, "verify", "Say whether the record is as it was written",
                              [raw](const CLI::App&) { return AuditVerifyOptions{paths_of(raw->files)}; });
  verify.add_option("FILE", raw->files, "Files of one log, in their order (default: all logs of the home folder)")->type_name("");
  verify.footer(
      "Ends with 7 when a line was changed, removed, put at another place, or cut off.\n\n"
      "Example:\n  airssys-wasm audit verify");

  CLI::App& show = line.add(audit, "show", "List decisions", [raw](const CLI::App&) { return take_show(*raw); });
  show.add_option("FILE", raw->files, "Files of one log, in their order (default: all logs of the home folder)")->type_name("");
  show.add_option("--component", raw->component, "Of this one: its name, or its address")->type_name("NAME");
  show.add_option("--action", raw->action, "Only these: filesystem.read, or all of filesystem")->type_name("ACTION");
  show.add_option("--decision", raw->decision, "Only what was decided so")->type_name("allow|deny");
  show.add_option("--containing", raw->containing, "Only with this in the resource or the rule")->type_name("TEXT");
  show.add_option("--since", raw->since, "Not before: 10m ago, or a time in UTC")->type_name("TIME");
  show.add_option("--until", raw->until, "Before")->type_name("TIME");
  show.add_option("--last", raw->last, "At most so many, the latest (default 50)")->type_name("N");
  show.footer("Example:\n  airssys-wasm audit show --component reader --decision deny --since 10m");
}

}  // namespace airssys::cli
