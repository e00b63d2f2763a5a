#include "airssys/wasm/security/trust_decision.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "airssys/base/text.h"
#include "airssys/wasm/security/review.h"
#include "program_path.h"

namespace airssys::wasm {
namespace {

std::string described(const Capability& capability) {
  return capability.place.empty() ? to_string(capability) : fmt::format("{}: {}", capability.place, to_string(capability));
}

// A bare name of a program means one file, from now on: it is what is shown, decided about and recorded.
Result<Capability> resolved(const Capability& wanted) {
  const auto* process = std::get_if<ProcessPattern>(&wanted.pattern);
  if (process == nullptr || !process->is_unresolved()) return wanted;
  const auto found = find_program(process->text());
  // Of one that is not there, the name stays and matches nothing.
  if (!found) return wanted;
  AIRSSYS_TRY(ProcessPattern pattern, ProcessPattern::exactly(*found));
  return Capability{.action = wanted.action, .pattern = std::move(pattern), .place = wanted.place};
}

Result<> add_all(const CapabilitySet& wanted, CapabilitySet& into) {
  for (const Capability& one : wanted) {
    AIRSSYS_TRY(Capability capability, resolved(one));
    AIRSSYS_TRY_VOID(into.grant(std::move(capability)));
  }
  return {};
}

TrustDecision admit(TrustLevel trust, const CapabilitySet& granted, std::string rule, std::string approval = {}) {
  return {.outcome = TrustDecision::Outcome::admit,
          .trust = trust,
          .granted = granted,
          .approval = std::move(approval),
          .rule = std::move(rule),
          .refusal = {}};
}

TrustDecision refuse(Error error, std::string rule, std::string approval = {}) {
  return {.outcome = TrustDecision::Outcome::refuse,
          .trust = TrustLevel::unknown,
          .granted = {},
          .approval = std::move(approval),
          .rule = std::move(rule),
          .refusal = std::move(error)};
}

// What the signature is worth; nothing for a component that has none.
struct Signed {
  std::optional<PublicKey> by;  // it holds
  std::optional<Error> failure;
  bool revoked = false;
};

Signed check_signature(const Candidate& candidate, const TrustConfig& config, WallTime now) {
  Signed result;
  const auto& signature = candidate.manifest.signature;
  if (!signature) return result;
  auto verdict = verify(*signature, candidate.manifest, candidate.component,
                        {.now = now, .revoked = config.revoked, .allow_version_1 = config.allow_version_1});
  result.failure = std::move(verdict.failure);
  if (!result.failure) result.by = verdict.author;
  // Of a signature that fails earlier as well: what a revoked key's owner sends is not for development mode to try.
  result.revoked = verdict.author && std::ranges::find(config.revoked, *verdict.author, &RevokedKey::key) != config.revoked.end();
  return result;
}

bool matches(const TrustSource& source, const Candidate& candidate, const Signed& by) {
  switch (source.kind) {
    case TrustSource::Kind::signature: return by.by.has_value() && by.by == source.key;
    case TrustSource::Kind::git:
      return candidate.origin.kind == ComponentOrigin::Kind::git && git_url_matches(source.pattern, candidate.origin.place) &&
             (source.branch.empty() || source.branch == candidate.origin.branch);
    case TrustSource::Kind::local: {
      const auto pattern = PathPattern::parse(source.pattern);
      return candidate.origin.kind == ComponentOrigin::Kind::local && pattern && pattern->matches(candidate.origin.place);
    }
  }
  return false;
}

}  // namespace

Result<CapabilitySet> requested_capabilities(const Manifest& manifest) {
  CapabilitySet all;
  AIRSSYS_TRY_VOID(add_all(manifest.capabilities.set, all));
  for (const DeclaredCapabilities& optional : manifest.capabilities.optional) AIRSSYS_TRY_VOID(add_all(optional.set, all));
  return all;
}

Result<ApprovalRequest> request_of(const Candidate& candidate, const ForbiddenList& forbidden) {
  const Manifest& manifest = candidate.manifest;
  const DeclaredCapabilities& declared = manifest.capabilities;
  ApprovalRequest request;
  AIRSSYS_TRY_VOID(add_all(declared.set, request.requested));
  std::vector<std::string> refused;
  for (const auto& [wanted, entry] : forbidden.conflicts(request.requested).denied)
    refused.push_back(fmt::format("{} (forbidden: {})", described(*wanted), described(*entry)));
  if (!refused.empty())
    return fail(Code::forbidden, fmt::format("{} asks for what nobody may have: {}; remove it from the manifest",
                                             manifest.package.name.text(), fmt::join(refused, ", ")));
  for (const CustomCapability& custom : declared.custom) request.custom.push_back(custom.name);
  for (const DeclaredCapabilities& optional : declared.optional) {
    CapabilitySet whole;
    AIRSSYS_TRY_VOID(add_all(optional.set, whole));
    if (!forbidden.conflicts(whole).denied.empty()) continue;
    AIRSSYS_TRY_VOID(add_all(whole, request.requested));
    for (const CustomCapability& custom : optional.custom) request.custom.push_back(custom.name);
  }
  request.name = manifest.package.name.text();
  request.author =
      manifest.signature ? fmt::format("ed25519:{}", manifest.signature->author_public_key) : candidate.component.text();
  request.version = manifest.package.version;
  request.source = printable(candidate.origin.place, 4096);
  request.wasm_hash = candidate.component.text();
  for (const auto& [what, why] : declared.rationale) request.rationale.emplace(what, why);
  return request;
}

TrustDecision decide(const Candidate& candidate, const ApprovalRequest& request, const TrustConfig& config,
                     const std::optional<ApprovalRecord>& exact, const std::optional<ApprovalRecord>& wider, WallTime now) {
  Signed by = check_signature(candidate, config, now);
  const std::string& name = request.name;
  if (by.revoked)
    return refuse(Error(Code::policy_violation,
                        fmt::format("{}: its author's key {} is revoked; do not use this component", name, request.author)),
                  "revoked key");
  if (config.dev_mode) return admit(TrustLevel::development, request.requested, "development mode");
  if (by.failure) return refuse(std::move(*by.failure).within(name), "signature");
  for (const TrustSource& source : config.sources) {
    if (!matches(source, candidate, by)) continue;
    if (!source.auto_approve) break;  // its own rule: what it asks for is reviewed
    return admit(
        TrustLevel::trusted, request.requested,
        fmt::format("{} source {}: {}", trust_source_name(source.kind), source.place, printable(source.description, 200)));
  }
  if (exact && exact->state == ApprovalState::approved)
    return admit(TrustLevel::approved, exact->granted, fmt::format("approved at {}", exact->decided_at), request.id());
  if (exact && exact->state == ApprovalState::denied)
    return refuse(
        Error(Code::policy_violation,
              fmt::format("{}: what it asks for was denied at {}{}{}; 'airssys-wasm approve {}' changes that", name,
                          exact->decided_at, exact->reason.empty() ? "" : ": ", printable(exact->reason, 200), request.id())),
        "denied", request.id());
  if (wider)
    return admit(TrustLevel::approved, request.requested, fmt::format("approved at {} with more", wider->decided_at),
                 wider->request.id());
  switch (config.default_mode) {
    case DefaultMode::deny:
      return refuse(
          Error(Code::policy_violation,
                fmt::format("{}: nobody trusts where it comes from, and default_mode is \"deny\"; trust its author with "
                            "'airssys-wasm trust add-key', or its folder with 'airssys-wasm trust add-local'",
                            name)),
          "default_mode = \"deny\"");
    case DefaultMode::allow: return admit(TrustLevel::unknown, request.requested, "default_mode = \"allow\"");
    case DefaultMode::review: break;
  }
  const bool asks = !request.custom.empty() || std::ranges::any_of(request.requested, [&](const Capability& capability) {
    return needs_approval(capability, name);
  });
  if (!asks) return admit(TrustLevel::approved, request.requested, "needs no approval");
  return {.outcome = TrustDecision::Outcome::ask,
          .trust = TrustLevel::unknown,
          .granted = {},
          .approval = request.id(),
          .rule = "default_mode = \"review\"",
          .refusal = {}};
}

}  // namespace airssys::wasm
