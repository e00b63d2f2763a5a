// `[capabilities]` of a manifest: what a component asks for. docs/guide/component-toml.md is the page for people who write one;
// who grants what of it is not decided here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

inline constexpr std::uint64_t max_storage_ceiling = 10ull * 1024 * 1024 * 1024;

// Of the component's own part of the host's storage, beside the capabilities for it.
struct StorageRequest {
  std::optional<std::uint64_t> max_size =
      std::nullopt;  // bytes; none: the host's default, which is the most it gives in any case
  bool persistent = true;  // false: what is in it goes when the component stops
};

// Stored and shown; the host knows no custom capability yet, so it allows nothing.
struct CustomCapability {
  std::string name, value;
  std::string place;  // `file:line:column`
};

struct DeclaredCapabilities {
  // Each with its place. `receive_from = ["*"]` where a manifest says nothing of it, `list` for what may be read, `request` for
  // whom may be sent to, dns-lookup for the names in `outbound`: what is left out stands here as it is meant.
  CapabilitySet set = {};
  StorageRequest storage = {};
  std::vector<CustomCapability> custom = {};
  // Why, in the author's words, for whoever reviews it; by the author's keys, in the order of the file.
  std::vector<std::pair<std::string, std::string>> rationale = {};
  // `[[capabilities.optional]]`: the component runs without these. Each is granted or denied as a whole; has no optional itself.
  std::vector<DeclaredCapabilities> optional = {};
};

}  // namespace airssys::wasm
