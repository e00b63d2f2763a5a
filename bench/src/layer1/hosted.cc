#include "hosted.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <utility>

namespace airssys::bench {

namespace fs = std::filesystem;

constexpr Duration patience = std::chrono::seconds(60);

HostedGuests::HostedGuests(fs::path guests, fs::path home, bool owns_home, Platform& platform)
    : guests_(std::move(guests)),
      home_(std::move(home)),
      owns_home_(owns_home),
      platform_(platform) {
  fs::create_directories(home_ / "component");
}

HostedGuests::~HostedGuests() {
  host_.reset();
  std::error_code ignored;  // what is left is in the folder for temporary files
  if (owns_home_) fs::remove_all(home_, ignored);
}

Result<std::unique_ptr<HostedGuests>> HostedGuests::create(const fs::path& guests, Platform& platform, wasm::HostConfig config) {
  static int number = 0;
  const fs::path home = fs::temp_directory_path() / fmt::format("airssys_bench_layer1_{}_{}", ::getpid(), ++number);
  auto made = std::make_unique<HostedGuests>(fs::absolute(guests), home, true, platform);
  return with_host(std::move(made), std::move(config));
}

Result<std::unique_ptr<HostedGuests>> HostedGuests::after(const HostedGuests& other, wasm::HostConfig config) {
  auto made = std::make_unique<HostedGuests>(other.guests_, other.home_, false, other.platform_);
  return with_host(std::move(made), std::move(config));
}

Result<std::unique_ptr<HostedGuests>> HostedGuests::with_host(std::unique_ptr<HostedGuests> made, wasm::HostConfig config) {
  config.engine.cache_directory = made->home_ / "cache";
  AIRSSYS_TRY(made->host_, wasm::Host::create(config, made->platform_, null_log()));
  return made;
}

Result<> HostedGuests::prepare(const HostedGuest& guest) {
  const fs::path folder = home_ / "component";
  fs::remove(folder / "Component.toml");  // one that is truncated is written to the disk by some file systems
  std::ofstream(folder / "Component.toml") << fmt::format(
      "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
      "[build]\ntype = \"custom\"\ncommand = \"true\"\noutput = \"{}\"\n"
      "[resources]\nmax_memory = \"{}\"\nmax_stack = \"128KiB\"\n{}[deployment]\n{}"
      "[limits]\ncalls_per_minute = 60_000_000_000\nburst = 60_000_000\n[capabilities.messaging]\nsend = [{}]\n{}",
      guest.name, guest.wasm, guest.max_memory, guest.resources, guest.deployment, guest.send, guest.further);
  std::error_code error;
  if (!fs::exists(folder / guest.wasm)) fs::create_symlink(guests_ / guest.wasm, folder / guest.wasm, error);
  if (error) return fail(Code::io, fmt::format("{}: {}", folder.string(), error.message()));
  return {};
}

Result<> HostedGuests::add(const HostedGuest& guest) {
  AIRSSYS_TRY_VOID(prepare(guest));
  AIRSSYS_TRY(const std::string name, host_->add(home_ / "component"));
  return {};
}

Result<Duration> HostedGuests::run(const HostedGuest& guest) {
  AIRSSYS_TRY_VOID(prepare(guest));
  const Instant begin = platform_.now();
  AIRSSYS_TRY(const std::string name, host_->add(home_ / "component"));
  AIRSSYS_TRY_VOID(host_->start(name));
  return platform_.now() - begin;
}

Result<> HostedGuests::settle() {
  if (!host_->wait_idle(patience)) return fail(Code::timed_out, "the host is not idle");
  return {};
}

Result<wasm::ComponentReport> HostedGuests::report(std::string_view name) const {
  for (wasm::ComponentReport& one : host_->report())
    if (one.name == name) return std::move(one);
  return fail(Code::not_found, fmt::format("no component '{}'", name));
}

}  // namespace airssys::bench
