// PermissionRecorder: notes what components do that run in development mode, and makes of it the smallest [capabilities] that
// let them do the same again (`run --record-permissions`). It stands before the audit log, and passes on what it is told.
//
// Threads: any.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "airssys/wasm/core/audit.h"
#include "airssys/wasm/core/capability.h"

namespace airssys::wasm {

class PermissionRecorder final : public AuditSink {
 public:
  static constexpr std::size_t max_components = 1000;

  struct Recorded {
    CapabilitySet needed;  // one capability for each thing, as narrow as can be
    std::uint64_t left_out = 0;  // that no grant could allow, or that found no room
  };

  // `next` outlives this.
  explicit PermissionRecorder(AuditSink& next) noexcept : next_(next) {}

  [[nodiscard]] AuditStatus record(const AuditEvent& event) noexcept override;
  // By component, `namespace/name/instance`; those that did nothing which needs a capability are not there.
  [[nodiscard]] std::map<std::string, Recorded, std::less<>> recorded() const;

 private:
  AuditSink& next_;
  mutable std::mutex mutex_;
  std::map<std::string, Recorded, std::less<>> recorded_;
};

// As it stands in a Component.toml: "[capabilities.filesystem]\nread = [\"/srv/a\"]\n". Empty for the empty set. What no manifest
// grants, functions of the program around the host, is a comment.
[[nodiscard]] std::string capabilities_toml(const CapabilitySet& set);

}  // namespace airssys::wasm
