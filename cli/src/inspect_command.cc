#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <variant>

#include "airssys/base/units.h"
#include "commands.h"
#include "json.h"
#include "log_pipeline.h"
#include "world.h"

namespace airssys::cli {
namespace {

std::string head(std::string_view title, Paint paint) { return paint(Colour::dim, fmt::format("{:<11}", title)); }

// "counter, photos/*"; "nobody" when the list is empty.
std::string names_of(std::span<const wasm::Capability> capabilities) {
  if (capabilities.empty()) return "nobody";
  std::vector<std::string> words;
  for (const wasm::Capability& one : capabilities) {
    const auto* const target = std::get_if<wasm::TargetPattern>(&one.pattern);
    words.push_back(target && target->is_any() ? "every component" : printable(one.text()));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// How a manifest's reader would say it; in the order of Action.
constexpr std::array<std::string_view, wasm::action_count> deeds{
    "read files",       "write files",         "delete files",          "list folders",  "execute files", "connect to",
    "listen at",        "look up names",       "read storage",          "write storage", "clear storage", "send messages to",
    "send requests to", "broadcast to",        "receive messages from", "publish to",    "subscribe to",  "start programs",
    "end its programs", "signal its programs", "call functions"};

std::string capabilities_text(const wasm::CapabilitySet& set) {
  std::string out;
  for (std::size_t index = 0; index < wasm::action_count; ++index) {
    const auto action = static_cast<wasm::Action>(index);
    const bool always = action == wasm::Action::messaging_send || action == wasm::Action::messaging_receive_from;
    if (always || !set.of(action).empty()) out += fmt::format("  {:<21}  {}\n", deeds[index], names_of(set.of(action)));
  }
  return out;
}

// "    types  a, b, c", continued below the first name where a line would be too long.
std::string types_text(const std::vector<const wasm::InterfaceItem*>& types) {
  constexpr std::size_t max_width = 100;
  constexpr std::string_view indent = "           ";
  std::string out;
  std::string line = "    types  ";
  for (const wasm::InterfaceItem* type : types) {
    const std::string word = printable(type->name) + (type == types.back() ? "" : ",");
    if (line.size() + word.size() > max_width) {
      out += line + "\n";
      line = indent;
    }
    line += (line.ends_with("  ") ? "" : " ") + word;
  }
  return out + line + "\n";
}

std::string items_text(std::string_view title, std::span<const wasm::InterfaceItem> items, Paint paint) {
  std::string out = fmt::format("{}\n", paint(Colour::bold, title));
  if (items.empty()) out += "  nothing\n";
  for (const InterfaceGroup& group : by_interface(items)) {
    out += fmt::format("  {}\n", paint(Colour::cyan, group.name.empty() ? "(the world itself)" : printable(group.name)));
    if (!group.types.empty()) out += types_text(group.types);
    std::size_t width = 5;
    for (const wasm::InterfaceItem* item : group.functions) width = std::max(width, item->name.size());
    for (const wasm::InterfaceItem* item : group.functions)
      out += fmt::format("    {:<{}}  {}{}\n", printable(item->name), width, printable(type_with_names(*item, items)),
                         item->needs.empty() || item->needs == "none" ? "" : paint(Colour::dim, "  needs " + item->needs));
  }
  return out;
}

std::string grants_text(const wasm::Manifest& manifest, Paint paint) {
  const wasm::Resources& resources = manifest.resources;
  const wasm::Deployment& deployment = manifest.deployment;
  std::string out = fmt::format("{}\n", paint(Colour::bold, "may do"));
  out += capabilities_text(manifest.capabilities.set);
  out += fmt::format("  use for each message   at most {} fuel and {}\n", resources.max_fuel_per_execution,
                     format_duration(resources.max_execution_time));
  out += fmt::format("  crash and restart      {} time{} within {}, then it is given up\n", deployment.max_restarts,
                     deployment.max_restarts == 1 ? "" : "s", format_duration(deployment.restart_window));
  out += "  write log lines, read the clock\n";
  return out + "  everything else is denied\n";
}

std::string inspection_text(const wasm::Inspection& inspection, Paint paint) {
  const wasm::ComponentDescription& description = inspection.description;
  std::string out;
  if (!inspection.manifest.empty()) {
    const wasm::Package& package = inspection.manifest.front().package;
    out += fmt::format("{}{} {}{}{}\n", head("component", paint), paint(Colour::bold, package.name.text()),
                       printable(package.version), package.description.empty() ? "" : ": ", printable(package.description));
  }
  out += fmt::format("{}{}, {}\n", head("file", paint), printable(inspection.wasm_file.string()),
                     format_size(inspection.file_bytes));
  out += fmt::format("{}{}\n", head("world", paint), world_of(inspection.items));
  out += fmt::format("{}{}\n", head("lane", paint),
                     description.waits ? "fiber: it imports something that waits" : "sync: it imports nothing that waits");
  const std::string limit = inspection.manifest.empty()
                                ? "no limit is known without a Component.toml"
                                : fmt::format("at most {}", format_size(inspection.manifest.front().resources.max_memory));
  out += fmt::format("{}{} at the start, {}{}\n\n", head("memory", paint), format_size(description.initial_memory_bytes), limit,
                     description.engine_class == wasm::EngineClass::compact ? "; compact: it stays as it begins" : "");
  out += items_text("imports", inspection.items.imports, paint) + "\n";
  out += items_text("exports", inspection.items.exports, paint) + "\n";
  if (inspection.manifest.empty())
    return out + fmt::format("{}\n  nothing is granted without a Component.toml\n", paint(Colour::bold, "may do"));
  return out + grants_text(inspection.manifest.front(), paint);
}

}  // namespace

wasm::HostConfig config_for_one_look(const Settings& settings) {
  wasm::HostConfig config;
  config.engine.max_instances = 1;
  config.engine.max_fibers = 1;
  config.engine.max_compact_instances = 1;
  config.engine.cache_directory = settings.cache;
  return config;
}

Exit perform(const InspectOptions& options, const Settings& settings, Context& context) {
  const wasm::HostConfig config = config_for_one_look(settings);
  Narration narration = narration_of(settings, context.console);
  LogPipeline log({.level = settings.log_level, .print = settings.quiet ? LogConfig::Print::no : LogConfig::Print::yes},
                  context.platform, narration, settings.err);
  narration.progress(fmt::format("compiling {}...", options.path.string()));
  const auto inspection = context.backend.inspect(options.path, config, context.platform, log);
  narration.progress("");
  log.close();
  if (!inspection) return end_with(inspection.error(), settings, context);
  for (const wasm::Manifest& manifest : inspection->manifest)
    for (const std::string& warning : manifest.warnings) narration.warning(warning);
  context.console.out(settings.json ? inspect_json(*inspection) : inspection_text(*inspection, settings.out));
  return Exit::ok;
}

}  // namespace airssys::cli
