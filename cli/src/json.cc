#include "json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "json_text.h"
#include "world.h"

namespace airssys::cli {
namespace {

// Of a number with three digits after the point.
template <class Unit>
double rounded(Duration duration) {
  return std::round(std::chrono::duration<double, typename Unit::period>(duration).count() * 1e3) / 1e3;
}

// Those that there were.
Json reasons_json(const std::array<std::uint64_t, wasm::dead_letter_reason_count>& counts) {
  Json reasons = Json::object();
  for (std::size_t reason = 0; reason < counts.size(); ++reason)
    if (counts[reason] > 0)
      reasons[std::string(dead_letter_reason_name(static_cast<wasm::DeadLetterReason>(reason)))] = counts[reason];
  return reasons;
}

Json component_json(const wasm::ComponentReport& report) {
  Json traps = Json::object();
  for (std::size_t kind = 0; kind < report.traps.size(); ++kind)
    if (report.traps[kind] > 0) traps[std::string(trap_kind_name(static_cast<wasm::TrapKind>(kind)))] = report.traps[kind];
  Json json{{"name", report.name},
            {"state", component_state_name(report.state)},
            {"messages_in", report.messages_in},
            {"messages_out", report.messages_out},
            {"requests", report.requests},
            {"timeouts", report.timeouts},
            {"late_responses", report.late_responses},
            {"published", report.published},
            {"handled", report.handled},
            {"errors", report.errors},
            {"refused", report.refused},
            {"mailbox_full", report.mailbox_full},
            {"dead_letters", reasons_json(report.dead_letters)},
            {"retried", report.retried},
            {"restarts", report.restarts},
            {"recycled", report.recycled},
            {"traps", std::move(traps)},
            {"fuel", report.fuel},
            {"memory_bytes", report.memory_bytes},
            {"memory_peak_bytes", report.memory_peak_bytes},
            {"p50_us", rounded<std::chrono::microseconds>(report.p50)},
            {"p99_us", rounded<std::chrono::microseconds>(report.p99)},
            {"storage", {{"bytes", report.kept.bytes}, {"keys", report.kept.keys}, {"limit", report.storage_limit}}},
            {"health", component_health_name(report.health)},
            {"last_error", report.last_error}};
  if (const auto& keys = report.keys)
    json["keys"] = {{"live", keys->live}, {"created", keys->created}, {"put_away", keys->put_away}, {"refused", keys->refused}};
  return json;
}

std::string_view kind_name(wasm::SupervisionNode::Kind kind) {
  switch (kind) {
    case wasm::SupervisionNode::Kind::supervisor: return "supervisor";
    case wasm::SupervisionNode::Kind::component: return "component";
    case wasm::SupervisionNode::Kind::actor: return "actor";
    case wasm::SupervisionNode::Kind::key: return "key";
  }
  return "unknown";
}

// As deep as supervisors may be, and the keys of a component.
Json node_json(const wasm::SupervisionNode& node) {
  Json json{{"name", node.name},
            {"kind", kind_name(node.kind)},
            {"state", component_state_name(node.state)},
            {"restarts", node.restarts},
            {"last_error", node.last_error}};
  if (node.kind == wasm::SupervisionNode::Kind::supervisor)
    json["strategy"] = restart_strategy_name(node.strategy);
  else
    json["health"] = component_health_name(node.health);
  if (node.kind != wasm::SupervisionNode::Kind::supervisor && node.children.empty()) return json;
  json["children"] = Json::array();
  for (const wasm::SupervisionNode& child : node.children) json["children"].push_back(node_json(child));
  if (node.more_children > 0) json["more_children"] = node.more_children;
  return json;
}

Json dead_letters_json(const wasm::DeadLetters& letters, Instant begin) {
  Json latest = Json::array();
  for (const wasm::DeadLetter& letter : letters.latest)
    latest.push_back({{"number", letter.number},
                      {"at_ms", rounded<std::chrono::milliseconds>(letter.at - begin)},
                      {"sender", letter.sender},
                      {"receiver", letter.receiver},
                      {"kind", message_kind_name(letter.kind)},
                      {"reason", dead_letter_reason_name(letter.reason)},
                      {"codec", letter.codec ? Json(wasm::codec_text(*letter.codec)) : Json()},
                      {"bytes", letter.bytes},
                      {"beginning", letter.beginning}});
  return {{"counts", reasons_json(letters.counts)}, {"dropped", letters.dropped}, {"latest", std::move(latest)}};
}

Json line_json(const LogLine& line) {
  Json fields = Json::object();
  for (const auto& [name, value] : line.fields) fields[name] = value;
  return {{"source", line.source},
          {"level", log_level_name(line.level)},
          {"text", line.text},
          {"fields", std::move(fields)},
          {"at_ms", rounded<std::chrono::milliseconds>(line.at)}};
}

Json problem_json(const Problem& problem) { return cli::problem_json(problem.code, problem.message); }

Json items_json(std::span<const wasm::InterfaceItem> items) {
  Json interfaces = Json::array();
  for (const InterfaceGroup& group : by_interface(items)) {
    Json list = Json::array();
    for (const auto* part : {&group.types, &group.functions})
      for (const wasm::InterfaceItem* item : *part) {
        list.push_back({{"name", item->name}, {"type", item->type}});
        if (!item->needs.empty()) list.back()["needs"] = item->needs;
      }
    interfaces.push_back({{"interface", group.name}, {"items", std::move(list)}});
  }
  return interfaces;
}

// By kind and action, as in Component.toml: {"messaging": {"send": ["counter"], "receive_from": ["*"]}}.
Json grants_json(const wasm::CapabilitySet& capabilities) {
  Json grants = {{"messaging", {{"send", Json::array()}, {"receive_from", Json::array()}}}};
  for (const wasm::Capability& one : capabilities) {
    std::string verb(action_verb(one.action));
    std::ranges::replace(verb, '-', '_');
    grants[std::string(action_kind(one.action))][verb].push_back(one.text());
  }
  return grants;
}

Json manifest_json(const wasm::Manifest& manifest) {
  return {{"name", manifest.package.name.text()},
          {"version", manifest.package.version},
          {"max_memory_bytes", manifest.resources.max_memory},
          {"max_fuel_per_execution", manifest.resources.max_fuel_per_execution},
          {"max_execution_time_ms", rounded<std::chrono::milliseconds>(manifest.resources.max_execution_time)},
          {"max_restarts", manifest.deployment.max_restarts},
          {"grants", grants_json(manifest.capabilities.set)}};
}

}  // namespace

namespace {

Json wall_json(const std::optional<wasm::WallReport>& wall) {
  if (!wall) return nullptr;
  return {{"landlock", wall->landlock}, {"network", wall->network}, {"calls", wall->calls}, {"missing", wall->missing}};
}

Json recorded_json(const std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>>& recorded) {
  Json json = Json::object();
  for (const auto& [component, one] : recorded)
    json[component] = {{"toml", wasm::capabilities_toml(one.needed)}, {"left_out", one.left_out}};
  return json;
}

Json admin_json(const std::optional<RunResult::Admin>& admin) {
  if (!admin) return nullptr;
  const wasm::AdminStats& stats = admin->stats;
  return {{"host", admin->host},
          {"socket", admin->socket.native()},
          {"connections", stats.connections},
          {"requests", stats.requests},
          {"not_understood", stats.not_understood},
          {"refused", {{"strangers", stats.strangers}, {"too_many", stats.too_many}, {"not_recorded", stats.not_recorded}}},
          {"cut_off", {{"too_long", stats.too_long}, {"stalled", stats.stalled}}},
          {"missed", stats.missed}};
}

}  // namespace

std::string run_json(const RunResult& result) {
  Json document{{"duration_ms", rounded<std::chrono::milliseconds>(result.duration)},
                {"components", Json::array()},
                {"supervision", nullptr},
                {"dead_letters", dead_letters_json(result.dead_letters, result.begin)},
                {"log", Json::array()},
                {"errors", Json::array()},
                {"killed", result.killed},
                {"log_dropped", result.log_dropped},
                {"development_mode", result.development_mode},
                {"wall", wall_json(result.wall)},
                {"admin", admin_json(result.admin)}};
  if (!result.recorded.empty()) document["recorded_permissions"] = recorded_json(result.recorded);
  for (const auto& report : result.reports) document["components"].push_back(component_json(report));
  if (!result.reports.empty()) document["supervision"] = node_json(result.tree);
  for (const auto& line : result.log) document["log"].push_back(line_json(line));
  for (const auto& problem : result.problems) document["errors"].push_back(problem_json(problem));
  // Nothing could run at all: the form of every command that failed, beside the usual one.
  if (result.reports.empty() && !result.problems.empty()) document["error"] = problem_json(result.problems.front());
  return json_text(document);
}

std::string inspect_json(const wasm::Inspection& inspection) {
  Json memory{{"initial_bytes", inspection.description.initial_memory_bytes},
              {"memories", inspection.description.memories},
              {"class", wasm::engine_class_name(inspection.description.engine_class)}};
  Json document{{"file", inspection.wasm_file.string()},
                {"file_bytes", inspection.file_bytes},
                {"world", world_of(inspection.items)},
                {"lane", lane_of(inspection.description)},
                {"memory", std::move(memory)},
                {"imports", items_json(inspection.items.imports)},
                {"exports", items_json(inspection.items.exports)},
                {"manifest", nullptr}};
  if (!inspection.manifest.empty()) document["manifest"] = manifest_json(inspection.manifest.front());
  return json_text(document);
}

std::string wit_functions_json(std::span<const wasm::WitFunction> functions) {
  Json list = Json::array();
  for (const auto& [interface, name, type, needs, problem] : functions)
    list.push_back({{"interface", interface}, {"name", name}, {"type", type}, {"needs", needs}, {"problem", problem}});
  return json_text({{"functions", std::move(list)}});
}

std::string wit_differences_json(std::span<const wasm::WitDifference> differences) {
  Json list = Json::array();
  bool any = false;
  for (const auto& [change, breaks, item, before, after] : differences) {
    any |= breaks;
    list.push_back(
        {{"item", item}, {"change", wit_change_name(change)}, {"breaks", breaks}, {"before", before}, {"after", after}});
  }
  return json_text({{"breaks", any}, {"differences", std::move(list)}});
}

std::string error_json(const Problem& problem) { return json_text({{"error", problem_json(problem)}}); }

std::string files_json(std::span<const std::string> written, std::span<const std::string> unchanged) {
  Json document{{"written", Json::array()}, {"unchanged", Json::array()}};
  for (const auto& name : written) document["written"].push_back(name);
  for (const auto& name : unchanged) document["unchanged"].push_back(name);
  return json_text(document);
}

}  // namespace airssys::cli
