// A host with real components, each made of a puppet or an example under a name and a manifest of its own.
#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "airssys/base/assert.h"
#include "airssys/wasm/host/host.h"
#include "lines.h"

namespace airssys::wasm::testing {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A test that has not ended by then hangs.
inline constexpr Duration patience = 60s;

inline const fs::path puppet = fs::path(AIRSSYS_PUPPETS) / "puppet.wasm";

struct HostedGuest {
  std::string name;
  fs::path wasm = puppet;
  std::string supervisor = "";
  std::string resources = "";   // lines of that table, as the next
  std::string deployment = "";
  std::string send = "";        // names in quotes, with commas
  std::string messaging = "";   // lines of that table
  std::string storage = "";     // the same; empty: it may keep nothing
  std::string folder = "";      // empty: as its name
};

class HostedGuests : public ::testing::Test {
 protected:
  HostedGuests()
      : home_(fs::temp_directory_path() / fmt::format("airssys_hosted_guests_{}", ::getpid())),
        platform_(real_platform()) {}
  ~HostedGuests() override {
    host_.reset();
    fs::remove_all(home_ / "components");
  }
  static void TearDownTestSuite() {
    fs::remove_all(fs::temp_directory_path() / fmt::format("airssys_hosted_guests_{}", ::getpid()));
  }

  void make_host(std::vector<SupervisorConfig> supervisors, std::size_t workers = 2, FlushMode flush = FlushMode::interval) {
    HostConfig config;
    config.workers = workers;
    config.engine.max_instances = 32;
    config.engine.max_fibers = 16;
    config.engine.cache_directory = home_ / "cache";  // compiled once for all tests of this process
    config.supervisors = std::move(supervisors);
    config.storage.flush = flush;
    auto host = Host::create(config, *platform_, log_);
    AIRSSYS_ASSERT(host, "{}", host.error().message());
    host_ = *std::move(host);
  }
  Result<std::string> add(const HostedGuest& guest) {
    const fs::path path = home_ / "components" / (guest.folder.empty() ? guest.name : guest.folder);
    fs::create_directories(path);
    fs::copy_file(guest.wasm, path / (guest.name + ".wasm"), fs::copy_options::overwrite_existing);
    std::ofstream(path / "Component.toml") << fmt::format(
        "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
        "[resources]\nmax_memory = \"2MiB\"\nmax_stack = \"256KiB\"\n{}"
        "[limits]\ncalls_per_minute = 60_000_000_000\nburst = 60_000_000\n"
        "[deployment]\nsupervisor = \"{}\"\n{}[capabilities.messaging]\nsend = [{}]\n{}{}{}[mailbox]\npoison_after = 0\n",
        guest.name, guest.resources, guest.supervisor, guest.deployment, guest.send, guest.messaging,
        guest.storage.empty() ? "" : "[capabilities.storage]\n", guest.storage);
    return host_->add(path);
  }
  // The component of `wasm` under that name, below that supervisor.
  Result<std::string> add(const std::string& name, const std::string& supervisor, const fs::path& wasm = puppet,
                          const std::string& send = "", const std::string& deployment = "") {
    return add({.name = name, .wasm = wasm, .supervisor = supervisor, .deployment = deployment, .send = send});
  }
  void run(const HostedGuest& guest) {
    auto added = add(guest);
    ASSERT_TRUE(added) << added.error().message();
    auto started = host_->start(*added);
    ASSERT_TRUE(started) << started.error().message();
  }
  void run(const std::string& name, const std::string& supervisor, const fs::path& wasm = puppet, const std::string& send = "") {
    run({.name = name, .wasm = wasm, .supervisor = supervisor, .send = send});
  }
  void tell(std::string_view name, std::string_view command) {
    auto sent = host_->send(name, Bytes::copy_of(command));
    ASSERT_TRUE(sent) << sent.error().message();
  }
  void settle() { ASSERT_TRUE(host_->wait_idle(patience)) << "the host does not come to rest"; }
  [[nodiscard]] ComponentReport report(std::string_view name) const {
    for (ComponentReport& report : host_->report())
      if (report.name == name) return report;
    ADD_FAILURE() << "no component " << name;
    return {};
  }
  // "pair(a b) c": who is below whom.
  static std::string shape(const SupervisionNode& node) {
    std::vector<std::string> children;
    for (const SupervisionNode& child : node.children)
      children.push_back(child.kind == SupervisionNode::Kind::supervisor ? fmt::format("{}({})", child.name, shape(child))
                                                                         : child.name);
    return fmt::format("{}", fmt::join(children, " "));
  }
  [[nodiscard]] static const SupervisionNode& below(const SupervisionNode& node, std::string_view name) {
    for (const SupervisionNode& child : node.children)
      if (child.name == name) return child;
    ADD_FAILURE() << name << " is not there";
    return node;
  }

  const fs::path home_;
  Lines log_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Host> host_;
};

}  // namespace airssys::wasm::testing
