// why-denied and permissions check: what the audit log and a manifest say about each other.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "airssys/base/text.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/security/audit_verify.h"
#include "airssys/wasm/security/permission_recorder.h"
#include "airssys/wasm/security/trust_decision.h"
#include "commands.h"
#include "json_text.h"
#include "records.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::Action;
using wasm::AuditDecision;
using wasm::AuditLine;

// Calls `each` with every line that can be read.
Result<> for_each_line(const std::vector<fs::path>& files, const std::function<void(const AuditLine&)>& each) {
  for (const fs::path& file : files)
    AIRSSYS_TRY_VOID(wasm::for_each_audit_line(file, [&](std::string_view text) {
      if (const auto line = AuditLine::parse(text)) each(*line);
    }));
  return {};
}

// --- why-denied

Result<AuditLine> find_denial(const WhyDeniedOptions& options, const Context& context) {
  std::uint64_t seq = 0;
  const char* const end = options.reference.data() + options.reference.size();
  const auto [stop, error] = std::from_chars(options.reference.data(), end, seq);
  const bool is_seq = error == std::errc{} && stop == end;
  wasm::DenialReference wanted{};
  if (!is_seq) {
    AIRSSYS_TRY(wanted, wasm::parse_denial_reference(options.reference));
  }
  AIRSSYS_TRY(const auto files, audit_files_of({}, context));
  std::optional<AuditLine> found;
  AIRSSYS_TRY_VOID(for_each_line(files, [&](const AuditLine& line) {
    const bool is_it = is_seq ? line.seq == seq
                              : line.session == wanted.session && line.number != 0 && line.number <= wanted.number &&
                                    wanted.number <= std::max(line.last, line.number);
    if (is_it) found = line;
  }));
  if (!found)
    return fail(Code::not_found,
                fmt::format("the audit log has no {} {}; `airssys-wasm audit show --decision deny` lists denials",
                            is_seq ? "line" : "denial", options.reference));
  if (found->decision != AuditDecision::deny)
    return fail(Code::invalid_argument,
                fmt::format("line {} of the audit log is no denial: {} {} was allowed by {}", found->seq,
                            printable(found->action), printable(found->resource), printable(found->rule)));
  return *std::move(found);
}

struct Explanation {
  std::string why;  // a sentence
  std::string what_to_do;
  std::string grant;  // as in a Component.toml; empty: no grant helps
};

Explanation explain(const AuditLine& line) {
  const auto action = wasm::parse_action(line.action);
  if (line.rule.starts_with("forbidden: "))
    return {"the host forbids it to every component, whatever was granted",
            line.place.empty() ? "it is one of the defaults; an own list in forbidden-capabilities.toml takes their place"
                               : "the owner of the host can change that entry",
            {}};
  if (line.rule.starts_with("calls_per_minute"))
    return {"it made more calls than its manifest asks for", "call less often, or raise [limits] calls_per_minute and burst", {}};
  if (action == Action::messaging_receive_from)
    return {"the receiver does not take messages from it",
            "add the sender to [capabilities.messaging] receive_from of the receiver's Component.toml",
            {}};
  if (!line.rule.starts_with("not granted") || !action)
    return {"a rule of the host says no", "see the rule; whoever owns the host can change it", {}};
  if (action == Action::host_call)
    return {"the program around the host has no function of this name for it",
            "name this component among the function's callers",
            {}};
  auto grant = wasm::smallest_grant(*action, line.resource);
  if (!grant) return {"nothing grants it, and nothing could", grant.error().message(), {}};
  wasm::CapabilitySet set;
  static_cast<void>(set.grant(*std::move(grant)));
  return {"no capability that it was granted covers it",
          "the smallest grant that allows it, for its Component.toml:", wasm::capabilities_toml(set)};
}

std::string indented(const std::string& lines) {
  std::string out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    out += "    " + lines.substr(at, end - at) + "\n";
    at = end == std::string::npos ? lines.size() : end + 1;
  }
  return out;
}

std::string explanation_text(const AuditLine& line, const Explanation& why, Paint paint) {
  std::string out = fmt::format("{} was denied {} on {}\n", paint(Colour::bold, printable(line.component)),
                                paint(Colour::bold, printable(line.action)), paint(Colour::bold, printable(line.resource)));
  out += fmt::format("  when  {}, line {} of the audit log{}\n", wasm::audit_time_text(line.time), line.seq,
                     line.count == 1 ? "" : fmt::format(", {} times", line.count));
  out += fmt::format("  why   {}\n", why.why);
  out +=
      fmt::format("  rule  {}{}\n", printable(line.rule), line.place.empty() ? "" : fmt::format("  ({})", printable(line.place)));
  out += fmt::format("  {} {}\n", paint(Colour::green, "fix "), why.what_to_do);
  return out + (why.grant.empty() ? "" : "\n" + indented(why.grant));
}

