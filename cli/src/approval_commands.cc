#include <fmt/format.h>
#include <fmt/ranges.h>

#include "airssys/base/text.h"
#include "airssys/wasm/core/rfc3339.h"
#include "airssys/wasm/security/approvals.h"
#include "airssys/wasm/security/review.h"
#include "airssys/wasm/security/trust_decision.h"
#include "commands.h"
#include "decision_record.h"
#include "home.h"
#include "json_text.h"
#include "project.h"
#include "prompt.h"

namespace airssys::cli {
namespace {

using wasm::ApprovalRecord;
using wasm::Approvals;
using wasm::ApprovalState;
using wasm::CapabilitySet;

Result<Approvals> open_approvals(const Context& context) {
  AIRSSYS_TRY(const Home home, find_home(context));
  return Approvals(home.approvals());
}

Json risks_json(const wasm::Capability& capability) {
  Json names = Json::array();
  for (const wasm::Risk risk : wasm::risks_of(capability)) names.push_back(risk_name(risk));
  return names;
}

std::string risks_text(const wasm::Capability& capability, Paint paint) {
  std::vector<std::string_view> texts;
  for (const wasm::Risk risk : wasm::risks_of(capability)) texts.push_back(risk_text(risk));
  return texts.empty() ? "" : paint(Colour::red, fmt::format("  {}", fmt::join(texts, ", ")));
}

Json capabilities_json(const CapabilitySet& set, std::string_view owner) {
  Json list = Json::array();
  for (const wasm::Capability& capability : set)
    list.push_back({{"action", action_name(capability.action)},
                    {"pattern", capability.text()},
                    {"needs_approval", wasm::needs_approval(capability, owner)},
                    {"risks", risks_json(capability)}});
  return list;
}

Json record_json(const ApprovalRecord& record) {
  const auto& request = record.request;
  return {{"id", request.id()},
          {"name", request.name},
          {"version", request.version},
          {"author", request.author},
          {"source", request.source},
          {"wasm_hash", request.wasm_hash},
          {"state", approval_state_name(record.state)},
          {"requested", capabilities_json(request.requested, request.name)},
          {"custom", request.custom},
          {"granted", record.granted.texts()},
          {"rationale", request.rationale},
          {"reason", record.reason},
          {"requested_at", record.requested_at},
          {"decided_at", record.decided_at}};
}

Colour colour_of(ApprovalState state) {
  switch (state) {
    case ApprovalState::approved: return Colour::green;
    case ApprovalState::denied: return Colour::red;
    case ApprovalState::pending:
    case ApprovalState::reviewing: return Colour::yellow;
  }
  return Colour::yellow;
}

bool is_signed(const ApprovalRecord& record) { return record.request.author.starts_with("ed25519:"); }

std::string author_text(const ApprovalRecord& record) {
  return is_signed(record) ? record.request.author : fmt::format("not signed, {}", record.request.author);
}

std::string line_text(const ApprovalRecord& record, Paint paint) {
  const std::string state = fmt::format("{:<9}", approval_state_name(record.state));
  return fmt::format("{}  {}  {} {}, {} capabilities\n", record.request.id(), paint(colour_of(record.state), state),
                     record.request.name, printable(record.request.version),
                     record.request.requested.size() + record.request.custom.size());
}

std::string record_text(const ApprovalRecord& record, Paint paint) {
  const auto& request = record.request;
  std::string out = fmt::format("{} {}, {}\nauthor     {}\nfrom       {}\nasked for\n", paint(Colour::bold, request.name),
                                printable(request.version), paint(colour_of(record.state), approval_state_name(record.state)),
                                author_text(record), printable(request.source));
  for (const wasm::Capability& capability : request.requested) {
    const bool kept = record.state != ApprovalState::approved || record.granted.has(capability.action, capability.text());
    out += fmt::format("  {}{}{}\n", printable(to_string(capability)), risks_text(capability, paint),
                       kept ? "" : paint(Colour::dim, "  (not granted)"));
  }
  for (const std::string& custom : request.custom)
    out += fmt::format("  custom {}  (never granted by this version)\n", printable(custom));
  for (const auto& [what, why] : request.rationale) out += fmt::format("{}: {}\n", printable(what), printable(why));
  if (!record.decided_at.empty())
    out += fmt::format("{} at {}{}{}\n", approval_state_name(record.state), record.decided_at, record.reason.empty() ? "" : ": ",
                       printable(record.reason));
  return out;
}

// What of the request somebody wants to grant, as a manifest says it.
Result<CapabilitySet> narrowed(const ApprovalRecord& record, const std::filesystem::path& file) {
  AIRSSYS_TRY(const ManifestFile manifest, read_manifest_file({.folder = {}, .manifest = file, .wasm = {}}));
  AIRSSYS_TRY(CapabilitySet wanted, wasm::requested_capabilities(manifest.manifest));
  if (record.request.requested.covers(wanted)) return wanted;
  for (const wasm::Capability& capability : wanted) {
    CapabilitySet one;
    AIRSSYS_TRY_VOID(one.grant(capability));
    if (!record.request.requested.covers(one))
      return fail(Code::invalid_argument,
                  fmt::format("{}{}{} is more than was requested; an approval can only narrow", capability.place,
                              capability.place.empty() ? "" : ": ", to_string(capability)));
  }
  return wanted;
}

// What a person at a terminal chooses.
enum class Choice : unsigned char { approve, trust, narrow, deny, later };

Choice choose(const ApprovalRecord& record, Context& context) {
  const std::string_view source = is_signed(record) ? "whatever its author signs" : "whatever comes from there";
  const auto answer = ask(fmt::format("[a]pprove, [t]rust {}, [n]arrow, [d]eny, anything else: later? ", source), context);
  if (answer == "a" || answer == "approve") return Choice::approve;
  if (answer == "t" || answer == "trust") return Choice::trust;
  if (answer == "n" || answer == "narrow") return Choice::narrow;
  if (answer == "d" || answer == "deny") return Choice::deny;
  return Choice::later;
}

Result<CapabilitySet> narrow_by_hand(const ApprovalRecord& record, Context& context) {
  CapabilitySet granted;
  for (const wasm::Capability& capability : record.request.requested)
    if (ask(fmt::format("  {}  grant? [y/N] ", printable(to_string(capability))), context) == "y")
      AIRSSYS_TRY_VOID(granted.grant(capability));
  return granted;
}

// Who signed it, or the folder or repository that it comes from.
Result<wasm::TrustSource> source_of(const ApprovalRecord& record) {
  const auto& request = record.request;
  wasm::TrustSource source;
  source.description = fmt::format("trusted at the review of {} {}", request.name, request.version);
  if (is_signed(record)) {
    source.kind = wasm::TrustSource::Kind::signature;
    AIRSSYS_TRY(source.key, wasm::PublicKey::parse(request.author));
  } else if (request.source.starts_with('/')) {
    AIRSSYS_TRY(const auto folder, wasm::PathPattern::exactly(request.source));
    source.pattern = folder.text();
  } else {
    source.kind = wasm::TrustSource::Kind::git;
    source.pattern = request.source;
    if (request.source.find_first_of("*?[\\") != std::string::npos)
      return fail(Code::invalid_argument, fmt::format("{}: could mean other repositories as well; trust it with 'airssys-wasm "
                                                      "trust add-git'",
                                                      printable(request.source)));
  }
  return source;
}

struct Decision {
  ApprovalRecord record;
  bool decided = true;
};

Result<Decision> decide(const DecideOptions& options, Context& context, const Settings& settings) {
  AIRSSYS_TRY(const Approvals approvals, open_approvals(context));
  AIRSSYS_TRY(ApprovalRecord record, approvals.find(options.id));
  Choice choice = options.approve ? Choice::approve : Choice::deny;
  if (options.approve && !options.yes && options.narrow.empty() && can_ask(context)) {
    context.console.err(record_text(record, settings.err));
    if (record.state == ApprovalState::pending) {
      record.state = ApprovalState::reviewing;
      AIRSSYS_TRY_VOID(approvals.save(record));
    }
    choice = choose(record, context);
  }
  if (choice == Choice::later) return Decision{std::move(record), false};
  record.granted = CapabilitySet();
  if (choice == Choice::narrow) {
    AIRSSYS_TRY(record.granted, narrow_by_hand(record, context));
  } else if (choice == Choice::trust || (choice == Choice::approve && options.narrow.empty())) {
    record.granted = record.request.requested;
  } else if (choice == Choice::approve) {
    AIRSSYS_TRY(record.granted, narrowed(record, options.narrow));
  }
  if (choice == Choice::trust) {
    AIRSSYS_TRY(const wasm::TrustSource source, source_of(record));
    AIRSSYS_TRY_VOID(trust_source(source, settings, context));
  }
  record.state = choice == Choice::deny ? ApprovalState::denied : ApprovalState::approved;
  record.reason = options.reason;
  record.decided_at = wasm::format_rfc3339(context.platform.wall_now());
  const bool approved = record.state == ApprovalState::approved;
  const std::string granted = fmt::format("granted: {}", fmt::join(record.granted.texts(), ", "));
  AIRSSYS_TRY_VOID(record_decision(approved ? "trust.approve" : "trust.deny",
                                   fmt::format("{} {}", record.request.name, record.request.id()),
                                   approved ? wasm::AuditDecision::allow : wasm::AuditDecision::deny,
                                   approved ? std::string_view(granted) : std::string_view(record.reason), settings, context));
  AIRSSYS_TRY_VOID(approvals.save(record));
  return Decision{std::move(record), true};
}

}  // namespace

Result<bool> review(std::string_view request, const Settings& settings, Context& context) {
  AIRSSYS_TRY(const Decision decision,
              decide({.id = std::string(request), .approve = true, .narrow = {}, .reason = {}}, context, settings));
  return decision.decided;
}

Exit perform(const ApprovalsOptions& options, const Settings& settings, Context& context) {
  const auto read = [&]() -> Result<std::vector<ApprovalRecord>> {
    AIRSSYS_TRY(const Approvals approvals, open_approvals(context));
    if (options.id.empty()) return approvals.all();
    AIRSSYS_TRY(ApprovalRecord record, approvals.find(options.id));
    return std::vector<ApprovalRecord>{std::move(record)};
  };
  const auto records = read();
  if (!records) return end_with(records.error(), settings, context);
  if (settings.json) {
    Json list = Json::array();
    for (const ApprovalRecord& record : *records) list.push_back(record_json(record));
    context.console.out(json_text({{"approvals", std::move(list)}}));
    return Exit::ok;
  }
  for (const ApprovalRecord& record : *records)
    context.console.out(options.id.empty() ? line_text(record, settings.out) : record_text(record, settings.out));
  if (records->empty()) context.console.out("no component has asked for anything that needs an approval\n");
  return Exit::ok;
}

Exit perform(const DecideOptions& options, const Settings& settings, Context& context) {
  const auto decision = decide(options, context, settings);
  if (!decision) return end_with(decision.error(), settings, context);
  const ApprovalRecord& record = decision->record;
  const std::string id = record.request.id();
  if (!decision->decided)
    return end_with(Error(Code::approval_needed,
                          fmt::format("{}: is not decided yet; run 'airssys-wasm approve {}' again", record.request.name, id)),
                    settings, context);
  if (settings.json) {
    context.console.out(json_text(record_json(record)));
    return Exit::ok;
  }
  const std::size_t held = record.request.requested.size() - std::min(record.granted.size(), record.request.requested.size());
  context.console.out(record.state == ApprovalState::denied
                          ? fmt::format("{} {}: denied; 'airssys-wasm approve {}' changes that\n", record.request.name,
                                        printable(record.request.version), id)
                          : fmt::format("{} {}: approved{}\n", record.request.name, printable(record.request.version),
                                        held == 0 ? "" : fmt::format(", without {} of what it asked for", held)));
  return Exit::ok;
}

}  // namespace airssys::cli
