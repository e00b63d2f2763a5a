// A host whose components are made as a row needs them, out of one folder that is written anew for each.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "airssys/wasm/host/host.h"

namespace airssys::bench {

struct HostedGuest {
  std::string name;
  std::string_view wasm = "relay.wasm";  // of the guests' folder
  std::string_view max_memory = "1MiB";
  std::string_view resources = {};       // lines of those tables of the manifest
  std::string_view deployment = {};
  std::string_view send = {};            // of [capabilities.messaging]: names in quotes, with commas
  std::string_view further = {};         // more lines of it
};

class HostedGuests {
 public:
  // `guests` holds the .wasm files. Compiled code is kept in a folder of this object, which goes with it.
  [[nodiscard]] static Result<std::unique_ptr<HostedGuests>> create(const std::filesystem::path& guests, Platform& platform,
                                                                    wasm::HostConfig config);
  // The same over what `other` has compiled.
  [[nodiscard]] static Result<std::unique_ptr<HostedGuests>> after(const HostedGuests& other, wasm::HostConfig config);
  // Without a host yet; use the above.
  HostedGuests(std::filesystem::path guests, std::filesystem::path home, bool owns_home, Platform& platform);
  ~HostedGuests();
  HostedGuests(const HostedGuests&) = delete;
  HostedGuests& operator=(const HostedGuests&) = delete;

  [[nodiscard]] Result<> add(const HostedGuest& guest);
  // Added and started: how long these two took.
  Result<Duration> run(const HostedGuest& guest);
  // Waits until nothing is to be done.
  [[nodiscard]] Result<> settle();
  [[nodiscard]] Result<wasm::ComponentReport> report(std::string_view name) const;
  [[nodiscard]] wasm::Host& host() const noexcept { return *host_; }
  [[nodiscard]] Platform& platform() const noexcept { return platform_; }

 private:
  [[nodiscard]] static Result<std::unique_ptr<HostedGuests>> with_host(std::unique_ptr<HostedGuests> made,
                                                                       wasm::HostConfig config);

  [[nodiscard]] Result<> prepare(const HostedGuest& guest);

  const std::filesystem::path guests_, home_;
  const bool owns_home_;
  Platform& platform_;
  std::unique_ptr<wasm::Host> host_;
};

}  // namespace airssys::bench