std::string explanation_json(const AuditLine& line, const Explanation& why) {
  return json_text({{"component", line.component},
                    {"action", line.action},
                    {"resource", line.resource},
                    {"time", wasm::audit_time_text(line.time)},
                    {"seq", line.seq},
                    {"count", line.count},
                    {"rule", line.rule},
                    {"place", line.place},
                    {"why", why.why},
                    {"fix", why.what_to_do},
                    {"grant", why.grant}});
}

// --- permissions check

struct Change {
  AuditDecision before, after;
  std::string action, resource, rule;
  std::uint64_t count = 0;
};

struct Comparison {
  std::string component;
  std::vector<Change> changes;
  std::uint64_t same = 0;  // decisions
};

Result<Comparison> compare(const PermissionsCheckOptions& options, const Context& context) {
  const fs::path folder = options.path.filename() == wasm::manifest_file_name ? options.path.parent_path() : options.path;
  AIRSSYS_TRY(const wasm::Manifest manifest, wasm::read_manifest(folder.empty() ? fs::path(".") : folder));
  AIRSSYS_TRY(const wasm::CapabilitySet granted, wasm::requested_capabilities(manifest));
  AIRSSYS_TRY(const wasm::ForbiddenList forbidden, forbidden_list(context));
  AIRSSYS_TRY(const auto files, audit_files_of(options.against, context));
  Comparison result{.component = std::string(manifest.package.name.text()), .changes = {}};
  std::map<std::pair<std::string, std::string>, std::size_t> known;  // by action and resource: in changes
  AIRSSYS_TRY_VOID(for_each_line(files, [&](const AuditLine& line) {
    const auto address = wasm::ComponentAddress::parse(line.component);
    const auto action = wasm::parse_action(line.action);
    // What the other side decides, and how often something is done, is not of the manifest.
    if (!address || address->name() != result.component || !action || *action == Action::messaging_receive_from ||
        *action == Action::host_call || line.rule.starts_with("calls_per_minute"))
      return;
    const wasm::Capability* const refusal = forbidden.find(*action, line.resource);
    const wasm::Capability* const grant = refusal ? nullptr : granted.find(*action, line.resource);
    const AuditDecision now = grant ? AuditDecision::allow : AuditDecision::deny;
    if (now == line.decision) {
      result.same += line.count;
      return;
    }
    const auto [at, is_new] = known.try_emplace({line.action, line.resource}, result.changes.size());
    if (is_new)
      result.changes.push_back({line.decision, now, line.action, line.resource,
                                refusal ? fmt::format("forbidden: {}", refusal->text())
                                : grant ? fmt::format("{} ({})", to_string(*grant), grant->place)
                                        : std::string("not granted")});
    result.changes[at->second].count += line.count;
  }));
  return result;
}

std::string comparison_text(const Comparison& result, Paint paint) {
  std::string out;
  for (const Change& change : result.changes) {
    const bool worse = change.after == AuditDecision::deny;
    out += fmt::format("{} -> {}  {} {}  {} time{}  ({})\n", audit_decision_name(change.before),
                       paint(worse ? Colour::red : Colour::green, audit_decision_name(change.after)), printable(change.action),
                       printable(change.resource), change.count, change.count == 1 ? "" : "s", printable(change.rule));
  }
  return out + fmt::format("{}: {} decision{} as before, {} thing{} decided otherwise\n", printable(result.component),
                           result.same, result.same == 1 ? "" : "s", result.changes.size(),
                           result.changes.size() == 1 ? "" : "s");
}

std::string comparison_json(const Comparison& result) {
  Json changes = Json::array();
  for (const Change& change : result.changes)
    changes.push_back({{"action", change.action},
                       {"resource", change.resource},
                       {"before", audit_decision_name(change.before)},
                       {"after", audit_decision_name(change.after)},
                       {"rule", change.rule},
                       {"count", change.count}});
  return json_text({{"component", result.component}, {"same", result.same}, {"changes", std::move(changes)}});
}

}  // namespace

Exit perform(const WhyDeniedOptions& options, const Settings& settings, Context& context) {
  const auto line = find_denial(options, context);
  if (!line) return end_with(line.error(), settings, context);
  const Explanation why = explain(*line);
  context.console.out(settings.json ? explanation_json(*line, why) : explanation_text(*line, why, settings.out));
  return Exit::ok;
}

Exit perform(const PermissionsCheckOptions& options, const Settings& settings, Context& context) {
  const auto result = compare(options, context);
  if (!result) return end_with(result.error(), settings, context);
  context.console.out(settings.json ? comparison_json(*result) : comparison_text(*result, settings.out));
  const bool worse = std::ranges::any_of(result->changes, [](const Change& one) { return one.after == AuditDecision::deny; });
  return worse ? Exit::authorization : Exit::ok;
}

}  // namespace airssys::cli
