// Folders of components, each a puppet (tests/guests/puppet.cc) or another guest, under a name and a manifest of its own.
#pragma once
#include <filesystem>
#include <string>

namespace airssys::wasm::layer1 {

struct GuestOptions {
  std::string name;
  bool waits = false;  // of the world that waits
  // Lines of those tables of the manifest.
  std::string resources = {};
  std::string mailbox = {};
  std::string deployment = {};
  std::string send = {};  // of [capabilities.messaging]: names in quotes, with commas
  std::string limits = "calls_per_minute = 60_000_000_000\nburst = 60_000_000\n";
  std::string further = {};  // more of that, and whole tables
  std::string wasm = {};  // of tests/guests/target; empty: a puppet
  std::string room = "max_memory = \"2MiB\"\nmax_stack = \"256KiB\"\n";
};

// Below a temporary folder of this process, which goes with this object.
class GuestFolders {
 public:
  explicit GuestFolders(const std::string& purpose);
  ~GuestFolders();
  GuestFolders(const GuestFolders&) = delete;
  GuestFolders& operator=(const GuestFolders&) = delete;

  // The folder of a component, for Host::add.
  [[nodiscard]] std::filesystem::path make(const GuestOptions& options) const;
  [[nodiscard]] const std::filesystem::path& home() const noexcept { return home_; }
  // Where all hosts over these folders keep compiled code.
  [[nodiscard]] std::filesystem::path cache() const { return home_ / "cache"; }

 private:
  const std::filesystem::path home_;
};

}  // namespace airssys::wasm::layer1
