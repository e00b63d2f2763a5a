// Home: the folder in which one user's keys, decisions about trust, records and compiled code are kept.
//
//   keypair.json                 docs/formats/keypair.md
//   trust-config.toml            whom the user trusts
//   forbidden-capabilities.toml  what nobody gets
//   approvals/<name>/<id>.json   what was decided about components
//   audit/                       what components did and were refused
//   cache/                       compiled code
//   data/                        what components keep (docs/formats/storage.md)
//   run/                         sockets of the hosts that run
#pragma once
#include <filesystem>

#include "airssys/base/result.h"
#include "airssys/cli/cli.h"

namespace airssys::cli {

class Home {
 public:
  explicit Home(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  [[nodiscard]] std::filesystem::path keypair() const { return folder_ / "keypair.json"; }
  [[nodiscard]] std::filesystem::path trust_config() const { return folder_ / "trust-config.toml"; }
  [[nodiscard]] std::filesystem::path forbidden_capabilities() const { return folder_ / "forbidden-capabilities.toml"; }
  [[nodiscard]] std::filesystem::path approvals() const { return folder_ / "approvals"; }
  [[nodiscard]] std::filesystem::path audit() const { return folder_ / "audit"; }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
  [[nodiscard]] std::filesystem::path cache() const { return folder_ / "cache"; }

 private:
  std::filesystem::path folder_;
};

// AIRSSYS_WASM_HOME, otherwise $HOME/.airssys. Neither is set: invalid_configuration. The folder need not be there.
[[nodiscard]] Result<Home> find_home(const Context& context);

// A variable of the environment; one that is empty counts as not set.
[[nodiscard]] std::string_view variable(const Context& context, std::string_view name);

}  // namespace airssys::cli
