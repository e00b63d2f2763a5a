// What has to be reviewed before it is granted (ADR 25), and what a reviewer has to look at twice (R4.12).
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

enum class Risk : std::uint8_t {
  recursive_write,  // write or delete in folders of folders
  wildcard_host,    // connect to, or look up, more than one host; listen at every address
  wildcard_port,
  shared_storage,   // what other components use too
  process_spawn,    // any program
  any_target        // messages to every component, or to every topic
};
[[nodiscard]] std::vector<Risk> risks_of(const Capability& capability);
// "recursive-write"
[[nodiscard]] std::string_view risk_name(Risk risk) noexcept;
// A sentence without its full stop: "may change everything in all folders below".
[[nodiscard]] std::string_view risk_text(Risk risk) noexcept;

// Whether it reaches beyond the host, or beyond what it names there: files, the network, programs, storage that it shares,
// components that it does not name. `owner` is the component's name.
[[nodiscard]] bool needs_approval(const Capability& capability, std::string_view owner) noexcept;

}  // namespace airssys::wasm
