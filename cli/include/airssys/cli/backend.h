// Backend: what the commands ask of the host library, as an interface so that they run in tests without an engine.
// Each function is that of `airssys/wasm/host/host.h`, or of `wasm/wit` behind it; failures are their failures.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "airssys/base/bytes.h"
#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/cli/safeguards.h"
#include "airssys/wasm/admin/admin_socket.h"
#include "airssys/wasm/host/host.h"

namespace airssys::cli {

// Threads: one.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<Safeguards>> open_safeguards(const SafeguardsConfig& config, Platform& platform,
                                                                            LogSink& log) = 0;
  // By which other processes of the user reach the host of a run. None: nobody can, and nobody shall be told.
  [[nodiscard]] virtual Result<std::optional<wasm::AdminSocket>> open_admin_socket(const std::filesystem::path& home,
                                                                                   std::string_view name) = 0;
  // Of this process, for good.
  [[nodiscard]] virtual Result<wasm::WallReport> raise_wall(const wasm::ProcessWall& wall) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<wasm::Host>> create_host(const wasm::HostConfig& config, Platform& platform,
                                                                        LogSink& log) = 0;
  [[nodiscard]] virtual Result<std::vector<std::filesystem::path>> component_folders(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Result<std::vector<wasm::SupervisorConfig>> supervisors_beside(
      std::span<const std::filesystem::path> folders) = 0;
  [[nodiscard]] virtual Result<wasm::Inspection> inspect(const std::filesystem::path& path, const wasm::HostConfig& config,
                                                         Platform& platform, LogSink& log) = 0;
  [[nodiscard]] virtual Result<std::vector<wasm::GeneratedFile>> generate_bindings(std::string_view language,
                                                                                   const std::filesystem::path& wit,
                                                                                   std::string_view world) = 0;
  [[nodiscard]] virtual Result<Bytes> componentize(std::span<const std::byte> module, const std::filesystem::path& wit,
                                                   std::string_view world) = 0;
  [[nodiscard]] virtual Result<std::vector<wasm::WitFunction>> wit_functions(const std::filesystem::path& wit) = 0;
  [[nodiscard]] virtual Result<std::vector<wasm::WitDifference>> wit_differences(const std::filesystem::path& before,
                                                                                 const std::filesystem::path& after) = 0;
};

// The host library itself.
[[nodiscard]] std::unique_ptr<Backend> host_backend();

}  // namespace airssys::cli
