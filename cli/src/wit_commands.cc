#include <fmt/format.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "commands.h"
#include "json.h"

namespace airssys::cli {
namespace {

// A type may be as long as its author likes; on a line of a terminal this much of it is shown.
constexpr std::size_t max_type = 160;

std::string functions_text(std::span<const wasm::WitFunction> functions, Paint paint) {
  std::string out;
  std::string_view interface;
  for (const wasm::WitFunction& function : functions) {
    if (function.interface != interface) out += fmt::format("{}\n", paint(Colour::cyan, printable(function.interface)));
    interface = function.interface;
    out += fmt::format("  {:<28}  {}\n", printable(function.name),
                       function.problem.empty() ? function.needs : paint(Colour::red, printable(function.problem)));
  }
  return out;
}

std::string differences_text(std::span<const wasm::WitDifference> differences, Paint paint) {
  std::string out;
  for (const wasm::WitDifference& one : differences) {
    const std::string mark = one.breaks ? paint(Colour::red, "breaks") : paint(Colour::dim, "      ");
    out += fmt::format("{}  {:<10}  {}\n", mark, wit_change_name(one.change), printable(one.item));
    if (!one.before.empty()) out += fmt::format("           was {}\n", airssys::printable(one.before, max_type));
    if (!one.after.empty()) out += fmt::format("           is  {}\n", airssys::printable(one.after, max_type));
  }
  const auto breaking = std::ranges::count_if(differences, &wasm::WitDifference::breaks);
  if (differences.empty()) return "no difference\n";
  if (breaking == 0) return out + "nothing breaks: a new minor version will do\n";
  return out + fmt::format("{} of {} change{} break{}: this needs a new major version\n", breaking, differences.size(),
                           differences.size() == 1 ? "" : "s", breaking == 1 ? "s" : "");
}

}  // namespace

Exit perform(const WitCheckOptions& options, const Settings& settings, Context& context) {
  const auto functions = context.backend.wit_functions(options.wit);
  if (!functions) return end_with(functions.error(), settings, context);
  context.console.out(settings.json ? wit_functions_json(*functions) : functions_text(*functions, settings.out));
  const bool fine = std::ranges::all_of(*functions, [](const wasm::WitFunction& one) { return one.problem.empty(); });
  return fine ? Exit::ok : Exit::validation;
}

Exit perform(const WitDiffOptions& options, const Settings& settings, Context& context) {
  const auto differences = context.backend.wit_differences(options.before, options.after);
  if (!differences) return end_with(differences.error(), settings, context);
  context.console.out(settings.json ? wit_differences_json(*differences) : differences_text(*differences, settings.out));
  return std::ranges::any_of(*differences, &wasm::WitDifference::breaks) ? Exit::general : Exit::ok;
}

}  // namespace airssys::cli
