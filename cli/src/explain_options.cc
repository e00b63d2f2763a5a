#include <memory>

#include "command_line.h"

namespace airssys::cli {
namespace {

struct Raw {
  std::string reference, path;
  std::vector<std::string> against;
};

}  // namespace

void declare_explain(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& why = line.add(line.root(), "why-denied", "Explain a refusal, and say what would allow it",
                           [raw](const CLI::App& app) -> Result<Command> {
                             AIRSSYS_TRY_VOID(required(app, raw->reference, "REFERENCE"));
                             return WhyDeniedOptions{raw->reference};
                           });
  why.add_option("REFERENCE", raw->reference, "As the log line has it (5e1f00a2-3), or the number of a line of the audit log")
      ->type_name("");
  why.footer("Example:\n  airssys-wasm why-denied 5e1f00a2-3");

  CLI::App& permissions = line.add_group("permissions", "Compare what components may do with what they did");
  CLI::App& check = line.add(permissions, "check", "Say what a manifest would change of what was recorded",
                             [raw](const CLI::App& app) -> Result<Command> {
                               AIRSSYS_TRY_VOID(required(app, raw->path, "PATH"));
                               return PermissionsCheckOptions{raw->path, {raw->against.begin(), raw->against.end()}};
                             });
  check.add_option("PATH", raw->path, "A folder with a Component.toml")->type_name("");
  check.add_option("--against", raw->against, "Files of an audit log, in their order (default: all logs of the home folder)")
      ->type_name("AUDIT");
  check.footer(
      "Nothing runs. Ends with 6 when something that was allowed would be denied.\n\n"
      "Example:\n  airssys-wasm permissions check photos/ --against audit/audit-1.jsonl");
}

}  // namespace airssys::cli
