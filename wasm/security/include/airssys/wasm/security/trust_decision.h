// Whether a component may be added to a host, and with what (R4.11): the first of these that says something.
//
//   revoked key → deny              a signature that does not hold → deny
//   forbidden capability → deny     development mode → everything, but for the forbidden list
//   first matching source → trusted (unless it says auto_approve = false)
//   what was decided about this question → approved or denied; an approval of more will do too
//   default_mode: deny; allow; review, which lets pass what needs no approval (ADR 25) and otherwise asks
//
// Pure: files, clocks and the audit log are TrustAdmission's (admission.h).
#pragma once
#include <optional>
#include <string>

#include "airssys/base/result.h"
#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/forbidden_list.h"
#include "airssys/wasm/core/security.h"
#include "airssys/wasm/security/approvals.h"
#include "airssys/wasm/security/trust_config.h"

namespace airssys::wasm {

// Where a component comes from.
struct ComponentOrigin {
  enum class Kind : std::uint8_t { local, git };
  Kind kind = Kind::local;
  std::string place;   // local: the folder's real path; git: the URL
  std::string branch = {};  // git
};

struct Candidate {
  const Manifest& manifest;
  const Digest& component;
  ComponentOrigin origin = {};
};

// All that a manifest asks for, the optional ones too; bare names of programs resolved.
[[nodiscard]] Result<CapabilitySet> requested_capabilities(const Manifest& manifest);
// What it asks for, as it is decided about: bare names of programs resolved, optional capabilities that nobody may have left out.
// forbidden: of those that it cannot do without, some are on the list; each is said.
[[nodiscard]] Result<ApprovalRequest> request_of(const Candidate& candidate, const ForbiddenList& forbidden);

struct TrustDecision {
  enum class Outcome : std::uint8_t { admit, ask, refuse };
  Outcome outcome = Outcome::refuse;
  TrustLevel trust = TrustLevel::unknown;  // admit
  CapabilitySet granted;  // admit
  std::string approval;  // id of the request that decided; empty: none did
  std::string rule;  // why, with the place of the rule, for logs
  std::optional<Error> refusal;  // refuse: with what to do
};

// `exact` is what was decided about this very question, `wider` an approval of more.
[[nodiscard]] TrustDecision decide(const Candidate& candidate, const ApprovalRequest& request, const TrustConfig& config,
                                   const std::optional<ApprovalRecord>& exact, const std::optional<ApprovalRecord>& wider,
                                   WallTime now);

}  // namespace airssys::wasm
