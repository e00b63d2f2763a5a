#include "guest_folders.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "airssys/base/assert.h"

namespace airssys::wasm::layer1 {

namespace fs = std::filesystem;

GuestFolders::GuestFolders(const std::string& purpose)
    : home_(fs::temp_directory_path() / fmt::format("airssys_{}_{}", purpose, ::getpid())) {
  fs::create_directories(home_);
}

GuestFolders::~GuestFolders() {
  std::error_code ignored;  // what is left is in the folder for temporary files
  fs::remove_all(home_, ignored);
}

fs::path GuestFolders::make(const GuestOptions& options) const {
  const fs::path folder = home_ / "components" / options.name;
  const char* const puppet = options.waits ? "waiting-puppet.wasm" : "puppet.wasm";
  const fs::path wasm = fs::path(AIRSSYS_PUPPETS) / (options.wasm.empty() ? puppet : options.wasm);
  AIRSSYS_ASSERT(fs::exists(wasm), "{} is not there: ./dev guests builds it", wasm.string());
  fs::remove_all(folder);
  fs::create_directories(folder);
  fs::create_symlink(wasm, folder / (options.name + ".wasm"));
  std::ofstream(folder / "Component.toml") << fmt::format(
      "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
      "[resources]\n{}{}"
      "[limits]\n{}[mailbox]\n{}[deployment]\n{}[capabilities.messaging]\nsend = [{}]\n{}",
      options.name, options.room, options.resources, options.limits, options.mailbox, options.deployment, options.send,
      options.further);
  return folder;
}

}  // namespace airssys::wasm::layer1
