// What a component says of itself (R2.9), and what it is granted, as values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace airssys::wasm {

// `messaging` / `send` / `counter`
struct GrantedCapability {
  std::string kind, action, target;
};

// The answer of `metadata()`. Empty, zero or none: not said. The host compares name and version with the manifest and keeps
// the rest as it is: what a component may do stands in its manifest alone.
struct ComponentMetadata {
  std::string name = {};
  std::string version = {};
  std::string description = {};
  std::string author = {};
  std::string license = {};
  std::string language = {};
  std::string api_version = {};
  std::string homepage = {};
  std::string repository = {};
  std::vector<std::string> supported_operations = {};
  std::vector<std::uint64_t> supported_codecs = {};
  std::vector<GrantedCapability> requested_permissions = {};
  std::vector<std::string> tags = {};
  std::optional<std::vector<std::pair<std::string, std::string>>> custom = std::nullopt;
  std::uint64_t memory_min = 0, memory_max = 0, memory_preferred = 0;  // bytes
  std::optional<std::uint64_t> timeout_ms = std::nullopt;
  bool stateful = false;
};

}  // namespace airssys::wasm
