// Admission: asked by a host before it adds a component, whether it may, and with what.
//
// TrustAdmission answers by what its user decided: trust-config.toml, the approvals, the forbidden list (trust_decision.h).
// What nobody has decided about becomes a pending request, and the answer is approval_needed with the command that decides it.
// Each answer is recorded in the audit log before it is given; when that fails, the answer is no.
//
// Threads: any, one call at a time.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/security/trust_decision.h"

namespace airssys::wasm {

struct Admission {
  TrustLevel trust = TrustLevel::unknown;
  CapabilitySet granted;
  std::string approval;  // id of the request that decided; empty: none did
  std::string rule;  // why, for people
};

class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  // Otherwise why not: forbidden, policy_violation, one of the errors of signatures; approval_needed, whose field `request` is
  // the id of the request; unavailable, when it cannot be recorded; io, corrupt.
  [[nodiscard]] virtual Result<Admission> admit(const Candidate& candidate) = 0;
};

class TrustAdmission final : public AdmissionPolicy {
 public:
  struct Setup {
    std::filesystem::path trust_config;  // one that is not there trusts nobody
    std::filesystem::path approvals;  // a folder, made when it is needed
    std::optional<bool> development_mode = {};  // instead of what trust_config says
  };
  // Reads trust_config; mistakes in it: invalid_configuration. `forbidden`, `platform` and `audit` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<TrustAdmission>> open(Setup setup, const ForbiddenList& forbidden,
                                                                    Platform& platform, AuditSink& audit);

  // Reads trust_config again, after the user decided something. Whether this is development mode stays as it was: who runs a
  // host was told so at its start. When it fails, all stays.
  [[nodiscard]] Result<> reread();

  [[nodiscard]] Result<Admission> admit(const Candidate& candidate) override;
  [[nodiscard]] const TrustConfig& config() const noexcept { return config_; }

 private:
  // Only open() has one.
  struct Opened {
    explicit Opened() = default;
  };

 public:
  TrustAdmission(Opened, Setup setup, TrustConfig config, const ForbiddenList& forbidden, Platform& platform, AuditSink& audit)
      : trust_config_(std::move(setup.trust_config)),
        config_(std::move(config)),
        approvals_(std::move(setup.approvals)),
        forbidden_(forbidden),
        platform_(platform),
        audit_(audit) {}

 private:
  [[nodiscard]] Result<> record(const Candidate& candidate, AuditDecision decision, std::string_view rule);
  [[nodiscard]] Error ask(const ApprovalRequest& request, const std::optional<ApprovalRecord>& known);

  const std::filesystem::path trust_config_;
  TrustConfig config_;
  const Approvals approvals_;
  const ForbiddenList& forbidden_;
  Platform& platform_;
  AuditSink& audit_;
};

}  // namespace airssys::wasm
