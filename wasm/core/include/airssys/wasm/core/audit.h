// What the host decided about a component, as it is told to the audit log (R4.2: every decision, allow and deny).
//
// A decision is carried out only after it was recorded: who checks asks record() first, and where that does not answer
// `recorded` refuses the operation instead. So a log that is behind, or cannot be written, holds components up and loses nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace airssys::wasm {

enum class AuditDecision : std::uint8_t { allow, deny };
// "allow", "deny".
[[nodiscard]] std::string_view audit_decision_name(AuditDecision decision) noexcept;

// Its texts are copied by record(); what is longer than max_text_bytes is cut there, which the log says.
struct AuditEvent {
  static constexpr std::size_t max_text_bytes = 4096;

  std::string_view component = {};  // `namespace/name/instance`; empty: the host itself, its operator
  std::string_view action = {};  // "filesystem.read"; of the host "trust.approve", …
  std::string_view resource = {};  // that it was asked for, as it was asked for
  AuditDecision decision = AuditDecision::deny;
  std::string_view rule = {};  // why: the pattern that allows it, or what forbids it
  std::string_view place = {};  // where that stands, `file:line:column`; empty: nowhere
  std::uint64_t session = 0;  // of the security context; 0: none
  std::uint64_t number = 0;  // of a denial: the how-manieth of its session; the two are how people refer to it; 0: none
  std::uint64_t count = 1;  // equal decisions that this one stands for, itself included
};

enum class AuditStatus : std::uint8_t {
  recorded,
  full,  // more is waiting than may; later there is room
  failed,  // nothing can be written, or the log is closed
};
// "recorded", "full", "failed".
[[nodiscard]] std::string_view audit_status_name(AuditStatus status) noexcept;

// Threads: any. Does not block, allocate or call back.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  [[nodiscard]] virtual AuditStatus record(const AuditEvent& event) noexcept = 0;
};

// Takes everything and keeps nothing.
[[nodiscard]] AuditSink& null_audit() noexcept;

}  // namespace airssys::wasm
