// Safeguards: what stands around the components of one run. Who may be added and with what (trust-config.toml, approvals), what
// nobody gets (forbidden-capabilities.toml), where every decision is recorded (audit/), and the wall around the process itself.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/security/permission_recorder.h"
#include "airssys/wasm/security/process_wall.h"

namespace airssys::cli {

struct SafeguardsConfig {
  std::filesystem::path home;       // made if it is not there
  bool record_permissions = false;  // of components in development mode
  std::optional<bool> development_mode = {};  // instead of what trust-config.toml says
};

// Outlives the host. Threads: one.
class Safeguards {
 public:
  virtual ~Safeguards() = default;
  virtual void apply(wasm::HostConfig& config) = 0;
  [[nodiscard]] virtual bool development_mode() const = 0;
  // Whom the user trusts now; whether this is development mode stays as it is.
  [[nodiscard]] virtual Result<> reread_trust() = 0;
  [[nodiscard]] virtual std::map<std::string, wasm::PermissionRecorder::Recorded, std::less<>> recorded() const = 0;
  // After the host has gone: what is recorded is on disk then.
  [[nodiscard]] virtual Result<> close() = 0;
};

// Mistakes in one of the files: invalid_configuration. Otherwise as wasm::AuditLog::open.
[[nodiscard]] Result<std::unique_ptr<Safeguards>> open_safeguards(const SafeguardsConfig& config, Platform& platform,
                                                                  LogSink& log);

}  // namespace airssys::cli
