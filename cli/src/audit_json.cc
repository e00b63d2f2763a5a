#include "audit_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "json_text.h"

namespace airssys::cli {
namespace {

Json line_json(const wasm::AuditLine& line) {
  Json json{{"seq", line.seq},
            {"time", wasm::audit_time_text(line.time)},
            {"component", line.component},
            {"action", line.action},
            {"resource", line.resource},
            {"decision", audit_decision_name(line.decision)},
            {"rule", line.rule},
            {"place", line.place},
            {"session", fmt::format("{:016x}", line.session)},
            {"count", line.count}};
  if (line.number > 0) json.update({{"number", line.number}, {"last", line.last}});
  if (line.cut) json["cut"] = true;
  return json;
}

Json log_json(const VerifiedLog& log) {
  Json problems = Json::array();
  for (const wasm::AuditProblem& problem : log.report.problems)
    problems.push_back(
        {{"kind", audit_problem_name(problem.kind)}, {"file", problem.file}, {"line", problem.line}, {"text", problem.text}});
  return {{"path", log.path.native()},
          {"intact", log.report.intact()},
          {"files", log.report.files},
          {"lines", log.report.lines},
          {"decisions", log.report.decisions},
          {"seq", log.report.seq},
          {"hash", wasm::audit_hash_text(log.report.hash)},
          {"closed", log.report.closed},
          {"torn_bytes", log.report.torn_bytes},
          {"problems", std::move(problems)},
          {"more_problems", log.report.more_problems},
          {"notes", log.report.notes}};
}

}  // namespace

std::string audit_verify_json(const std::vector<VerifiedLog>& logs) {
  Json document{{"intact", std::ranges::all_of(logs, [](const VerifiedLog& log) { return log.report.intact(); })},
                {"logs", Json::array()}};
  for (const VerifiedLog& log : logs) document["logs"].push_back(log_json(log));
  return json_text(document);
}

std::string audit_show_json(const std::deque<wasm::AuditLine>& lines, std::uint64_t matching) {
  Json document{{"matching", matching}, {"lines", Json::array()}};
  for (const wasm::AuditLine& line : lines) document["lines"].push_back(line_json(line));
  return json_text(document);
}

}  // namespace airssys::cli
