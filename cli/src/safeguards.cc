#include "airssys/cli/safeguards.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "airssys/wasm/security/audit_log.h"
#include "airssys/wasm/security/forbidden_config.h"
#include "home.h"

namespace airssys::cli {
namespace {

class HomeSafeguards final : public Safeguards {
 public:
  HomeSafeguards(wasm::ForbiddenList forbidden, std::unique_ptr<wasm::AuditLog> audit)
      : forbidden_(std::move(forbidden)),
        audit_(std::move(audit)) {}

  Result<> open_admission(const SafeguardsConfig& config, const Home& home, Platform& platform) {
    AIRSSYS_TRY(admission_, wasm::TrustAdmission::open({.trust_config = home.trust_config(),
                                                        .approvals = home.approvals(),
                                                        .development_mode = config.development_mode},
                                                       forbidden_, platform, *audit_));
    if (!config.record_permissions) return {};
    if (!development_mode())
      return fail(Code::invalid_configuration,
                  "--record-permissions lets components do what they were not granted, so it is for development mode only; begin "
                  "that with `airssys-wasm trust enable-dev-mode` or AIRSSYS_WASM_DEV_MODE=1");
    recorder_.emplace(*audit_);
    return {};
  }

  void apply(wasm::HostConfig& config) override {
    config.forbidden = forbidden_;
    config.admission = admission_.get();
    config.audit = recorder_ ? static_cast<wasm::AuditSink*>(&*recorder_) : audit_.get();
  }
  bool development_mode() const override { return admission_->config().dev_mode; }
  Result<> reread_trust() override { return admission_->reread(); }
  std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>> recorded() const override {
    return recorder_ ? recorder_->recorded() : decltype(recorder_->recorded())();
  }
  Result<> close() override { return audit_->close(); }

 private:
  const wasm::ForbiddenList forbidden_;
  const std::unique_ptr<wasm::AuditLog> audit_;
  std::unique_ptr<wasm::TrustAdmission> admission_;
  std::optional<wasm::PermissionRecorder> recorder_;
};

}  // namespace

Result<std::unique_ptr<Safeguards>> open_safeguards(const SafeguardsConfig& config, Platform& platform, LogSink& log) {
  const Home home(config.home);
  if (::mkdir(home.folder().c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Code::io, fmt::format("{}: cannot be made: {}; set AIRSSYS_WASM_HOME to a folder of yours",
                                      home.folder().native(), std::strerror(errno)));
  AIRSSYS_TRY(auto forbidden, wasm::read_forbidden_list(home.forbidden_capabilities()));
  AIRSSYS_TRY(auto audit, wasm::AuditLog::open(home.audit(), {}, platform, log));
  auto safeguards = std::make_unique<HomeSafeguards>(std::move(forbidden), std::move(audit));
  AIRSSYS_TRY_VOID(safeguards->open_admission(config, home, platform));
  return safeguards;
}

}  // namespace airssys::cli
