#include "airssys/cli/backend.h"

#include <sys/stat.h>

namespace airssys::cli {
namespace {

class HostBackend final : public Backend {
 public:
  Result<std::unique_ptr<Safeguards>> open_safeguards(const SafeguardsConfig& config, Platform& platform, LogSink& log) override {
    return cli::open_safeguards(config, platform, log);
  }
  Result<std::optional<wasm::AdminSocket>> open_admin_socket(const std::filesystem::path& home, std::string_view name) override {
    AIRSSYS_TRY(wasm::AdminSocket socket, wasm::AdminSocket::open(home, name));
    return std::optional(std::move(socket));
  }
  Result<wasm::WallReport> raise_wall(const wasm::ProcessWall& wall) override {
    // A rule needs what it is about. Who cannot make it is told by whoever wants to write there.
    for (const std::filesystem::path& folder : wall.write) ::mkdir(folder.c_str(), 0700);
    return wasm::raise_process_wall(wall);
  }
  Result<std::unique_ptr<wasm::Host>> create_host(const wasm::HostConfig& config, Platform& platform, LogSink& log) override {
    return wasm::Host::create(config, platform, log);
  }
  Result<std::vector<std::filesystem::path>> component_folders(const std::filesystem::path& path) override {
    return wasm::component_folders(path);
  }
  Result<std::vector<wasm::SupervisorConfig>> supervisors_beside(std::span<const std::filesystem::path> folders) override {
    return wasm::supervisors_beside(folders);
  }
  Result<wasm::Inspection> inspect(const std::filesystem::path& path, const wasm::HostConfig& config, Platform& platform,
                                   LogSink& log) override {
    return wasm::inspect(path, config, platform, log);
  }
  Result<std::vector<wasm::GeneratedFile>> generate_bindings(std::string_view language, const std::filesystem::path& wit,
                                                             std::string_view world) override {
    return wasm::generate_bindings(language, wit, world);
  }
  Result<Bytes> componentize(std::span<const std::byte> module, const std::filesystem::path& wit,
                             std::string_view world) override {
    return wasm::componentize(module, wit, world);
  }
  Result<std::vector<wasm::WitFunction>> wit_functions(const std::filesystem::path& wit) override {
    return wasm::wit_functions(wit);
  }
  Result<std::vector<wasm::WitDifference>> wit_differences(const std::filesystem::path& before,
                                                           const std::filesystem::path& after) override {
    return wasm::wit_differences(before, after);
  }
};

}  // namespace

std::unique_ptr<Backend> host_backend() { return std::make_unique<HostBackend>(); }

}  // namespace airssys::cli
